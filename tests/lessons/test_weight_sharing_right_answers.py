"""Answers that are right in a style of their own. Refusing one is the worst bug there is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import linalg
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


# conv_matrix ------------------------------------------------------------------------------------
def by_single_entries(kernel, height, width):
    kh, kw = kernel.shape
    rows, columns = height - kh + 1, width - kw + 1
    if min(rows, columns) < 1:
        raise ValueError("too large")
    m = torch.zeros(rows * columns, height * width, dtype=kernel.dtype, device=kernel.device)
    for i, j, a, b in itertools.product(*map(range, (rows, columns, kh, kw))):
        m[i * columns + j, (i + a) * width + j + b] = kernel[a, b]
    return m


def by_asking_the_library(kernel, height, width):
    impulses = torch.eye(height * width, dtype=kernel.dtype, device=kernel.device)
    out = F.conv2d(impulses.view(-1, 1, height, width), kernel[None, None])
    return out.reshape(height * width, -1).t()


def as_a_sparse_matrix(kernel, height, width):
    return by_single_entries(kernel, height, width).to_sparse()


def by_unfolding_indices(kernel, height, width):
    kh, kw = kernel.shape
    place = torch.arange(height * width, device=kernel.device).reshape(height, width)
    windows = place.unfold(0, kh, 1).unfold(1, kw, 1).reshape(-1, kh * kw)
    return kernel.new_zeros(len(windows), height * width).scatter(
        1, windows, kernel.flatten().expand(len(windows), -1)
    )


def by_padding_pieces(kernel, height, width):
    kh, kw = kernel.shape
    if kh > height or kw > width:
        raise ValueError("The kernel has to fit.")
    return torch.stack(
        [
            F.pad(kernel, (x, width - kw - x, y, height - kh - y)).reshape(-1)
            for y in range(height - kh + 1)
            for x in range(width - kw + 1)
        ]
    )


def by_kronecker_products(kernel, height, width):
    # One product for each weight: a diagonal of rows times a diagonal of columns.
    rows, columns = height - kernel.shape[0] + 1, width - kernel.shape[1] + 1
    if rows < 1 or columns < 1:
        raise ValueError("does not fit")
    down, along = torch.eye(height).to(kernel), torch.eye(width).to(kernel)
    return sum(
        kernel[a, b] * torch.kron(down[a : a + rows], along[b : b + columns].contiguous())
        for a in range(kernel.shape[0])
        for b in range(kernel.shape[1])
    )


def by_a_derivative(kernel, height, width):
    """The matrix of a linear map is its derivative."""
    if kernel.shape[0] > height or kernel.shape[1] > width:
        raise ValueError("does not fit")

    def slide(image):
        windows = image.reshape(height, width).unfold(0, kernel.shape[0], 1)
        return torch.einsum("yxij,ij->yx", windows.unfold(1, kernel.shape[1], 1), kernel).flatten()

    here = torch.zeros(height * width).to(kernel)
    return torch.autograd.functional.jacobian(slide, here, create_graph=kernel.requires_grad)


def by_toeplitz_blocks(kernel, height, width):
    """Blocks from SciPy's Toeplitz matrices give the places; the weights come from the kernel."""
    kh, kw = kernel.shape
    rows, columns = height - kh + 1, width - kw + 1
    if rows < 1 or columns < 1:
        raise ValueError("does not fit")
    out = kernel.new_zeros(rows, columns, height, width)
    for a in range(kh):
        for b in range(kw):
            first = np.eye(1, width, b)[0]
            block = linalg.toeplitz(np.eye(1, columns)[0] * first[0], first)
            block = torch.tensor(block).to(kernel)
            for row in range(rows):
                out[row, :, row + a] = out[row, :, row + a] + kernel[a, b] * block
    return out.view(rows * columns, height * width)


# untied_params, shared_params -------------------------------------------------------------------
def numpy_counts(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    window = np.prod(np.broadcast_to(kernel_size, 2)) * in_channels
    return np.int64(out_channels) * out_height * out_width * (window + int(bias))


def tensor_counts(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    sides = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
    one = in_channels * math.prod(sides) + bias
    return torch.tensor(one * out_channels * out_height * out_width)


def loops_over_places(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    total = 0
    for _ in range(out_height):
        for _ in range(out_width):
            layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias, device="meta")
            total += sum(p.numel() for p in layer.parameters())
    return total


def other_names(c, f, k, h, w, bias=True):
    a, b = k if not isinstance(k, int) else (k, k)
    weights = f * c * a * b * h * w
    return weights + f * h * w if bias else weights


def shared_in_numpy(in_channels, out_channels, kernel_size, bias=True):
    return (np.prod((kernel_size, kernel_size)[:2] if isinstance(kernel_size, int) else kernel_size)
            * in_channels + bias) * out_channels  # fmt: skip


def shared_by_a_layer(in_channels, out_channels, kernel_size, bias=True):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
    return sum(p.numel() for p in layer.parameters())


def shared_in_two_parts(c, f, k, bias=True):
    try:
        kh, kw = k
    except TypeError:
        kh = kw = k
    return f * c * kh * kw + f * bool(bias)


# local2d ----------------------------------------------------------------------------------------
def place_by_place(x, weight, bias=None):
    n, f = len(x), len(weight)
    _, _, kh, kw, rows, columns = weight.shape
    out = x.new_zeros(n, f, rows, columns)
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i : i + kh, j : j + kw].reshape(n, -1)
            out[:, :, i, j] = window @ weight[:, :, :, :, i, j].reshape(f, -1).T
    if bias is not None:
        out = out + bias
    return out


def by_library_unfold(x, weight, bias=None):
    _, c, kh, kw, rows, columns = weight.shape
    windows = F.unfold(x, (kh, kw)).view(len(x), c, kh, kw, rows, columns)
    out = (windows[:, None] * weight[None]).sum((2, 3, 4))
    return out if bias is None else out + bias[None]


def as_a_grouped_convolution(x, weight, bias=None):
    """Every place is a group of channels."""
    f, c, kh, kw, rows, columns = weight.shape
    if x.shape[1] != c or x.shape[2] - kh + 1 != rows or x.shape[3] - kw + 1 != columns:
        raise ValueError("sizes")
    if bias is not None and tuple(bias.shape) != (f, rows, columns):
        raise ValueError("bias")
    windows = x.unfold(2, kh, 1).unfold(3, kw, 1)  # n c h w i j
    windows = windows.permute(0, 2, 3, 1, 4, 5).reshape(len(x), rows * columns * c, kh, kw)
    kernels = weight.permute(4, 5, 0, 1, 2, 3).reshape(-1, c, kh, kw)
    out = F.conv2d(windows, kernels, groups=rows * columns)
    out = out.reshape(len(x), rows, columns, f).permute(0, 3, 1, 2)
    return out if bias is None else out + bias


def as_one_big_matrix(x, weight, bias=None):
    f, c, kh, kw, rows, columns = weight.shape
    big = x.new_zeros(f, rows, columns, c, x.shape[2], x.shape[3])
    for i in range(rows):
        for j in range(columns):
            big[:, i, j, :, i : i + kh, j : j + kw] = weight[..., i, j]
    out = (x.flatten(1) @ big.reshape(f * rows * columns, -1).T).reshape(-1, f, rows, columns)
    return out + (0 if bias is None else bias)


def summed_in_double_precision(x, weight, bias=None):
    out = by_library_unfold(x.double(), weight.double(), None if bias is None else bias.double())
    return out.to(x.dtype)


# equivariance_error, invariance_error -----------------------------------------------------------
def rolled_twice(f, x, shift, stride=1, margin=0):
    def roll(t, dy, dx):
        return t.roll(dy, -2).roll(dx, -1)

    dy, dx = shift
    if any(step % stride for step in shift):
        raise ValueError("not a whole step")
    off = f(roll(x, dy, dx)) - roll(f(x), dy // stride, dx // stride)
    if margin:
        off = off[..., margin:-margin, margin:-margin]
    if off.numel() == 0:
        raise ValueError("nothing left")
    return torch.max(torch.abs(off))


def moves_everything_back(f, x, shift, stride=1, margin=0):
    """The output is moved back before it is compared, and the margin with it."""
    sy, oy = divmod(shift[0], stride)
    sx, ox = divmod(shift[1], stride)
    if oy or ox:
        raise ValueError("no")
    after = f(torch.roll(x, tuple(shift), (-2, -1)))
    back = torch.roll(after, (-sy, -sx), (-2, -1)) - f(x)
    back = torch.roll(back, (sy, sx), (-2, -1))
    h, w = back.shape[-2:]
    if margin >= h - margin or margin >= w - margin:
        raise ValueError("no")
    return float(back[..., margin : h - margin, margin : w - margin].abs().amax())


def in_numpy(f, x, shift, stride=1, margin=0):
    if shift[0] % stride or shift[1] % stride:
        raise ValueError("stride")
    step = [s // stride for s in shift]
    with torch.no_grad():
        after = f(torch.roll(x, shift, (-2, -1))).cpu().numpy()
        before = f(x).cpu().numpy()
    difference = np.abs(after - np.roll(before, step, axis=(-2, -1)))
    height, width = difference.shape[-2:]
    inside = difference[..., margin : height - margin, margin : width - margin]
    if inside.size == 0:
        raise ValueError("margin")
    return inside.max()


def by_cutting_and_joining(f, x, shift, stride=1, margin=0):
    def move(t, dy, dx):
        h, w = t.shape[-2:]
        dy, dx = dy % h, dx % w
        t = torch.cat((t[..., h - dy :, :], t[..., : h - dy, :]), -2)
        return torch.cat((t[..., w - dx :], t[..., : w - dx]), -1)

    if math.gcd(*shift, stride) != stride:
        raise ValueError("stride")
    gap = f(move(x, *shift)) - move(f(x), *(s // stride for s in shift))
    keep = torch.zeros(gap.shape[-2:], dtype=torch.bool, device=gap.device)
    keep[margin : keep.shape[0] - margin, margin : keep.shape[1] - margin] = True
    if not keep.any():
        raise ValueError("margin")
    return gap[..., keep].abs().max().item()


def f_is_asked_once(f, x, shift, stride=1, margin=0):
    """Both pictures in one batch, where there is one."""
    if x.ndim < 4:
        return rolled_twice(f, x, shift, stride, margin)
    if shift[0] % stride or shift[1] % stride:
        raise ValueError("stride")
    both = f(torch.cat((x, torch.roll(x, shift, (2, 3)))))
    before, after = both.chunk(2)
    off = after - before.roll((shift[0] // stride, shift[1] // stride), (2, 3))
    h, w = off.shape[2:]
    if 2 * margin >= min(h, w):
        raise ValueError("margin")
    return off[:, :, margin : h - margin, margin : w - margin].abs().max().item()


def stays_in_numpy(f, x, shift):
    with torch.no_grad():
        return np.abs(f(torch.roll(x, shift, (-2, -1))).cpu().numpy() - f(x).cpu().numpy()).max()


def stays_as_a_tensor(f, x, shift):
    dy, dx = shift
    return torch.dist(f(x.roll(dy, -2).roll(dx, -1)), f(x), p=math.inf)


def stays_by_two_maxima(f, x, shift):
    difference = f(torch.roll(x, dims=(-1, -2), shifts=shift[::-1])) - f(x)
    return max(difference.max().item(), -difference.min().item())


RIGHT = {
    "conv_matrix": [
        by_single_entries,
        by_asking_the_library,
        as_a_sparse_matrix,
        by_unfolding_indices,
        by_padding_pieces,
        by_kronecker_products,
        by_a_derivative,
        by_toeplitz_blocks,
    ],
    "untied_params": [numpy_counts, tensor_counts, loops_over_places, other_names],
    "shared_params": [shared_in_numpy, shared_by_a_layer, shared_in_two_parts],
    "local2d": [
        place_by_place,
        by_library_unfold,
        as_a_grouped_convolution,
        as_one_big_matrix,
        summed_in_double_precision,
    ],
    "equivariance_error": [
        rolled_twice,
        moves_everything_back,
        in_numpy,
        by_cutting_and_joining,
        f_is_asked_once,
    ],
    "invariance_error": [stays_in_numpy, stays_as_a_tensor, stays_by_two_maxima],
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in RIGHT.items()
        for answer in answers
    ],
)
def test_unusual_right_answer_passes(name, answer, seed):
    result = grade(find_exercise(name), answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


@pytest.mark.parametrize(
    ("name", "answer", "remark"),
    [
        ("conv_matrix", by_asking_the_library, "taller than the image"),
        ("untied_params", numpy_counts, "plain `int`"),
        ("local2d", place_by_place, "weight is for fewer places"),
        ("local2d", by_library_unfold, "one bias for each filter"),
    ],
)
def test_what_is_right_but_odd_gets_a_remark(name, answer, remark):
    result = grade(find_exercise(name), answer)
    assert result.verdict == "right"
    assert remark in " ".join(result.remarks)
