"""Answers that are right in a style of their own. Refusing one is the worst bug there is."""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage, signal

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


def pair(size):
    return size if isinstance(size, (tuple, list)) else (size, size)


# output_size ------------------------------------------------------------------------------------
def counts_in_numpy(n, kernel_size, stride=1, padding=0, dilation=1):
    room = np.int64(n + 2 * padding - dilation * (kernel_size - 1) - 1)
    if room < 0:
        raise ValueError("too small")
    return np.floor_divide(room, stride) + 1


def counts_in_a_tensor(n, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    if span > n + 2 * padding:
        raise ValueError(f"{span} > {n + 2 * padding}")
    return torch.tensor((n + 2 * padding - span + stride) // stride)


def counts_places(size, kernel, stride=1, padding=0, dilation=1):
    places = len(range(0, size + 2 * padding - dilation * (kernel - 1), stride))
    if places < 1:
        raise ValueError("no place")
    return places


def rounds_with_math(n, kernel_size, stride=1, padding=0, dilation=1):
    steps = math.floor((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride)
    if steps < 0:
        raise ValueError
    return int(steps + 1)


class TooSmall(ValueError):
    """An error of the learner's own is a ValueError too."""


def raises_an_error_of_its_own(n, kernel_size, stride=1, padding=0, dilation=1):
    if n + 2 * padding <= dilation * (kernel_size - 1):
        raise TooSmall("no window fits")
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


# cross_correlate2d, convolve2d ------------------------------------------------------------------
def four_loops(image, kernel):
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = [[0.0] * columns for _ in range(rows)]
    for r in range(rows):
        for c in range(columns):
            for i in range(kh):
                for j in range(kw):
                    out[r][c] += float(image[r + i, c + j]) * float(kernel[i, j])
    return np.array(out)


def sliding_windows(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), kernel.shape)
    return np.einsum("rcij,ij->rc", windows, kernel)


def shifted_sums_in_float32(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    image = image.astype(np.float32)
    parts = [image[i : i + h, j : j + w] * np.float32(kernel[i, j]) for i, j in np.ndindex(kh, kw)]
    return sum(parts)


def nested_lists(image, kernel):
    return four_loops(image, kernel).tolist()


def through_fourier(image, kernel):
    shape = [a + b - 1 for a, b in zip(image.shape, kernel.shape, strict=True)]
    product = np.fft.rfft2(image, shape) * np.fft.rfft2(kernel[::-1, ::-1], shape)
    kh, kw = kernel.shape
    return np.fft.irfft2(product, shape)[kh - 1 : image.shape[0], kw - 1 : image.shape[1]]


def library_correlation(image, kernel):
    return signal.correlate2d(image.astype(float), kernel, "valid")


def through_torch(image, kernel):
    x = torch.from_numpy(image.astype(np.float64))[None, None]
    return F.conv2d(x, torch.from_numpy(kernel.astype(np.float64))[None, None])[0, 0].numpy()


def matrix_subclass(image, kernel):
    return np.asmatrix(four_loops(image, kernel))


def convolves_by_loops(image, kernel):
    return four_loops(image, np.rot90(kernel, 2))


def convolves_through_fourier(image, kernel):
    return through_fourier(image, np.flipud(np.fliplr(kernel)))


def convolves_by_the_definition(image, kernel):
    kh, kw = kernel.shape
    out = np.empty((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for r, c in np.ndindex(out.shape):
        out[r, c] = sum(
            float(kernel[i, j]) * float(image[r + kh - 1 - i, c + kw - 1 - j])
            for i in range(kh)
            for j in range(kw)
        )
    return out


def library_convolution(image, kernel):
    return signal.convolve(image.astype(float), kernel, mode="valid", method="direct")


# sobel_edges ------------------------------------------------------------------------------------
Edges = namedtuple("Edges", "gx gy magnitude")


def by_slices(image):
    p = np.asarray(image, dtype=np.float64)
    smooth = p[:-2] + 2 * p[1:-1] + p[2:]
    gx = smooth[:, 2:] - smooth[:, :-2]
    smooth = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    gy = smooth[2:] - smooth[:-2]
    return Edges(gx, gy, np.sqrt(gx * gx + gy * gy))


def a_list_of_three(image):
    return list(by_slices(image))


def one_stacked_array(image):
    return np.stack(by_slices(image))


def scipy_sobel(image):
    image = image.astype(float)
    gx, gy = ndimage.sobel(image, axis=1), ndimage.sobel(image, axis=0)
    gx, gy = gx[1:-1, 1:-1], gy[1:-1, 1:-1]
    return gx, gy, np.abs(gx + 1j * gy)


def true_convolution_with_turned_kernels(image):
    kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    gx = signal.convolve2d(image.astype(float), kernel, "valid")
    gy = signal.convolve2d(image.astype(float), kernel.T, "valid")
    return gx, gy, (gx**2 + gy**2) ** 0.5


# conv2d -----------------------------------------------------------------------------------------
def framed(x, padding):
    ph, pw = pair(padding)
    return F.pad(x, (pw, pw, ph, ph))


def with_bias(out, bias):
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


def by_strides(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    x = framed(x, padding)
    kh, kw = weight.shape[2:]
    rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    a, b, c, d = x.stride()
    view = x.as_strided(
        (x.shape[0], x.shape[1], rows, columns, kh, kw), (a, b, c * sh, d * sw, c * dh, d * dw)
    )
    return with_bias(
        torch.tensordot(view, weight, dims=([1, 4, 5], [1, 2, 3])).permute(0, 3, 1, 2), bias
    )


def by_kernel_positions(images, filters, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    images = framed(images, padding)
    kh, kw = filters.shape[-2:]
    rows = (images.shape[2] - dh * (kh - 1) - 1) // sh + 1
    columns = (images.shape[3] - dw * (kw - 1) - 1) // sw + 1
    out = images.new_zeros(len(images), len(filters), rows, columns)
    for i in range(kh):
        for j in range(kw):
            seen = images[:, :, i * dh :, j * dw :][:, :, ::sh, ::sw][:, :, :rows, :columns]
            out = out + torch.einsum("nchw,fc->nfhw", seen, filters[:, :, i, j])
    return with_bias(out, bias)


def by_index_arrays(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    x = framed(x, padding)
    f, c, kh, kw = weight.shape
    rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    r = torch.arange(rows, device=x.device)[:, None] * sh + torch.arange(kh, device=x.device) * dh
    s = (
        torch.arange(columns, device=x.device)[:, None] * sw
        + torch.arange(kw, device=x.device) * dw
    )
    patches = x[:, :, r[:, None, :, None], s[None, :, None, :]]
    flat = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, c * kh * kw)
    out = flat @ weight.reshape(f, -1).T
    return with_bias(out.reshape(x.shape[0], rows, columns, f).permute(0, 3, 1, 2), bias)


def by_fourier(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    x = framed(x, padding)
    kh, kw = weight.shape[2:]
    spread = weight.new_zeros(*weight.shape[:2], dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    spread[:, :, ::dh, ::dw] = weight
    size = x.shape[2:]
    product = torch.einsum(
        "nchw,fchw->nfhw", torch.fft.rfft2(x), torch.fft.rfft2(spread, s=size).conj()
    )
    out = torch.fft.irfft2(product, s=size)
    rows, columns = size[0] - spread.shape[2] + 1, size[1] - spread.shape[3] + 1
    return with_bias(out[:, :, :rows:sh, :columns:sw], bias)


def one_image_mapped_over_the_batch(x, weight, bias=None, stride=1, padding=0, dilation=1):
    def one(image):
        return by_kernel_positions(image[None], weight, bias, stride, padding, dilation)[0]

    return torch.vmap(one)(x)


class OwnGradient(torch.autograd.Function):
    """A learner who does the next exercise first."""

    @staticmethod
    def forward(ctx, windows, weight):
        ctx.save_for_backward(windows, weight)
        return torch.einsum("nchwij,fcij->nfhw", windows, weight)

    @staticmethod
    def backward(ctx, grad):
        windows, weight = ctx.saved_tensors
        return (
            torch.einsum("nfhw,fcij->nchwij", grad, weight),
            torch.einsum("nfhw,nchwij->fcij", grad, windows),
        )


def with_a_gradient_of_its_own(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    x = framed(x, padding)
    kh, kw = weight.shape[2:]
    windows = x.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)
    return with_bias(OwnGradient.apply(windows[..., ::dh, ::dw], weight), bias)


def in_double_precision(x, weight, bias=None, stride=1, padding=0, dilation=1):
    bias = None if bias is None else bias.double()
    out = by_kernel_positions(x.double(), weight.double(), bias, stride, padding, dilation)
    return out.to(x.dtype)


def refuses_what_does_not_fit(x, weight, bias=None, stride=1, padding=0, dilation=1):
    assert x.dim() == 4, "(N, C, H, W)"
    assert x.shape[1] == weight.shape[1]
    return by_strides(x, weight, bias=bias, stride=stride, padding=padding, dilation=dilation)


# conv2d_backward --------------------------------------------------------------------------------
def through_the_adjoint(grad_out, x, weight, stride=1, padding=0):
    """grad_x as a full convolution of the spread-out gradient with the flipped kernel."""
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    n, f, rows, columns = grad_out.shape
    kh, kw = weight.shape[2:]
    height, width = x.shape[2] + 2 * ph, x.shape[3] + 2 * pw
    spread = grad_out.new_zeros(n, f, height - kh + 1, width - kw + 1)
    spread[:, :, : rows * sh : sh, : columns * sw : sw] = grad_out
    grad_weight = by_kernel_positions(framed(x, padding).transpose(0, 1), spread.transpose(0, 1))
    full = F.pad(spread, (kw - 1, kw - 1, kh - 1, kh - 1))
    grad_x = by_kernel_positions(full, weight.transpose(0, 1).flip(2, 3))
    inside = grad_x[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
    return inside, grad_weight.transpose(0, 1), grad_out.sum((0, 2, 3))


def by_plain_loops(grad_out, x, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    padded = framed(x, padding)
    kh, kw = weight.shape[2:]
    grad_padded, grad_weight = torch.zeros_like(padded), torch.zeros_like(weight)
    for n in range(grad_out.shape[0]):
        for r in range(grad_out.shape[2]):
            for c in range(grad_out.shape[3]):
                rows, columns = slice(r * sh, r * sh + kh), slice(c * sw, c * sw + kw)
                above = grad_out[n, :, r, c].view(-1, 1, 1, 1)
                grad_padded[n, :, rows, columns] += (above * weight).sum(0)
                grad_weight += above * padded[n, :, rows, columns]
    bottom, right = grad_padded.shape[2] - ph, grad_padded.shape[3] - pw
    return [grad_padded[:, :, ph:bottom, pw:right], grad_weight, grad_out.sum(dim=[0, 2, 3])]


def through_numpy(grad_out, x, weight, stride=1, padding=0):
    grads = by_plain_loops(
        *(torch.from_numpy(t.numpy()) for t in (grad_out, x, weight)), stride, padding
    )
    return tuple(torch.from_numpy(grad.numpy().copy()) for grad in grads)


def without_recording(grad_out, x, weight, stride=1, padding=0):
    with torch.no_grad():
        return through_the_adjoint(grad_out, x, weight, stride, padding)


RIGHT = {
    "output_size": [
        counts_in_numpy,
        counts_in_a_tensor,
        counts_places,
        rounds_with_math,
        raises_an_error_of_its_own,
    ],
    "cross_correlate2d": [
        four_loops,
        sliding_windows,
        shifted_sums_in_float32,
        nested_lists,
        through_fourier,
        library_correlation,
        through_torch,
        matrix_subclass,
    ],
    "convolve2d": [
        convolves_by_loops,
        convolves_through_fourier,
        convolves_by_the_definition,
        library_convolution,
    ],
    "sobel_edges": [
        by_slices,
        a_list_of_three,
        one_stacked_array,
        scipy_sobel,
        true_convolution_with_turned_kernels,
    ],
    "conv2d": [
        by_strides,
        by_kernel_positions,
        by_index_arrays,
        by_fourier,
        one_image_mapped_over_the_batch,
        with_a_gradient_of_its_own,
        in_double_precision,
        refuses_what_does_not_fit,
    ],
    "conv2d_backward": [through_the_adjoint, by_plain_loops, through_numpy, without_recording],
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
        ("output_size", counts_in_numpy, "plain `int`"),
        ("output_size", counts_in_a_tensor, "plain `int`"),
        ("output_size", rounds_with_math, "has no message"),
        ("cross_correlate2d", nested_lists, "NumPy array"),
        ("cross_correlate2d", through_fourier, "taller than the image"),
        ("conv2d", by_strides, "RuntimeError"),
        ("conv2d", by_fourier, "raise ValueError"),
        ("conv2d_backward", by_plain_loops, "grad_out is larger"),
    ],
)
def test_what_is_right_but_odd_gets_a_remark(name, answer, remark):
    result = grade(find_exercise(name), answer)
    assert result.verdict == "right"
    assert remark in " ".join(result.remarks)
