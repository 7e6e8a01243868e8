"""Answers that are right in a style of their own. Refusing one is the worst bug there is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


def pair(size):
    return size if isinstance(size, (tuple, list)) else (size, size)


def framed(x, padding, **how):
    ph, pw = pair(padding)
    return F.pad(x, (pw, pw, ph, ph), **how)


def step_of(kernel_size, stride):
    return pair(kernel_size if stride is None else stride)


def places(x, kernel_size, stride):
    """For each place inside the window the pixels that lie there, one for each window."""
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    for i in range(kh):
        for j in range(kw):
            bottom, right = i + sh * (rows - 1) + 1, j + sw * (columns - 1) + 1
            yield i, j, x[:, :, i:bottom:sh, j:right:sw]


# max_pool2d -------------------------------------------------------------------------------------
def running_maximum(x, kernel_size, stride=None, padding=0):
    best = None
    for _, _, pixels in places(framed(x, padding, value=float("-inf")), kernel_size, stride):
        best = pixels if best is None else torch.maximum(best, pixels)
    return best


def stacked_places(images, size, stride=None, padding=0):
    if isinstance(size, int):
        size = [size, size]
    lowest = torch.finfo(images.dtype).min
    x = framed(images, padding, value=lowest)
    return torch.stack([pixels for _, _, pixels in places(x, size, stride)]).max(0)[0]


def by_repeating_the_border(x, kernel_size, stride=None, padding=0):
    # The border pixels that are repeated are in the window anyway, so they win nothing new.
    x = framed(x, padding, mode="replicate")
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    return x.unfold(2, kh, sh).unfold(3, kw, sw).amax(dim=(-1, -2))


def one_axis_after_the_other(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    x = framed(x, padding, value=-torch.inf)
    return x.unfold(2, kh, sh).amax(-1).unfold(3, kw, sw).amax(-1)


def by_index_arrays(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    x = framed(x, padding, value=-torch.inf)
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    r = torch.arange(rows, device=x.device)[:, None] * sh + torch.arange(kh, device=x.device)
    c = torch.arange(columns, device=x.device)[:, None] * sw + torch.arange(kw, device=x.device)
    return x[:, :, r[:, None, :, None], c[None, :, None, :]].flatten(4).topk(1, dim=4)[0][..., 0]


def by_strides(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    x = framed(x, padding, value=-torch.inf)
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    a, b, c, d = x.stride()
    shape = (*x.shape[:2], rows, columns, kh, kw)
    return x.as_strided(shape, (a, b, c * sh, d * sw, c, d)).flatten(4).sort(-1).values[..., -1]


def minus_the_smallest(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    negative = framed(-x, padding, value=torch.inf)
    return -negative.unfold(2, kh, sh).unfold(3, kw, sw).flatten(4).min(4).values


# avg_pool2d -------------------------------------------------------------------------------------
def summed_places(x, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    return sum(pixels for _, _, pixels in places(x, kernel_size, stride)) / (kh * kw)


def by_cumulative_sums(x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    table = F.pad(x.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
    inside = table[:, :, kh:, kw:] - table[:, :, :-kh, kw:] - table[:, :, kh:, :-kw]
    total = inside + table[:, :, :-kh, :-kw]
    return (total[:, :, ::sh, ::sw] / (kh * kw)).to(x.dtype)


def as_two_matrices(x, kernel_size, stride=None):
    """Each axis is averaged by a matrix with a row for each window."""

    def matrix(n, k, s):
        starts = torch.arange((n - k) // s + 1, device=x.device)[:, None] * s
        pixel = torch.arange(n, device=x.device)
        return ((pixel >= starts) & (pixel < starts + k)).to(x.dtype) / k

    sizes = zip(x.shape[2:], pair(kernel_size), step_of(kernel_size, stride), strict=True)
    down, along = (matrix(*size) for size in sizes)
    return down @ x @ along.T


def by_weights(x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    weights = x.new_full((kh, kw), 1 / (kh * kw))
    return torch.einsum("nchwij,ij->nchw", x.unfold(2, kh, sh).unfold(3, kw, sw), weights)


def mapped_over_the_batch(x, kernel_size, stride=None):
    return torch.vmap(lambda image: summed_places(image[None], kernel_size, stride)[0])(x)


# max_pool2d_backward ----------------------------------------------------------------------------
def by_plain_loops(grad_out, x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    grad = torch.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for row in range(grad_out.shape[2]):
                for column in range(grad_out.shape[3]):
                    best, where = None, None
                    for i in range(row * sh, row * sh + kh):
                        for j in range(column * sw, column * sw + kw):
                            if best is None or x[n, c, i, j] > best:
                                best, where = x[n, c, i, j], (i, j)
                    grad[n, c, where[0], where[1]] += grad_out[n, c, row, column]
    return grad


def first_come_first_served(grad_out, x, kernel_size, stride=None):
    """Place by place of the window; a window whose gradient is taken gives nothing more."""
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    largest = x.unfold(2, kh, sh).unfold(3, kw, sw).amax((4, 5))
    rows, columns = largest.shape[2:]
    free, grad = torch.ones_like(largest, dtype=torch.bool), torch.zeros_like(x)
    for i, j, pixels in places(x, (kh, kw), (sh, sw)):
        wins = free & (pixels == largest)
        free &= ~wins
        bottom, right = i + sh * (rows - 1) + 1, j + sw * (columns - 1) + 1
        grad[:, :, i:bottom:sh, j:right:sw] += torch.where(wins, grad_out, 0)
    return grad


def by_flat_places(grad_out, x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    height, width = x.shape[2:]
    place = torch.arange(height * width, device=x.device).view(height, width)
    place = place.unfold(0, kh, sh).unfold(1, kw, sw).flatten(2)
    winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(4).argmax(-1, keepdim=True)
    place = place.expand(*winner.shape[:4], -1).gather(4, winner).flatten(2)
    return torch.zeros_like(x).flatten(2).scatter_add(2, place, grad_out.flatten(2)).view_as(x)


def with_the_librarys_places(grad_out, x, kernel_size, stride=None):
    _, place = F.max_pool2d(x, kernel_size, stride, return_indices=True)
    grad = torch.zeros_like(x).flatten(2)
    return grad.scatter_add_(2, place.flatten(2), grad_out.flatten(2)).unflatten(2, x.shape[2:])


def through_numpy(grad_out, x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = pair(kernel_size), step_of(kernel_size, stride)
    values, above = x.cpu().numpy(), grad_out.cpu().numpy()
    grad = np.zeros_like(values)
    for n, c, r, s in np.ndindex(*above.shape):
        window = values[n, c, r * sh : r * sh + kh, s * sw : s * sw + kw]
        i, j = np.unravel_index(window.argmax(), window.shape)
        grad[n, c, r * sh + i, s * sw + j] += above[n, c, r, s]
    return torch.from_numpy(grad).to(x.device)


# global_avg_pool, head_params -------------------------------------------------------------------
def one_axis_at_a_time(x):
    return x.mean(3).mean(2)


def adaptive(feature_maps):
    return F.adaptive_avg_pool2d(feature_maps, 1)[:, :, 0, 0]


def a_module(x):
    return nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten())(x)


def summed_and_divided(x):
    return x.flatten(2).sum(-1) / (x.size(2) * x.size(3))


def as_a_product(x):
    n, c, h, w = x.shape
    return (x.reshape(n * c, h * w) @ x.new_full((h * w,), 1 / (h * w))).reshape(n, c)


def counted_in_numpy(kind, channels, height, width, classes):
    if kind == "gap":
        height = width = 1
    elif kind != "flatten":
        raise ValueError(f"unknown kind {kind}")
    return np.prod([channels, height, width]) * classes + classes


def counted_in_a_tensor(kind, channels, height, width, classes):
    if kind not in {"gap", "flatten"}:
        raise ValueError("?")
    inputs = channels if kind == "gap" else channels * height * width
    return torch.tensor(inputs) * classes + classes


def matched(kind, channels, height, width, classes):
    match kind:
        case "flatten":
            weights = channels * height * width * classes
        case "gap":
            weights = channels * classes
        case _:
            raise ValueError(f"{kind!r}: flatten or gap")
    return weights + classes


def by_a_real_layer(kind, channels, height, width, classes):
    sizes = {"flatten": channels * height * width, "gap": channels}
    try:
        layer = nn.Linear(sizes[kind], classes)
    except KeyError:
        raise ValueError(f"no head of kind {kind}") from None
    return sum(p.numel() for p in layer.parameters())


RIGHT = {
    "max_pool2d": [
        running_maximum,
        stacked_places,
        by_repeating_the_border,
        one_axis_after_the_other,
        by_index_arrays,
        by_strides,
        minus_the_smallest,
    ],
    "avg_pool2d": [
        summed_places,
        by_cumulative_sums,
        as_two_matrices,
        by_weights,
        mapped_over_the_batch,
    ],
    "max_pool2d_backward": [
        by_plain_loops,
        first_come_first_served,
        by_flat_places,
        with_the_librarys_places,
        through_numpy,
    ],
    "global_avg_pool": [
        one_axis_at_a_time,
        adaptive,
        a_module,
        summed_and_divided,
        as_a_product,
    ],
    "head_params": [counted_in_numpy, counted_in_a_tensor, matched, by_a_real_layer],
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
        ("head_params", counted_in_numpy, "plain `int`"),
        ("head_params", counted_in_a_tensor, "plain `int`"),
        ("head_params", matched, "there are no classes"),
        ("max_pool2d", running_maximum, "more than half"),
        ("max_pool2d", by_strides, "taller than the image"),
        ("avg_pool2d", by_weights, "taller than the image"),
        ("max_pool2d_backward", by_plain_loops, "grad_out is larger"),
    ],
)
def test_what_is_right_but_odd_gets_a_remark(name, answer, remark):
    result = grade(find_exercise(name), answer)
    assert result.verdict == "right"
    assert remark in " ".join(result.remarks)


def by_adaptive_pooling(x, kernel_size, stride=None, padding=0):
    return F.adaptive_max_pool2d(x, (3, 6))


def by_a_module(x, kernel_size, stride=None, padding=0):
    return nn.MaxPool2d(kernel_size, stride, padding)(x)


def by_convolution(x, kernel_size, stride=None):
    kh, kw = pair(kernel_size)
    weight = x.new_full((x.shape[1], 1, kh, kw), 1 / (kh * kw))
    return F.conv2d(x, weight, stride=step_of(kernel_size, stride), groups=x.shape[1])


def by_autograd(grad_out, x, kernel_size, stride=None):
    x = x.detach().requires_grad_()
    F.max_pool2d(x, kernel_size, stride).backward(grad_out)
    return x.grad


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("max_pool2d", by_adaptive_pooling),
        ("max_pool2d", by_a_module),
        ("avg_pool2d", by_convolution),
        ("max_pool2d_backward", by_autograd),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_library_may_not_do_it(name, answer):
    result = grade(find_exercise(name), answer)
    assert (result.verdict, result.score) == ("not allowed", 0.0), str(result)
