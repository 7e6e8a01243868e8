"""Pooling, written to be read: windows of pixels, each told in one number.

Axes: N batch, C channels, H W height and width. Every channel is pooled by
itself.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncourse.reference.convolution import (
    Size,
    as_pair,
    scatter_windows,
    windows2d,
)


def pooling_windows(
    x: Tensor, kernel_size: Size, stride: Size | None
) -> Tensor:
    """Every window, its pixels in one row; the step is the window by default.

    x (N, C, H, W) -> (N, C, H_out, W_out, kh * kw)

    >>> x = torch.arange(5.0).reshape(1, 1, 1, 5)
    >>> pooling_windows(x, (1, 2), None).squeeze().tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    step = kernel_size if stride is None else stride
    return windows2d(x, kernel_size, step).flatten(4)


def max_pool2d(
    x: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0
) -> Tensor:
    """The largest number of each window. Padding never wins.

    x (N, C, H, W) -> (N, C, H_out, W_out). ValueError where a window does not
    fit, or where the padding is more than half of it. (LeCun 1998 averages;
    Scherer, Müller & Behnke 2010 compare.)

    >>> x = torch.tensor([[[[1.0, 5.0, 2.0, 3.0]]]])
    >>> max_pool2d(x, (1, 2)).tolist(), max_pool2d(x, (1, 2), stride=1).tolist()
    ([[[[5.0, 3.0]]]], [[[[5.0, 5.0, 3.0]]]])
    """
    (kh, kw), (ph, pw) = as_pair(kernel_size), as_pair(padding)
    if not (0 <= 2 * ph <= kh and 0 <= 2 * pw <= kw):
        raise ValueError(f"padding {padding} for a window of {kernel_size}")
    # Zeros would beat negative numbers.
    padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    return pooling_windows(padded, kernel_size, stride).max(dim=4).values


def avg_pool2d(
    x: Tensor, kernel_size: Size, stride: Size | None = None
) -> Tensor:
    """The mean of each window.

    x (N, C, H, W) -> (N, C, H_out, W_out). ValueError where a window does not
    fit.

    >>> avg_pool2d(torch.tensor([[[[1.0, 5.0, 2.0, 3.0]]]]), (1, 2)).tolist()
    [[[[3.0, 2.5]]]]
    """
    return pooling_windows(x, kernel_size, stride).mean(dim=4)


def max_pool2d_backward(
    grad_out: Tensor,
    x: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
) -> Tensor:
    """Blame handed back to the winners: the first maximum of each window.

    grad_out (N, C, H_out, W_out), x (N, C, H, W) -> grad_x, shaped as x.
    ValueError where grad_out has not the shape of the output.

    >>> x = torch.tensor([[[[1.0, 5.0, 2.0, 2.0]]]])
    >>> max_pool2d_backward(torch.tensor([[[[10.0, 7.0]]]]), x, (1, 2)).tolist()
    [[[[0.0, 10.0, 7.0, 0.0]]]]
    """
    windows = pooling_windows(x, kernel_size, stride)
    if grad_out.shape != windows.shape[:4]:
        raise ValueError(f"the output is {tuple(windows.shape[:4])}")
    shares = torch.zeros_like(windows)
    # argmax gives the first of several that are equal.
    winners = windows.argmax(dim=4, keepdim=True)
    shares.scatter_(4, winners, grad_out[..., None])
    step = kernel_size if stride is None else stride
    return scatter_windows(shares.unflatten(4, as_pair(kernel_size)), x, step)


def global_avg_pool(x: Tensor) -> Tensor:
    """One number a channel: the mean of all its pixels.

    x (N, C, H, W) -> (N, C). (Lin, Chen & Yan 2013.)

    >>> global_avg_pool(torch.tensor([[[[1.0, 3.0]], [[0.0, 8.0]]]])).tolist()
    [[2.0, 4.0]]
    """
    return x.mean(dim=(2, 3))


def head_params(
    kind: str, channels: int, height: int, width: int, classes: int
) -> int:
    """What one linear layer with bias has to learn on top of feature maps.

    kind "flatten": it sees every pixel of every channel. kind "gap": it sees
    the mean of each channel. ValueError for another kind, and for sizes
    below 1.

    >>> head_params("flatten", 3, 4, 5, classes=10)
    610
    >>> head_params("gap", 3, 4, 5, classes=10)
    40
    """
    if min(channels, height, width, classes) < 1:
        raise ValueError("sizes count from 1")
    inputs = {"flatten": channels * height * width, "gap": channels}
    if kind not in inputs:
        raise ValueError(f"kind {kind!r} is neither 'flatten' nor 'gap'")
    return (inputs[kind] + 1) * classes
