"""invariance_error: does the output stay as the picture moves?"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.weight_sharing.equivariance import (
    largest_number,
    pulled,
    seed,
    whole,
    with_a_bright_pixel,
)
from cnncourse.lessons.weight_sharing.equivariance_beliefs import with_zeros_behind
from cnncourse.recipes.weight_sharing import gain, global_average, linear
from cnncourse.reference.weight_sharing import Shift, invariance_error, moved


def by_indices(f, x: Tensor, shift: Shift) -> float:
    """The oracle: every pixel is looked up, every difference compared with the largest so far."""
    before, after = f(x).flatten().tolist(), f(pulled(x, *shift)).flatten().tolist()
    return max(abs(one - other) for one, other in zip(before, after, strict=True))


def averaged(generator: Generator, circular: bool) -> Arguments:
    sizes = {"channels": 2, "filters": 5, "padding": (1, 2), "circular": circular}
    recipe = Recipe(global_average, {"seed": seed(generator), **sizes})
    return {"f": recipe, "x": whole(generator, 3, 2, 7, 10), "shift": (2, -3)}


def averaged_around_the_border(generator: Generator) -> Arguments:
    return averaged(generator, circular=True)


def averaged_after_zeros(generator: Generator) -> Arguments:
    return averaged(generator, circular=False)


def a_place_that_matters(generator: Generator) -> Arguments:
    arguments = {"seed": seed(generator), "height": 8, "width": 11}
    x, shift = normal(generator, 3, 2, 8, 11), (-1, 3)
    factor = gain(**arguments).factor
    # The bright pixel is missed where it was more than it is noticed where it is: an error < 0.
    x = with_a_bright_pixel(x, factor - moved(factor, (-shift[0], -shift[1])).abs())
    return {"f": Recipe(gain, arguments), "x": x, "shift": shift}


def dense(generator: Generator) -> Arguments:
    sizes = {"channels": 2, "height": 5, "width": 7, "outputs": 4}
    recipe = Recipe(linear, {"seed": seed(generator), **sizes})
    return {"f": recipe, "x": normal(generator, 3, 2, 5, 7), "shift": (1, 2)}


def one_picture_alone(generator: Generator) -> Arguments:
    arguments = {"seed": seed(generator), "height": 6, "width": 9}
    x, shift = normal(generator, 6, 9), (2, 5)
    factor = gain(**arguments).factor
    x = with_a_bright_pixel(x, moved(factor, (-shift[0], -shift[1])) - factor.abs())
    return {"f": Recipe(gain, arguments), "x": x, "shift": shift}


def difference(f, x: Tensor, shift: Shift) -> Tensor:
    return f(moved(x, shift)) - f(x)


def asks_for_equivariance(f, x, shift):
    before, after = f(x), f(moved(x, shift))
    return float((after - (moved(before, shift) if before.ndim == x.ndim else before)).abs().max())


def compares_with_the_picture(f, x, shift):
    return float((f(moved(x, shift)) - x).abs().max())


def never_asks_f(f, x, shift):
    return float((moved(x, shift) - x).abs().max())


def moves_rows_only(f, x, shift):
    return invariance_error(f, x, (shift[0], 0))


def moves_columns_only(f, x, shift):
    return invariance_error(f, x, (0, shift[1]))


def swaps_the_two_shifts(f, x, shift):
    return invariance_error(f, x, shift[::-1])


def moves_the_other_way(f, x, shift):
    return invariance_error(f, x, (-shift[0], -shift[1]))


def counts_axes_from_the_front(f, x, shift):
    torch.roll(x, shift, dims=(2, 3))
    return invariance_error(f, x, shift)


def adds_the_shift_to_the_values(f, x, shift):
    return float((f(x + sum(shift)) - f(x)).abs().max())


def lets_the_picture_leave(f, x, shift):
    return float((f(with_zeros_behind(x, shift)) - f(x)).abs().max())


def takes_the_average(f, x, shift):
    return float(difference(f, x, shift).abs().mean())


def adds_up_the_differences(f, x, shift):
    return float(difference(f, x, shift).abs().sum())


def takes_the_root_of_the_mean_square(f, x, shift):
    return float(difference(f, x, shift).square().mean().sqrt())


def takes_the_length_of_the_difference(f, x, shift):
    return float(difference(f, x, shift).norm())


def forgets_the_sign(f, x, shift):
    return float(difference(f, x, shift).max())


def takes_the_sign_the_other_way(f, x, shift):
    return float((-difference(f, x, shift)).max())


def compares_the_largest_numbers(f, x, shift):
    return float((f(moved(x, shift)).abs().max() - f(x).abs().max()).abs())


def compares_the_averages(f, x, shift):
    return float(difference(f, x, shift).mean().abs())


def divides_by_the_output(f, x, shift):
    return float(difference(f, x, shift).abs().max() / f(x).abs().max())


def looks_at_the_first_only(f, x, shift):
    return invariance_error(f, x[:1] if x.ndim == 4 else x, shift)


def spoils_the_picture(f, x, shift):
    error = invariance_error(f, x, shift)
    x.copy_(moved(x, shift))
    return error


def says_yes_or_no(f, x, shift):
    return invariance_error(f, x, shift) < 1e-6


MISCONCEPTIONS = (
    Misconception(
        asks_for_equivariance,
        "You move f(x) along before you compare. That asks for equivariance. Invariance asks "
        "whether the output stays as it is.",
    ),
    Misconception(
        compares_with_the_picture,
        "You compare f(S x) with x. Compare two outputs: f(S x) with f(x).",
    ),
    Misconception(
        never_asks_f,
        "You compare the moved picture with the picture, and never call f. What matters is what f "
        "makes of the two.",
    ),
    Misconception(
        moves_rows_only, "You move up and down only. The second number of the shift is ignored."
    ),
    Misconception(moves_columns_only, "You move left and right only. The first number is ignored."),
    Misconception(
        swaps_the_two_shifts,
        "You swap the two numbers of the shift. It is (dy, dx): rows first, then columns.",
    ),
    Misconception(
        moves_the_other_way,
        "You move against the shift. A positive dy goes down and a positive dx to the right.",
    ),
    Misconception(
        counts_axes_from_the_front,
        "You move the axes 2 and 3. A picture without batch and channels has none of that number: "
        "count from the end, -2 and -1.",
    ),
    Misconception(
        adds_the_shift_to_the_values,
        "You add a number to every pixel. That makes the picture brighter. A translation *moves* "
        "it: the same values, at other places.",
    ),
    Misconception(
        lets_the_picture_leave,
        "What leaves the picture is lost, and zeros come in. `torch.roll` brings it in again on "
        "the other side.",
    ),
    Misconception(
        takes_the_average,
        "You average the differences, which hides the one output that changes. Take the largest.",
    ),
    Misconception(
        adds_up_the_differences,
        "You add up all differences, so a larger output has a larger error. Take the largest.",
    ),
    Misconception(
        takes_the_root_of_the_mean_square,
        "You take a mean of squares. One change among many disappears in it: take the largest.",
    ),
    Misconception(
        takes_the_length_of_the_difference,
        "You take the norm of all differences, which grows with the output. Take the largest one.",
    ),
    Misconception(
        forgets_the_sign,
        "You take the largest difference without `abs()`. A large negative one is a change too.",
    ),
    Misconception(
        takes_the_sign_the_other_way,
        "You take the largest of f(x) - f(S x) without `abs()`. Both signs are changes.",
    ),
    Misconception(
        compares_the_largest_numbers,
        "You take the largest number of each output, then compare. Compare number by number first.",
    ),
    Misconception(
        compares_the_averages,
        "You average each output, then compare. What goes up at one place and down at another "
        "cancels out. Compare number by number.",
    ),
    Misconception(
        divides_by_the_output,
        "You divide by the size of the output. The plain difference is asked for.",
    ),
    Misconception(
        looks_at_the_first_only, "You look at the first picture of the batch only. All count."
    ),
    Misconception(
        spoils_the_picture,
        "The number is right, but x is moved afterwards. Work on a copy: `torch.roll` makes one.",
    ),
    Misconception(
        says_yes_or_no, "You answer yes or no. How large the error is tells more: return it."
    ),
)

INVARIANCE_ERROR = Exercise(
    reference=invariance_error,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=by_indices,
    magnitude=largest_number,
    cases=(
        Case(
            "f averages each map, and its convolution goes around the border",
            averaged_around_the_border,
            keeps="an error of exactly 0",
        ),
        Case(
            "f averages each map, after a padding with zeros",
            averaged_after_zeros,
            keeps="a small error is not none",
        ),
        Case(
            "f treats every place in its own way",
            a_place_that_matters,
            keeps="the largest change is a decrease, and in the last picture",
        ),
        Case("f is a dense layer", dense, keeps="an output without rows and columns"),
        Case("x is one picture, without batch and channels", one_picture_alone),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "f sees two pictures, the one given and a moved one. What should be the same?",
        "torch.roll(x, (dy, dx), dims=(-2, -1)) moves a picture. f(x) is left as it is.",
        "The largest absolute difference between the two outputs, as a float.",
    ),
)

EXERCISES = (INVARIANCE_ERROR,)
