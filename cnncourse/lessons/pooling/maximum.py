"""max_pool2d: the largest number of each window, whatever its sign."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Growth, Misconception
from cnncourse.grading.forbidden import POOLING
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.pooling.windows import (
    explain_shape,
    hanging_windows,
    maps,
    of_size,
    one_of_everything,
    step_of,
    window_too_tall,
    windows_of,
)
from cnncourse.reference.convolution import as_pair
from cnncourse.reference.pooling import max_pool2d


def all_negative(generator: Generator) -> Arguments:
    return {"x": -0.5 - normal(generator, 2, 3, 7, 9).abs(), "kernel_size": (2, 3)}


def all_negative_and_padded(generator: Generator) -> Arguments:
    """The padding is half of the window: a mirror would show pixels that it does not see."""
    return {**all_negative(generator), "kernel_size": (4, 5), "stride": (2, 3), "padding": (2, 1)}


def more_padding_than_half(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 3, 7, 6), "kernel_size": (3, 2), "padding": 2}


# Every wrong answer keeps the signature, so that it can be put to every case.
def lets_zeros_win(x, kernel_size, stride=None, padding=0):
    return windows_of(x, kernel_size, stride, padding, fill=0.0).amax((4, 5))


def starts_from_zero(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, stride, padding).clamp(min=0)


def takes_the_largest_magnitude(x, kernel_size, stride=None, padding=0):
    windows = windows_of(x, kernel_size, stride, padding, fill=0.0).flatten(4)
    return windows.gather(4, windows.abs().argmax(4, keepdim=True)).squeeze(4)


def takes_the_mean(x, kernel_size, stride=None, padding=0):
    return windows_of(x, kernel_size, stride, padding, fill=0.0).mean((4, 5))


def takes_the_smallest(x, kernel_size, stride=None, padding=0):
    return windows_of(x, kernel_size, stride, padding, fill=math.inf).amin((4, 5))


def takes_the_upper_left(x, kernel_size, stride=None, padding=0):
    return windows_of(x, kernel_size, stride, padding, fill=0.0)[..., 0, 0]


def takes_the_lower_right(x, kernel_size, stride=None, padding=0):
    return windows_of(x, kernel_size, stride, padding, fill=0.0)[..., -1, -1]


def moves_by_one_unless_told(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, 1 if stride is None else stride, padding)


def moves_by_the_window(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, None, padding)


def sizes_with_the_stride_but_moves_by_one(x, kernel_size, stride=None, padding=0):
    rows, columns = max_pool2d(x, kernel_size, stride, padding).shape[2:]
    return max_pool2d(x, kernel_size, 1, padding)[:, :, :rows, :columns]


def keeps_windows_that_hang_over(x, kernel_size, stride=None, padding=0):
    return hanging_windows(x, kernel_size, stride, padding, fill=-math.inf).amax((4, 5))


def ignores_the_padding(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, stride)


def pads_above_and_left_only(x, kernel_size, stride=None, padding=0):
    ph, pw = as_pair(padding)
    return max_pool2d(F.pad(x, (pw, 0, ph, 0), value=-math.inf), kernel_size, stride)


def swaps_the_paddings(x, kernel_size, stride=None, padding=0):
    ph, pw = as_pair(padding)
    return max_pool2d(F.pad(x, (ph, ph, pw, pw), value=-math.inf), kernel_size, stride)


def mirrors_the_border(x, kernel_size, stride=None, padding=0):
    ph, pw = as_pair(padding)
    return max_pool2d(F.pad(x, (pw, pw, ph, ph), mode="reflect"), kernel_size, stride)


def uses_the_first_side_for_both(x, kernel_size, stride=None, padding=0):
    side = as_pair(kernel_size)[0]
    return max_pool2d(x, side, step_of(kernel_size, stride), padding)


def swaps_the_sides(x, kernel_size, stride=None, padding=0):
    step = step_of(kernel_size, stride)
    return max_pool2d(x, as_pair(kernel_size)[::-1], step, as_pair(padding))


def swaps_the_strides(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, step_of(kernel_size, stride)[::-1], padding)


def pools_over_channels_too(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, stride, padding).amax(1, keepdim=True)


def mixes_the_channels(x, kernel_size, stride=None, padding=0):
    out = max_pool2d(x, kernel_size, stride, padding)
    return out.amax(1, keepdim=True).expand_as(out)


def cuts_off_the_gradient(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, stride, padding).detach()


def drops_axes_of_size_one(x, kernel_size, stride=None, padding=0):
    return max_pool2d(x, kernel_size, stride, padding).squeeze()


def makes_room_in_float32(x, kernel_size, stride=None, padding=0):
    out = max_pool2d(x, kernel_size, stride, padding)
    return torch.zeros(out.shape, device=x.device) + out.float()


MISCONCEPTIONS = (
    Misconception(
        lets_zeros_win,
        "You pad with zeros, and where all numbers of a window are negative, a zero wins. What "
        "number can never win?",
    ),
    Misconception(
        starts_from_zero,
        "None of your numbers is below zero: your running maximum starts at 0. Where all numbers "
        "of a window are negative, the largest of them is negative too.",
    ),
    Misconception(
        takes_the_largest_magnitude,
        "You take the number that is farthest from zero. The largest of -5 and 2 is 2.",
    ),
    Misconception(takes_the_mean, "You take the mean of each window. The maximum is asked for."),
    Misconception(takes_the_smallest, "You take the smallest number of each window."),
    Misconception(
        takes_the_upper_left,
        "You take the upper left number of each window. That is a stride, and no maximum: compare "
        "it with the others.",
    ),
    Misconception(
        takes_the_lower_right,
        "You take the last number of each window: each one that you look at replaces the one "
        "before, whether it is larger or not.",
    ),
    Misconception(
        moves_by_one_unless_told,
        "Without a stride your window moves by one pixel. In pooling, the stride is as large as "
        "the window unless it is given.",
    ),
    Misconception(
        moves_by_the_window,
        "You ignore the stride: your window always moves by its own size. Windows may overlap, or "
        "leave gaps.",
    ),
    Misconception(
        sizes_with_the_stride_but_moves_by_one,
        "Your output has the right size, but the window moves by one pixel: the window at row i "
        "starts at pixel i * stride.",
    ),
    Misconception(
        keeps_windows_that_hang_over,
        "You keep windows that hang over the edge. What does not fit is left out: round down.",
    ),
    Misconception(ignores_the_padding, "You ignore the padding."),
    Misconception(
        pads_above_and_left_only, "You pad above and on the left only. All four sides are padded."
    ),
    Misconception(
        swaps_the_paddings,
        "You swap the two paddings. `F.pad` counts from the last axis backwards: "
        "(left, right, top, bottom), while padding is (vertical, horizontal).",
    ),
    Misconception(
        mirrors_the_border,
        "You pad by mirroring the image at its border. So a window sees numbers that lie outside "
        "of it, and one of them can win.",
    ),
    Misconception(
        uses_the_first_side_for_both,
        "Your window is square. A pair means (height, width): use both.",
    ),
    Misconception(
        swaps_the_sides, "You swap the window's height and width. A pair means (height, width)."
    ),
    Misconception(
        swaps_the_strides, "You swap the two strides. A pair means (vertical, horizontal)."
    ),
    Misconception(
        pools_over_channels_too,
        "You take the maximum over the channels as well, and one is left. Each channel is pooled "
        "by itself.",
    ),
    Misconception(
        mixes_the_channels,
        "All your channels are alike: the maximum runs over the channels too. Each is pooled by "
        "itself.",
    ),
    Misconception(
        cuts_off_the_gradient,
        "No gradient flows back to x: `.detach()`, `.item()`, `.data`, NumPy and `torch.no_grad()` "
        "all cut it off.",
    ),
    Misconception(
        drops_axes_of_size_one,
        "You drop axes of size 1 (`squeeze`). One image, one channel or one row is still an axis.",
    ),
    Misconception(
        makes_room_in_float32,
        "Your output is always float32, because `torch.zeros` is. Make room with "
        "`x.new_zeros(...)`, or pass `dtype=x.dtype`.",
    ),
)

MAX_POOL2D = Exercise(
    reference=max_pool2d,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=F.max_pool2d,
    forbids=(POOLING,),
    vectorised=Growth(
        make=of_size,
        small={"batch": 2, "channels": 2, "height": 5, "width": 6},
        large={"batch": 9, "channels": 10, "height": 14, "width": 15},
    ),
    explain_shape=explain_shape,
    cases=(
        Case(
            "there is nothing but a window, and gradients flow back",
            maps(grad=True),
            keeps="the case easiest to read",
        ),
        Case(
            "the window is one number",
            maps(kernel_size=3),
            keeps="sizes that are no pairs, and a row left over",
        ),
        Case("windows overlap", maps(stride=1), keeps="a stride below the window, by itself"),
        Case(
            "the strides are a pair and leave gaps",
            maps(stride=(2, 4)),
            keeps="pixels that no window sees",
        ),
        Case("all numbers are negative", all_negative, keeps="a maximum that starts at 0"),
        Case(
            "all numbers are negative, and there is padding",
            all_negative_and_padded,
            keeps="a padding that wins at every border",
        ),
        Case(
            "only one axis is padded, and gradients flow back",
            maps(grad=True, kernel_size=(2, 3), padding=(0, 1), stride=2),
            keeps="a padding of 0 beside one that is not",
        ),
        Case("there is one image, one channel, one row of windows", one_of_everything),
        Case(
            "the numbers are single precision",
            maps(torch.float32, grad=True, kernel_size=(2, 3), padding=1),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(
        Case("the window is taller than the image", window_too_tall),
        Case("the padding is more than half of the window", more_padding_than_half),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Which number must the padding be made of, so that no other number is smaller? `F.pad` "
        "takes it as `value=`.",
        "Think of one place (i, j) inside the window. A slice with a step picks the pixel at that "
        "place from all windows at once: rows i, i + stride, i + 2 * stride and so on. Keep the "
        "larger of that and what you have so far: `torch.maximum`.",
        "Without a loop: x.unfold(2, kh, sh).unfold(3, kw, sw) cuts out all windows, with their "
        "pixels in the last two axes. `amax` takes the maximum over several axes.",
    ),
)

EXERCISES = (MAX_POOL2D,)
