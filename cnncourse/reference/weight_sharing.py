"""Weight sharing, written to be read: counts, the matrix, moving the picture.

Axes: N batch, C channels, F filters, H W height and width, i j kernel rows and
columns. A size is one number or a pair (height, width).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cnncourse.reference.convolution import (
    Size,
    as_pair,
    output_size,
    require_same_channels,
    windows2d,
)

Layer = Callable[[Tensor], Tensor]
Shift = tuple[int, int]


def conv_matrix(kernel: Tensor, height: int, width: int) -> Tensor:
    """The matrix M with M @ image.flatten() = the sliding of the kernel.

    kernel (kh, kw), image (height, width) -> (H_out * W_out, height * width)
    Row by row on both sides. ValueError where the kernel does not fit.

    >>> conv_matrix(torch.tensor([[1.0, 2.0]]), height=1, width=3).tolist()
    [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]]
    """
    kh, kw = kernel.shape
    rows, columns = output_size(height, kh), output_size(width, kw)
    matrix = kernel.new_zeros(rows, columns, height, width)
    for row in range(rows):
        for column in range(columns):
            place = matrix[row, column, row : row + kh, column : column + kw]
            place.copy_(kernel)
    return matrix.reshape(rows * columns, height * width)


def untied_params(
    in_channels: int,
    out_channels: int,
    kernel_size: Size,
    out_height: int,
    out_width: int,
    bias: bool = True,
) -> int:
    """What a locally connected layer learns: new filters at every place.

    >>> untied_params(1, 2, 3, out_height=4, out_width=5)
    400
    >>> untied_params(3, 96, 11, out_height=55, out_width=55)  # as in AlexNet
    105705600
    """
    places = out_height * out_width
    return places * shared_params(in_channels, out_channels, kernel_size, bias)


def shared_params(
    in_channels: int, out_channels: int, kernel_size: Size, bias: bool = True
) -> int:
    """What a convolution layer learns: the same filters at every place.

    >>> shared_params(1, 2, 3)
    20
    >>> shared_params(3, 96, 11)  # as in AlexNet
    34944
    """
    kh, kw = as_pair(kernel_size)
    return out_channels * (in_channels * kh * kw + bool(bias))


def local2d(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A locally connected layer: at each place, filters of that place alone.

    x (N, C, H, W), weight (F, C, kh, kw, H_out, W_out), bias (F, H_out, W_out)
    -> (N, F, H_out, W_out). ValueError where the sizes do not fit together.

    >>> x = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    >>> weight = torch.tensor([[1.0, 10.0], [0.0, 5.0]])  # a column a place
    >>> local2d(x, weight.reshape(1, 1, 1, 2, 1, 2)).tolist()
    [[[[1.0, 35.0]]]]
    """
    require_same_channels(x, weight)
    windows = windows2d(x, (weight.shape[2], weight.shape[3]))
    places = windows.shape[2:4]
    if weight.shape[4:] != places:
        raise ValueError(f"{tuple(places)} places need as many kernels")
    if bias is not None and bias.shape != (len(weight), *places):
        raise ValueError(f"bias {tuple(bias.shape)}, places {tuple(places)}")
    out = torch.einsum("nchwij,fcijhw->nfhw", windows, weight)
    return out if bias is None else out + bias


def moved(x: Tensor, shift: Shift) -> Tensor:
    """A picture moved down and right; what leaves it comes back in.

    x (..., H, W) -> (..., H, W)

    >>> moved(torch.tensor([[1, 2, 3], [4, 5, 6]]), (0, 1)).tolist()
    [[3, 1, 2], [6, 4, 5]]
    """
    return torch.roll(x, shift, dims=(-2, -1))


def equivariance_error(
    f: Layer, x: Tensor, shift: Shift, stride: int = 1, margin: int = 0
) -> float:
    """Does the output move as the picture moves? max |f(S x) - S' f(x)|

    x (..., H, W). S moves by shift, S' by shift / stride. `margin` rows and
    columns at each border of the output do not count. ValueError where the
    stride does not divide the shift, or the margin leaves nothing.

    >>> x = torch.tensor([[5.0, 0.0, 0.0, 2.0]])
    >>> equivariance_error(torch.relu, x, (0, 1))
    0.0
    >>> equivariance_error(lambda x: x.cumsum(-1), x, (0, 1))
    5.0
    """
    if shift[0] % stride or shift[1] % stride:
        raise ValueError(f"{stride} does not divide the shift {tuple(shift)}")
    wanted = moved(f(x), (shift[0] // stride, shift[1] // stride))
    difference = (f(moved(x, shift)) - wanted).abs()
    rows, columns = difference.shape[-2:]
    if 2 * margin >= min(rows, columns):
        raise ValueError(f"a margin of {margin} leaves nothing")
    # Not -margin: a slice that ends at -0 is empty.
    inside = difference[..., margin : rows - margin, margin : columns - margin]
    return inside.max().item()


def invariance_error(f: Layer, x: Tensor, shift: Shift) -> float:
    """Does the output stay as the picture moves? max |f(S x) - f(x)|

    >>> x = torch.tensor([[5.0, 0.0, 0.0, 2.0]])
    >>> invariance_error(torch.mean, x, (0, 1))
    0.0
    >>> invariance_error(torch.relu, x, (0, 1))
    5.0
    """
    return (f(moved(x, shift)) - f(x)).abs().max().item()
