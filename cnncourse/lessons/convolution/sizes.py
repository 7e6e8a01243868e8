"""output_size: how many windows fit."""

from __future__ import annotations

import math

import torch

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.reference.convolution import output_size


def count_the_windows(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """The oracle: lay down one window after the other, as long as it stays inside."""
    last = dilation * (kernel_size - 1)
    starts = range(-padding, n + padding, stride)
    fitting = [start for start in starts if start + last < n + padding]
    if not fitting:
        raise ValueError("no window fits")
    return len(fitting)


def whole(generator: torch.Generator, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


# Every case draws its sizes, so that a table of known answers earns nothing; what makes the
# case telling holds for all that can be drawn.
def only_a_kernel(generator: torch.Generator) -> Arguments:
    return {"n": whole(generator, 9, 40), "kernel_size": whole(generator, 3, 7)}


def with_stride(generator: torch.Generator, left_over: int = 0) -> Arguments:
    """The last window ends `left_over` pixels before the end."""
    windows, kernel_size = whole(generator, 5, 60), whole(generator, 2, 11)
    stride = whole(generator, 3, 5)
    n = (windows - 1) * stride + kernel_size + min(left_over, stride - 1)
    return {"n": n, "kernel_size": kernel_size, "stride": stride}


def with_a_pixel_over(generator: torch.Generator) -> Arguments:
    return with_stride(generator, left_over=1)


def with_nearly_a_step_over(generator: torch.Generator) -> Arguments:
    return with_stride(generator, left_over=99)


def with_padding(generator: torch.Generator) -> Arguments:
    padding = whole(generator, 1, 3)
    return {**only_a_kernel(generator), "padding": padding}


def with_dilation(generator: torch.Generator) -> Arguments:
    kernel_size, dilation = whole(generator, 3, 5), whole(generator, 2, 4)
    n = kernel_size * dilation + whole(generator, 3, 20)
    return {"n": n, "kernel_size": kernel_size, "dilation": dilation}


def wider_than_the_image(generator: torch.Generator) -> Arguments:
    n, padding = whole(generator, 3, 9), whole(generator, 1, 3)
    return {"n": n, "kernel_size": n + padding, "padding": padding}


def too_small(generator: torch.Generator) -> Arguments:
    n = whole(generator, 2, 6)
    return {"n": n, "kernel_size": n + whole(generator, 2, 4)}


def too_small_behind_a_stride(generator: torch.Generator) -> Arguments:
    missing, dilation = whole(generator, 1, 2), whole(generator, 2, 4)
    stride = missing + whole(generator, 1, 3)
    n = 2 * dilation + 1 - missing
    return {"n": n, "kernel_size": 3, "stride": stride, "dilation": dilation}


def everything(generator: torch.Generator) -> Arguments:
    """Random sizes with room for at least one window."""
    names = ("n", "kernel_size", "stride", "padding", "dilation")
    bounds = ((60, 98), (2, 7), (2, 5), (1, 4), (2, 4))
    return {name: whole(generator, *pair) for name, pair in zip(names, bounds, strict=True)}


def room(n: int, kernel_size: int, padding: int, dilation: int) -> int:
    return n + 2 * padding - dilation * (kernel_size - 1) - 1


def forgets_the_first_window(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return room(n, kernel_size, padding, dilation) // stride


def pads_one_side(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return (n + padding - dilation * (kernel_size - 1) - 1) // stride + 1


def rounds_up(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return math.ceil(room(n, kernel_size, padding, dilation) / stride) + 1


def rounds_to_the_nearest(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return math.floor(room(n, kernel_size, padding, dilation) / stride + 0.5) + 1


def divides_by_the_stride(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return n // stride


def ignores_the_stride(n, kernel_size, stride=1, padding=0, dilation=1):
    return output_size(n, kernel_size, 1, padding, dilation)


def ignores_the_padding(n, kernel_size, stride=1, padding=0, dilation=1):
    return output_size(n, kernel_size, stride, 0, dilation)


def ignores_the_dilation(n, kernel_size, stride=1, padding=0, dilation=1):
    return output_size(n, kernel_size, stride, padding)


def spans_dilation_times_kernel(n, kernel_size, stride=1, padding=0, dilation=1):
    return output_size(n, kernel_size * dilation, stride, padding)


def adds_the_dilation_once(n, kernel_size, stride=1, padding=0, dilation=1):
    return output_size(n, kernel_size + dilation - 1, stride, padding)


def adds_one_before_dividing(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return (room(n, kernel_size, padding, dilation) + 1) // stride


def returns_a_float(n, kernel_size, stride=1, padding=0, dilation=1):
    return float(output_size(n, kernel_size, stride, padding, dilation))


def divides_with_a_slash(n, kernel_size, stride=1, padding=0, dilation=1):
    output_size(n, kernel_size, stride, padding, dilation)
    return room(n, kernel_size, padding, dilation) / stride + 1


def accepts_what_does_not_fit(n, kernel_size, stride=1, padding=0, dilation=1):
    return room(n, kernel_size, padding, dilation) // stride + 1


def answers_zero_for_what_does_not_fit(n, kernel_size, stride=1, padding=0, dilation=1):
    return max(0, room(n, kernel_size, padding, dilation) // stride + 1)


def refuses_a_ragged_edge(n, kernel_size, stride=1, padding=0, dilation=1):
    if room(n, kernel_size, padding, dilation) % stride:
        raise ValueError("the stride must divide the room")
    return output_size(n, kernel_size, stride, padding, dilation)


def refuses_a_kernel_wider_than_the_image(n, kernel_size, stride=1, padding=0, dilation=1):
    if kernel_size > n:
        raise ValueError("the kernel is wider than the image")
    return output_size(n, kernel_size, stride, padding, dilation)


OUTPUT_SIZE = Exercise(
    reference=output_size,
    points=2,
    minutes=10,
    difficulty="warm-up",
    oracle=count_the_windows,
    cases=(
        Case("there is only a kernel", only_a_kernel, keeps="the case to think about first"),
        Case("the stride is not 1", with_stride, keeps="a stride alone, with nothing left over"),
        Case("the last step leaves one pixel over", with_a_pixel_over),
        Case("the last step leaves nearly a stride over", with_nearly_a_step_over),
        Case("there is padding", with_padding, keeps="padding alone"),
        Case("the kernel is dilated", with_dilation, keeps="a dilation alone"),
        Case("padding makes room for a kernel wider than the image", wider_than_the_image),
        Case("no window fits", too_small),
        Case(
            "no window fits, and the stride hides it",
            too_small_behind_a_stride,
            keeps="rounding towards zero instead of down turns this impossible size into 1",
        ),
        Case(
            "stride, padding and dilation come together",
            everything,
            keeps="a formula that is right for one option at a time",
        ),
    ),
    misconceptions=(
        Misconception(
            forgets_the_first_window,
            "Your answer is one too small: the division counts the steps between windows, and "
            "there is one window more than there are steps.",
        ),
        Misconception(
            pads_one_side,
            "You add the padding once. It goes on both sides of the image: n + 2 * padding.",
        ),
        Misconception(
            rounds_up,
            "You round up. A window that would hang over the edge does not count: round down.",
        ),
        Misconception(
            rounds_to_the_nearest,
            "You round to the nearest integer. A window fits or it does not: round down.",
        ),
        Misconception(
            divides_by_the_stride,
            "You divide the size by the stride. That leaves out the kernel: the last window must "
            "end inside the image, so it cannot start at every pixel.",
        ),
        Misconception(
            ignores_the_stride, "You ignore the stride: the window moves by `stride` pixels."
        ),
        Misconception(
            ignores_the_padding, "You ignore the padding, which makes room on both sides."
        ),
        Misconception(
            ignores_the_dilation,
            "You ignore the dilation, which spreads the kernel out over more pixels.",
        ),
        Misconception(
            spans_dilation_times_kernel,
            "You let the kernel span dilation * kernel_size pixels. There are only "
            "kernel_size - 1 gaps between its taps: it spans dilation * (kernel_size - 1) + 1.",
        ),
        Misconception(
            adds_the_dilation_once,
            "You widen the kernel by dilation - 1 once. Every one of its kernel_size - 1 gaps "
            "grows, so it spans dilation * (kernel_size - 1) + 1 pixels.",
        ),
        Misconception(
            adds_one_before_dividing,
            "You add the 1 before dividing by the stride. The first window is not divided: "
            "count the steps, then add 1.",
        ),
        Misconception(
            returns_a_float,
            "The number is right but it is a float. A count is an integer: `/` and `np.floor` "
            "give floats, `//` on integers gives an integer.",
        ),
        Misconception(
            divides_with_a_slash,
            "You divide with `/`, so a ragged edge becomes part of a window. Use `//`.",
        ),
        Misconception(
            accepts_what_does_not_fit,
            "Where no window fits you return a number below 1. Raise ValueError there.",
        ),
        Misconception(
            answers_zero_for_what_does_not_fit,
            "Where no window fits you return 0, and the mistake would surface much later. Raise "
            "ValueError there.",
        ),
        Misconception(
            refuses_a_ragged_edge,
            "You refuse sizes that the stride does not divide. They are fine: the pixels left "
            "over at the edge are simply not covered.",
        ),
        Misconception(
            refuses_a_kernel_wider_than_the_image,
            "You refuse a kernel wider than the image before you add the padding. Padding can "
            "make room for it.",
        ),
    ),
    hints=(
        "Draw a row of 7 boxes. How many places are there for a window of 3 boxes? Now let the "
        "window jump by 2.",
        "How many pixels does a kernel span that is dilated? Count its taps and the gaps between.",
        "The room left after the first window, divided by the stride and rounded down, counts "
        "the further windows. If the room is negative, not even the first one fits.",
    ),
)

EXERCISES = (OUTPUT_SIZE,)
