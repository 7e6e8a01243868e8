"""output_size: how many windows fit."""

from __future__ import annotations

import math

import torch

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
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


def sizes(**arguments: int) -> Make:
    return lambda generator: dict(arguments)


def drawn(generator: torch.Generator) -> Arguments:
    """Random sizes with room for at least one window."""
    names = ("n", "kernel_size", "stride", "padding", "dilation")
    low, high = torch.tensor([[60, 2, 2, 1, 2], [99, 8, 6, 5, 5]])
    fractions = torch.rand(5, generator=generator)
    return dict(zip(names, (low + fractions * (high - low)).long().tolist(), strict=True))


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
    oracle=count_the_windows,
    cases=(
        Case("there is only a kernel", sizes(n=9, kernel_size=4)),
        Case("the stride is not 1", sizes(n=227, kernel_size=11, stride=4)),
        Case(
            "the stride does not divide the room, so that a ragged edge is left over",
            sizes(n=27, kernel_size=2, stride=3),
        ),
        Case("there is padding", sizes(n=13, kernel_size=5, padding=1)),
        Case("the kernel is dilated", sizes(n=19, kernel_size=3, dilation=4)),
        Case(
            "padding makes room for a kernel wider than the image",
            sizes(n=3, kernel_size=4, padding=1),
        ),
        Case("no window fits", sizes(n=4, kernel_size=7)),
        Case(
            "no window fits, and the stride hides it",
            sizes(n=5, kernel_size=3, stride=4, dilation=3),
            keeps="rounding towards zero instead of down turns this impossible size into 1",
        ),
        Case(
            "stride, padding and dilation come together",
            drawn,
            keeps="sizes drawn afresh, so that a table of the known ones does not pass",
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
