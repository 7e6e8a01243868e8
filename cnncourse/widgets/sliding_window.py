"""What a window does at one place of an image. The convolution demo draws just this.

Spelled out in plain steps, apart from the reference code that it is tested against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Window:
    """The window at one place: the pixels it sees, its weights, and their weighted sum.

    All arrays are (kh, kw). `rows` and `columns` say where in the image each pixel lies;
    those outside of the image are padding, and count as 0.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    pixels: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def products(self) -> NDArray[np.float64]:
        return self.pixels * self.weights

    @property
    def total(self) -> float:
        return float(self.products.sum())


def output_shape(
    image: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[int, int]:
    """How many rows and columns of windows fit; 0 where none does.

    >>> output_shape(np.zeros((20, 9)), np.zeros((3, 3)), stride=2, padding=1)
    (10, 5)
    """
    sizes = zip(np.shape(image), np.shape(kernel), strict=True)
    rows, columns = (
        max(0, (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1) for n, k in sizes
    )
    # One side alone makes no output.
    return (rows, columns) if rows and columns else (0, 0)


def window(
    image: ArrayLike,
    kernel: ArrayLike,
    row: int,
    column: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    flip: bool = False,
) -> Window:
    """The window that makes `output[row, column]`; IndexError where there is none.

    image (H, W), kernel (kh, kw). `flip` turns the kernel by half a turn first: true
    convolution instead of cross-correlation.

    >>> window([[52, 60, 200], [50, 61, 198]], [[1, 0, -1]], row=0, column=0).total
    -148.0
    """
    rows_out, columns_out = output_shape(image, kernel, stride, padding, dilation)
    if not (0 <= row < rows_out and 0 <= column < columns_out):
        raise IndexError(f"output[{row}, {column}] of a {rows_out} by {columns_out} output")
    weights = np.array(kernel, dtype=np.float64)
    if flip:
        weights = weights[::-1, ::-1]
    rows, columns = np.indices(weights.shape) * dilation - padding
    rows, columns = rows + row * stride, columns + column * stride
    pixels = np.zeros(weights.shape)
    height, width = np.shape(image)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    pixels[inside] = np.asarray(image)[rows[inside], columns[inside]]
    return Window(rows, columns, pixels, weights)


def slide(
    image: ArrayLike,
    kernel: ArrayLike,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    flip: bool = False,
) -> NDArray[np.float64]:
    """The whole output (H_out, W_out): one window's total at each place; empty if none fits.

    >>> slide([[0, 10, 30]], [[-1, 1]]).tolist()
    [[10.0, 20.0]]
    """
    rows, columns = output_shape(image, kernel, stride, padding, dilation)
    settings = (stride, padding, dilation, flip)
    return np.array(
        [
            [window(image, kernel, row, column, *settings).total for column in range(columns)]
            for row in range(rows)
        ]
    ).reshape(rows, columns)
