"""Convolution, written to be read: the sliding filter, its sizes, its gradient.

Axes: N batch, C channels, F filters, H W height and width, i j kernel rows and
columns. The two-dimensional functions use NumPy, the layers use PyTorch.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Size = int | tuple[int, int]

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL_Y = SOBEL_X.T


def output_size(
    n: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> int:
    """How many windows fit along an axis of n pixels.

    A kernel spans dilation * (kernel_size - 1) + 1 pixels. ValueError where
    not even one window fits. (Dumoulin & Visin 2016, section 2.)

    >>> output_size(7, kernel_size=3)
    5
    >>> output_size(7, kernel_size=3, stride=2, padding=1)
    4
    """
    if min(n, kernel_size, stride, dilation) < 1 or padding < 0:
        raise ValueError("sizes count from 1, padding from 0")
    room = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if room < 0:
        raise ValueError(f"no window of {kernel_size} fits into {n} pixels")
    return room // stride + 1


def cross_correlate2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide the kernel over the image; at each place multiply and add.

    image (H, W), kernel (kh, kw) -> (H - kh + 1, W - kw + 1)

    >>> cross_correlate2d(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 10]]))
    array([[21, 32],
           [54, 65]])
    """
    kh, kw = kernel.shape
    rows = output_size(image.shape[0], kh)
    columns = output_size(image.shape[1], kw)
    # 8-bit pixels would wrap around at 256.
    dtype = np.result_type(image, kernel, np.int64)
    out = np.zeros((rows, columns), dtype)
    for row, column in np.ndindex(rows, columns):
        window = image[row : row + kh, column : column + kw].astype(dtype)
        out[row, column] = (window * kernel).sum()
    return out


def convolve2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """True convolution: the same slide with the kernel turned by 180 degrees.

    image (H, W), kernel (kh, kw) -> (H - kh + 1, W - kw + 1)

    >>> convolve2d(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 10]]))
    array([[12, 23],
           [45, 56]])
    """
    return cross_correlate2d(image, kernel[::-1, ::-1])


def sobel_edges(
    image: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How steeply the image gets lighter to the right, downwards, and in all.

    image (H, W) -> gx, gy, magnitude, each (H - 2, W - 2) and float64.
    gx > 0: dark left of light. gy > 0: dark above light.

    >>> gx, gy, magnitude = sobel_edges(np.array([[0, 0, 9]] * 3))
    >>> gx, gy
    (array([[36.]]), array([[0.]]))
    """
    image = image.astype(np.float64)
    gx = cross_correlate2d(image, SOBEL_X)
    gy = cross_correlate2d(image, SOBEL_Y)
    return gx, gy, np.hypot(gx, gy)


def as_pair(size: Size) -> tuple[int, int]:
    """The (height, width) that a size stands for.

    >>> as_pair(3), as_pair((1, 2))
    ((3, 3), (1, 2))
    """
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def pad2d(x: Tensor, padding: Size) -> Tensor:
    """A frame of zeros. x (N, C, H, W) -> (N, C, H + 2 ph, W + 2 pw)

    >>> pad2d(torch.ones(1, 1, 1, 1), (0, 1)).tolist()
    [[[[0.0, 1.0, 0.0]]]]
    """
    ph, pw = as_pair(padding)
    return F.pad(x, (pw, pw, ph, ph))


def unpad2d(x: Tensor, padding: Size) -> Tensor:
    """The frame cut off again. x (N, C, H + 2 ph, W + 2 pw) -> (N, C, H, W)

    >>> unpad2d(torch.tensor([[[[0.0, 1.0, 0.0]]]]), (0, 1)).tolist()
    [[[[1.0]]]]
    """
    ph, pw = as_pair(padding)
    # Not -ph: a slice that ends at -0 is empty.
    return x[:, :, ph : x.shape[2] - ph, pw : x.shape[3] - pw]


def require_same_channels(x: Tensor, weight: Tensor) -> None:
    """ValueError unless x (N, C, H, W) fits weight (F, C, kh, kw)."""
    if x.shape[1] != weight.shape[1]:
        raise ValueError(
            f"x has {x.shape[1]} channels, weight is for {weight.shape[1]}"
        )


def windows2d(
    x: Tensor, kernel_size: Size, stride: Size = 1, dilation: Size = 1
) -> Tensor:
    """Every window that the kernel sees, as a view without a copy.

    x (N, C, H, W) -> (N, C, H_out, W_out, kh, kw)

    >>> x = torch.arange(3.0).reshape(1, 1, 1, 3)
    >>> windows2d(x, kernel_size=(1, 2)).squeeze().tolist()
    [[0.0, 1.0], [1.0, 2.0]]
    """
    (kh, kw), (sh, sw) = as_pair(kernel_size), as_pair(stride)
    dh, dw = as_pair(dilation)
    # Refuses a kernel that does not fit, in words.
    output_size(x.shape[2], kh, sh, dilation=dh)
    output_size(x.shape[3], kw, sw, dilation=dw)
    windows = x.unfold(2, dh * (kh - 1) + 1, sh)
    windows = windows.unfold(3, dw * (kw - 1) + 1, sw)
    return windows[..., ::dh, ::dw]


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
) -> Tensor:
    """A convolution layer: cut out the windows, then one product for all.

    x (N, C, H, W), weight (F, C, kh, kw), bias (F,) -> (N, F, H_out, W_out)

    >>> x = torch.tensor([[[[1.0, 2.0, 3.0]], [[0.0, 5.0, 0.0]]]])
    >>> weight = torch.tensor([[[[1.0, 10.0]], [[1.0, 1.0]]]])
    >>> conv2d(x, weight, bias=torch.tensor([100.0])).tolist()
    [[[[126.0, 137.0]]]]
    """
    require_same_channels(x, weight)
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias {tuple(bias.shape)}, filters {len(weight)}")
    kernel_size = (weight.shape[2], weight.shape[3])
    windows = windows2d(pad2d(x, padding), kernel_size, stride, dilation)
    out = torch.einsum("nchwij,fcij->nfhw", windows, weight)
    return out if bias is None else out + bias[:, None, None]


def conv2d_backward(
    grad_out: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: Size = 1,
    padding: Size = 0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Blame for the loss, handed back through `conv2d` to its three inputs.

    grad_out (N, F, H_out, W_out), x (N, C, H, W), weight (F, C, kh, kw)
    -> grad_x, shaped as x; grad_weight, shaped as weight; grad_bias (F,)

    >>> x, weight = torch.ones(1, 1, 1, 3), torch.tensor([[[[2.0, 5.0]]]])
    >>> grads = conv2d_backward(torch.ones(1, 1, 1, 2), x, weight)
    >>> [grad.flatten().tolist() for grad in grads]
    [[2.0, 7.0, 5.0], [2.0, 2.0], [2.0]]
    """
    require_same_channels(x, weight)
    x = pad2d(x, padding)
    windows = windows2d(x, (weight.shape[2], weight.shape[3]), stride)
    expected = (len(x), len(weight), *windows.shape[2:4])
    if grad_out.shape != expected:
        raise ValueError(f"the output is {expected}, grad_out is not")
    grad_weight = torch.einsum("nfhw,nchwij->fcij", grad_out, windows)
    grad_windows = torch.einsum("nfhw,fcij->nchwij", grad_out, weight)
    grad_x = scatter_windows(grad_windows, x, stride)
    return unpad2d(grad_x, padding), grad_weight, grad_out.sum((0, 2, 3))


def scatter_windows(windows: Tensor, x: Tensor, stride: Size) -> Tensor:
    """Add each window up where it was cut out; the way back of `windows2d`.

    windows (N, C, H_out, W_out, kh, kw), x (N, C, H, W) -> (N, C, H, W)

    >>> windows = torch.tensor([[1.0, 2.0], [10.0, 20.0]])
    >>> x = torch.zeros(1, 1, 1, 3)
    >>> scatter_windows(windows.reshape(1, 1, 1, 2, 1, 2), x, 1).tolist()
    [[[[1.0, 12.0, 20.0]]]]
    """
    out = torch.zeros_like(x)
    rows, columns, kh, kw = windows.shape[2:]
    sh, sw = as_pair(stride)
    for i, j in np.ndindex(kh, kw):
        place = out[:, :, i : i + sh * rows : sh, j : j + sw * columns : sw]
        # The slice may run past the last window by less than one stride.
        place[:, :, :rows, :columns] += windows[..., i, j]
    return out
