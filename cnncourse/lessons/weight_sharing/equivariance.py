"""equivariance_error: does the output move as the picture moves?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise
from cnncourse.grading.order import Recipe
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.weight_sharing.equivariance_beliefs import MISCONCEPTIONS, inside
from cnncourse.recipes.weight_sharing import convolution, gain
from cnncourse.reference.weight_sharing import Shift, equivariance_error, moved


def by_indices(f, x: Tensor, shift: Shift, stride: int = 1, margin: int = 0) -> float:
    """The oracle: look up, for every number of the output, where it should have come from."""
    dy, dx = shift
    before, after = f(x), f(pulled(x, dy, dx))
    if dy % stride or dx % stride:
        raise ValueError("the stride does not divide the shift")
    rows, columns = before.shape[-2:]
    inside = [
        abs(after[..., y, x] - before[..., (y - dy // stride) % rows, (x - dx // stride) % columns])
        for y in range(margin, rows - margin)
        for x in range(margin, columns - margin)
    ]
    if not inside:
        raise ValueError("the margin leaves nothing")
    return float(torch.stack(inside).max())


def pulled(x: Tensor, dy: int, dx: int) -> Tensor:
    """Each pixel taken from where it was before the move."""
    rows = (torch.arange(x.shape[-2], device=x.device) - dy) % x.shape[-2]
    columns = (torch.arange(x.shape[-1], device=x.device) - dx) % x.shape[-1]
    return x.index_select(-2, rows).index_select(-1, columns)


def largest_number(f, x: Tensor, shift: Shift, stride: int = 1, margin: int = 0) -> float:
    """What two numbers whose difference is asked for are made of."""
    return float(f(x).abs().max())


def seed(generator: Generator) -> int:
    return int(torch.randint(2**31, (), generator=generator))


def whole(generator: Generator, *shape: int) -> Tensor:
    """Whole numbers, so that an error of 0 is exactly that."""
    return (9 * normal(generator, *shape)).round()


# The shift is another one for each axis, and the batch, the channels and both sides are too.
def circular(generator: Generator) -> Arguments:
    sizes = {"channels": 3, "filters": 4, "kernel_size": (3, 5), "padding": (1, 2)}
    recipe = Recipe(convolution, {"seed": seed(generator), **sizes, "circular": True})
    return {"f": recipe, "x": whole(generator, 2, 3, 7, 10), "shift": (2, 3)}


def padded_with_zeros(generator: Generator) -> Arguments:
    sizes = {"channels": 3, "filters": 4, "kernel_size": (3, 5), "padding": (1, 2)}
    recipe = Recipe(convolution, {"seed": seed(generator), **sizes})
    return {"f": recipe, "x": normal(generator, 2, 3, 7, 11), "shift": (-2, 1)}


def away_from_the_border(generator: Generator) -> Arguments:
    return {**padded_with_zeros(generator), "x": whole(generator, 2, 3, 9, 12), "margin": 3}


def with_a_bright_pixel(x: Tensor, gains: Tensor) -> Tensor:
    """The last map gets a pixel so bright, where `gains` (H, W) is largest, that it decides."""
    x.reshape(-1, gains.numel())[-1, gains.argmax()] = 50.0
    return x


def a_place_that_matters(generator: Generator) -> Arguments:
    arguments = {"seed": seed(generator), "height": 12, "width": 13}
    x, shift, margin = normal(generator, 3, 2, 12, 13), (3, -2), 2
    # What becomes of a pixel here, and what should have become of it. The largest error is < 0.
    factor = gain(**arguments).factor
    lost = inside(moved(factor, shift) - factor, margin)
    lost = F.pad(lost, (margin,) * 4, value=float("-inf"))
    x = with_a_bright_pixel(x, moved(lost, (-shift[0], -shift[1])))
    return {"f": Recipe(gain, arguments), "x": x, "shift": shift, "margin": margin}


def one_picture_alone(generator: Generator) -> Arguments:
    arguments = {"seed": seed(generator), "height": 6, "width": 9}
    x, shift = normal(generator, 6, 9), (1, 4)
    factor = gain(**arguments).factor
    x = with_a_bright_pixel(x, moved(factor, (-shift[0], -shift[1])) - factor)
    return {"f": Recipe(gain, arguments), "x": x, "shift": shift}


def strided(generator: Generator) -> Arguments:
    sizes = {"channels": 2, "filters": 3, "kernel_size": (3, 2), "stride": 2, "padding": (1, 0)}
    recipe = Recipe(convolution, {"seed": seed(generator), **sizes})
    x = normal(generator, 3, 2, 10, 14)
    return {"f": recipe, "x": x, "shift": (2, -4), "stride": 2}


def strided_inside(generator: Generator) -> Arguments:
    sizes = {"channels": 2, "filters": 3, "kernel_size": (3, 2), "stride": 3, "padding": (1, 0)}
    recipe = Recipe(convolution, {"seed": seed(generator), **sizes})
    x = normal(generator, 2, 2, 21, 27)
    return {"f": recipe, "x": x, "shift": (-3, 6), "stride": 3, "margin": 2}


def rows_not_divided(generator: Generator) -> Arguments:
    return {**strided(generator), "shift": (3, 4)}


def columns_not_divided(generator: Generator) -> Arguments:
    return {**strided(generator), "shift": (2, -1)}


def no_row_left(generator: Generator) -> Arguments:
    # 10 rows of output, and 6 at each border. The picture has 20, and every row has more.
    sizes = {"channels": 2, "filters": 3, "kernel_size": (3, 2), "stride": 2, "padding": (1, 0)}
    recipe = Recipe(convolution, {"seed": seed(generator), **sizes})
    x = normal(generator, 2, 2, 20, 28)
    return {"f": recipe, "x": x, "shift": (2, 2), "stride": 2, "margin": 6}


def no_column_left(generator: Generator) -> Arguments:
    recipe = Recipe(gain, {"seed": seed(generator), "height": 12, "width": 7})
    return {"f": recipe, "x": normal(generator, 2, 3, 12, 7), "shift": (1, 2), "margin": 5}


def two_halves(generator: Generator) -> Arguments:
    recipe = Recipe(gain, {"seed": seed(generator), "height": 8, "width": 13})
    return {"f": recipe, "x": normal(generator, 2, 3, 8, 13), "shift": (1, 2), "margin": 4}


EQUIVARIANCE_ERROR = Exercise(
    reference=equivariance_error,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=by_indices,
    magnitude=largest_number,
    cases=(
        Case(
            "f is a convolution that goes around the border",
            circular,
            keeps="an error of exactly 0",
        ),
        Case("f pads with zeros", padded_with_zeros, keeps="a negative shift, without options"),
        Case(
            "f pads with zeros, away from the border",
            away_from_the_border,
            keeps="inside the border the error is 0 again",
        ),
        Case("f treats every place in its own way", a_place_that_matters),
        Case("x is one picture, without batch and channels", one_picture_alone),
        Case("f has stride 2", strided, keeps="a stride by itself"),
        Case("f has stride 3, away from the border", strided_inside),
        Case("the stride does not divide dy", rows_not_divided, keeps="dy by itself"),
        Case("the stride does not divide dx", columns_not_divided),
        Case("the margin leaves no row", no_row_left),
        Case("the margin leaves no column", no_column_left),
        Case("the margin is exactly half of the rows", two_halves),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Two ways lead to the moved output: move the picture and then apply f, or apply f and then "
        "move. Compute both. How far apart are they?",
        "torch.roll(x, (dy, dx), dims=(-2, -1)) moves a picture. The output moves by "
        "dy // stride and dx // stride.",
        "Check the shift first. Then the absolute difference of the two, cut down to rows margin "
        "to rows - margin and columns likewise, and its largest number as a float.",
    ),
)

EXERCISES = (EQUIVARIANCE_ERROR,)
