"""conv_matrix: the sliding filter as one large matrix, mostly zeros, with few different numbers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.inputs import normal
from cnncourse.reference.weight_sharing import conv_matrix


def ask_every_pixel(kernel: Tensor, height: int, width: int) -> Tensor:
    """The oracle: the answer of the library to each single bright pixel is a column."""
    if kernel.shape[0] > height or kernel.shape[1] > width:
        raise ValueError("the kernel does not fit")
    pixels = torch.eye(height * width, dtype=kernel.dtype, device=kernel.device)
    answers = F.conv2d(pixels.reshape(-1, 1, height, width), kernel[None, None])
    return answers.flatten(1).T


def explain_shape(kernel: Tensor, height: int, width: int) -> str:
    """Rows and columns of the matrix, worked out."""
    rows, columns = height - kernel.shape[0] + 1, width - kernel.shape[1] + 1
    return (
        f"The kernel fits at {rows} × {columns} = {rows * columns} places, and the image has "
        f"{height} × {width} = {height * width} pixels: one row a place, one column a pixel."
    )


def on_an_image(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 2, 3), "height": 5, "width": 7}


def taller_than_wide(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 4, 2), "height": 7, "width": 3}


def one_weight(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 1, 1), "height": 3, "width": 4}


def one_place(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 3, 4), "height": 3, "width": 4}


def with_gradient(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 3, 2, grad=True), "height": 5, "width": 6}


def single_precision(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 2, 3, dtype=torch.float32), "height": 4, "width": 6}


def too_tall(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 5, 2), "height": 4, "width": 6}


def too_wide(generator: Generator) -> Arguments:
    return {"kernel": normal(generator, 2, 7), "height": 4, "width": 6}


def places(kernel: Tensor, height: int, width: int) -> tuple[int, int]:
    return height - kernel.shape[0] + 1, width - kernel.shape[1] + 1


def four_axes(kernel: Tensor, height: int, width: int) -> Tensor:
    """Output row, output column, image row, image column."""
    return conv_matrix(kernel, height, width).reshape(*places(kernel, height, width), height, width)


def flips_the_kernel(kernel, height, width):
    return conv_matrix(kernel.flip(0, 1), height, width)


def mirrors_the_kernel(kernel, height, width):
    return conv_matrix(kernel.flip(1), height, width)


def is_transposed(kernel, height, width):
    return conv_matrix(kernel, height, width).T


def reads_the_image_by_columns(kernel, height, width):
    return four_axes(kernel, height, width).transpose(2, 3).flatten(2).flatten(0, 1)


def writes_the_output_by_columns(kernel, height, width):
    return four_axes(kernel, height, width).transpose(0, 1).flatten(2).flatten(0, 1)


def goes_by_columns_everywhere(kernel, height, width):
    return four_axes(kernel, height, width).permute(1, 0, 3, 2).flatten(2).flatten(0, 1)


def swaps_height_and_width(kernel, height, width):
    return conv_matrix(kernel, width, height)


def lays_the_rows_end_to_end(kernel, height, width):
    rows, columns = places(kernel, height, width)
    flat = kernel.flatten()
    matrix = kernel.new_zeros(rows * columns, height * width)
    for place in range(rows * columns):
        start = (place // columns) * width + place % columns
        end = min(start + len(flat), height * width)
        matrix[place, start:end] = flat[: end - start]
    return matrix


def steps_on_at_the_end_of_a_row(kernel, height, width):
    # Row r of the matrix starts at pixel r, as if rows of places were as long as rows of pixels.
    rows, columns = places(kernel, height, width)
    first = conv_matrix(kernel, height, width)[0]
    shifted = [first.roll(place) for place in range(rows * columns)]
    return torch.stack(shifted)


def has_a_row_for_every_start(kernel, height, width):
    first = conv_matrix(kernel, height, width)[0]
    span = (kernel.shape[0] - 1) * width + kernel.shape[1]
    return torch.stack([first.roll(start) for start in range(height * width - span + 1)])


def pads_to_the_size_of_the_image(kernel, height, width):
    kh, kw = kernel.shape
    padded = conv_matrix(kernel, height + kh - 1, width + kw - 1)
    inside = padded.reshape(height * width, height + kh - 1, width + kw - 1)
    top, left = (kh - 1) // 2, (kw - 1) // 2
    return inside[:, top : top + height, left : left + width].flatten(1)


def wraps_around(kernel, height, width):
    first = conv_matrix(kernel, height, width)[0].reshape(height, width)
    shifts = [(y, x) for y in range(height) for x in range(width)]
    return torch.stack([first.roll(shift, (0, 1)).flatten() for shift in shifts])


def forgets_the_last_places(kernel, height, width):
    return four_axes(kernel, height, width)[:-1, :-1].flatten(2).flatten(0, 1)


def marks_ones(kernel, height, width):
    return conv_matrix(torch.ones_like(kernel), height, width)


def uses_the_first_row_of_the_kernel(kernel, height, width):
    return conv_matrix(kernel[:1].expand_as(kernel), height, width)


def leaves_four_axes(kernel, height, width):
    return four_axes(kernel, height, width)


def leaves_the_output_unflattened(kernel, height, width):
    return four_axes(kernel, height, width).flatten(2)


def cuts_off_the_gradient(kernel, height, width):
    return conv_matrix(kernel, height, width).detach()


def makes_room_in_float32(kernel, height, width):
    return conv_matrix(kernel, height, width).float()


def makes_double_room(kernel, height, width):
    return conv_matrix(kernel, height, width).double()


MISCONCEPTIONS = (
    Misconception(
        flips_the_kernel,
        "Your kernel lies turned by 180 degrees in every row. The sliding of a layer does not "
        "turn it: the weight at the top left lies on the pixel at the top left of the window.",
    ),
    Misconception(mirrors_the_kernel, "Your kernel lies mirrored left to right in every row."),
    Misconception(
        is_transposed,
        "Your matrix is transposed. This is the one that hands gradients *back*: it turns an "
        "output into an image. A row must hold what one output number needs.",
    ),
    Misconception(
        reads_the_image_by_columns,
        "You number the pixels column by column. `image.flatten()` goes row by row: pixel (y, x) "
        "is number y * width + x.",
    ),
    Misconception(
        writes_the_output_by_columns,
        "Your rows are in the wrong order: you take the places column by column. The output is "
        "flattened row by row.",
    ),
    Misconception(
        goes_by_columns_everywhere,
        "You go column by column, in the image and in the output. Both are flattened row by row.",
    ),
    Misconception(
        swaps_height_and_width, "You take the height for the width, and the width for the height."
    ),
    Misconception(
        lays_the_rows_end_to_end,
        "You lay the rows of the kernel end to end. In the flat image the pixel *below* is not the "
        "next one: it comes a whole row of pixels later.",
    ),
    Misconception(
        steps_on_at_the_end_of_a_row,
        "Each of your rows is the one above, moved on by one pixel. At the end of a row of places "
        "the window jumps: there are fewer places in a row than pixels.",
    ),
    Misconception(
        has_a_row_for_every_start,
        "You have a row for every pixel at which the flat kernel fits. Some of these windows start "
        "at the right border and go on at the left, one row lower. They are no windows.",
    ),
    Misconception(
        pads_to_the_size_of_the_image,
        "Your output is as large as the image: you let the kernel hang over the border. Take only "
        "the places where all of it lies inside.",
    ),
    Misconception(
        wraps_around,
        "Your windows leave the image on one side and come in on the other. Take only the places "
        "where the kernel lies inside.",
    ),
    Misconception(
        forgets_the_last_places,
        "The last row and column of places are missing. The kernel fits at size - kernel + 1 "
        "places along an axis.",
    ),
    Misconception(marks_ones, "You mark the window with ones. Each of its pixels gets its weight."),
    Misconception(
        uses_the_first_row_of_the_kernel,
        "You use the first row of the kernel for all its rows. Each row has its own weights.",
    ),
    Misconception(
        leaves_four_axes,
        "All the numbers are there, but in four axes. A matrix has two: make rows of places, and "
        "columns of pixels, with `reshape`.",
    ),
    Misconception(
        leaves_the_output_unflattened,
        "The pixels are flat, the places are not. Put the rows of places one after the other.",
    ),
    Misconception(
        cuts_off_the_gradient,
        "The values are right, but no gradient flows back to the kernel. Something on the way "
        "(`.item()`, `.detach()`, `.data`, `float(...)`, NumPy, `torch.tensor`) cuts the thread.",
    ),
    Misconception(
        makes_room_in_float32,
        "Your matrix is float32 whatever the kernel is. Make room with `kernel.new_zeros(...)`, "
        "or pass `dtype=kernel.dtype`.",
    ),
    Misconception(
        makes_double_room,
        "Your matrix is float64 whatever the kernel is. It has the kernel's type.",
    ),
)

CONV_MATRIX = Exercise(
    reference=conv_matrix,
    points=3,
    minutes=30,
    difficulty="challenge",
    oracle=ask_every_pixel,
    explain_shape=explain_shape,
    cases=(
        Case("the image is wider than tall", on_an_image, keeps="the case to think about first"),
        Case(
            "the image is taller than wide",
            taller_than_wide,
            keeps="height and width in the other order",
        ),
        Case("the kernel is a single weight", one_weight, keeps="no row has a neighbour"),
        Case("the kernel is as large as the image", one_place, keeps="a matrix of one row"),
        Case("gradients flow back to the kernel", with_gradient),
        Case("the numbers are single precision", single_precision),
    ),
    asides=(
        Case("the kernel is taller than the image", too_tall),
        Case("the kernel is wider than the image", too_wide),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Each row of the matrix computes one output number. Which pixels does the first output "
        "number need, and where do they stand in `image.flatten()`?",
        "Make one row at a time: an empty image, the kernel laid on its place, then flattened.",
        "A tensor of zeros with four axes (output row, output column, image row, image column) "
        "takes the kernel with one slice a place. At the end `reshape` makes it a matrix.",
    ),
)

EXERCISES = (CONV_MATRIX,)
