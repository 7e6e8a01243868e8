"""avg_pool2d: the mean of each window."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from cnncourse.grading.contract import Case, Exercise, Growth, Misconception
from cnncourse.grading.forbidden import POOLING
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
from cnncourse.reference.pooling import avg_pool2d


# Every wrong answer keeps the signature, so that it can be put to every case.
def adds_up_only(x, kernel_size, stride=None):
    return windows_of(x, kernel_size, stride, 0).sum((4, 5))


def divides_by_the_height(x, kernel_size, stride=None):
    return windows_of(x, kernel_size, stride, 0).mean(4).sum(4)


def divides_by_the_width(x, kernel_size, stride=None):
    return windows_of(x, kernel_size, stride, 0).mean(5).sum(4)


def squares_the_first_side(x, kernel_size, stride=None):
    return adds_up_only(x, kernel_size, stride) / as_pair(kernel_size)[0] ** 2


def rounds_down(x, kernel_size, stride=None):
    windows = windows_of(x, kernel_size, stride, 0)
    return windows.sum((4, 5)) // (windows.shape[4] * windows.shape[5])


def takes_the_maximum(x, kernel_size, stride=None):
    return windows_of(x, kernel_size, stride, 0).amax((4, 5))


def takes_the_middle_of_the_range(x, kernel_size, stride=None):
    windows = windows_of(x, kernel_size, stride, 0)
    return (windows.amax((4, 5)) + windows.amin((4, 5))) / 2


def takes_the_median(x, kernel_size, stride=None):
    return windows_of(x, kernel_size, stride, 0).flatten(4).quantile(0.5, 4)


def averages_magnitudes(x, kernel_size, stride=None):
    return avg_pool2d(x.abs(), kernel_size, stride)


def moves_by_one_unless_told(x, kernel_size, stride=None):
    return avg_pool2d(x, kernel_size, 1 if stride is None else stride)


def moves_by_the_window(x, kernel_size, stride=None):
    return avg_pool2d(x, kernel_size)


def sizes_with_the_stride_but_moves_by_one(x, kernel_size, stride=None):
    rows, columns = avg_pool2d(x, kernel_size, stride).shape[2:]
    return avg_pool2d(x, kernel_size, 1)[:, :, :rows, :columns]


def keeps_windows_that_hang_over(x, kernel_size, stride=None):
    return hanging_windows(x, kernel_size, stride, 0, fill=math.nan).nanmean((4, 5))


def uses_the_first_side_for_both(x, kernel_size, stride=None):
    return avg_pool2d(x, as_pair(kernel_size)[0], step_of(kernel_size, stride))


def swaps_the_sides(x, kernel_size, stride=None):
    return avg_pool2d(x, as_pair(kernel_size)[::-1], step_of(kernel_size, stride))


def swaps_the_strides(x, kernel_size, stride=None):
    return avg_pool2d(x, kernel_size, step_of(kernel_size, stride)[::-1])


def averages_the_channels(x, kernel_size, stride=None):
    return avg_pool2d(x, kernel_size, stride).mean(1, keepdim=True)


def mixes_the_channels(x, kernel_size, stride=None):
    out = avg_pool2d(x, kernel_size, stride)
    return out.mean(1, keepdim=True).expand_as(out)


def cuts_off_the_gradient(x, kernel_size, stride=None):
    return avg_pool2d(x, kernel_size, stride).detach()


def drops_axes_of_size_one(x, kernel_size, stride=None):
    return avg_pool2d(x, kernel_size, stride).squeeze()


def makes_room_in_float32(x, kernel_size, stride=None):
    out = avg_pool2d(x, kernel_size, stride)
    return torch.zeros(out.shape, device=x.device) + out.float()


AVG_POOL2D = Exercise(
    reference=avg_pool2d,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=F.avg_pool2d,
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
        Case("there is one image, one channel, one row of windows", one_of_everything),
        Case(
            "the numbers are single precision",
            maps(torch.float32, grad=True, stride=2),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("the window is taller than the image", window_too_tall),),
    misconceptions=(
        Misconception(
            adds_up_only, "You add each window up. A mean divides by the number of pixels in it."
        ),
        Misconception(
            divides_by_the_height,
            "You divide by the height of the window alone. How many pixels does it have?",
        ),
        Misconception(
            divides_by_the_width,
            "You divide by the width of the window alone. How many pixels does it have?",
        ),
        Misconception(
            squares_the_first_side,
            "You divide by the square of the window's height. Your window need not be square.",
        ),
        Misconception(
            rounds_down,
            "Your means are rounded down: `//` divides to whole numbers. Use `/`.",
        ),
        Misconception(
            takes_the_maximum, "You take the maximum of each window. The mean is asked for."
        ),
        Misconception(
            takes_the_middle_of_the_range,
            "You take the middle between the smallest and the largest number. A mean weighs all "
            "numbers of the window.",
        ),
        Misconception(
            takes_the_median,
            "You take the median of each window. A mean moves with every number, not only with "
            "those in the middle.",
        ),
        Misconception(
            averages_magnitudes,
            "You average absolute values. A mean lets positive and negative numbers cancel.",
        ),
        Misconception(
            moves_by_one_unless_told,
            "Without a stride your window moves by one pixel, as in convolution. In pooling, the "
            "stride is as large as the window unless it is given.",
        ),
        Misconception(
            moves_by_the_window,
            "You ignore the stride: your window always moves by its own size.",
        ),
        Misconception(
            sizes_with_the_stride_but_moves_by_one,
            "Your output has the right size, but the window moves by one pixel: the window at row "
            "i starts at pixel i * stride.",
        ),
        Misconception(
            keeps_windows_that_hang_over,
            "You keep windows that hang over the edge. What does not fit is left out: round down.",
        ),
        Misconception(
            uses_the_first_side_for_both,
            "Your window is square. A pair means (height, width): use both.",
        ),
        Misconception(
            swaps_the_sides,
            "You swap the window's height and width. A pair means (height, width).",
        ),
        Misconception(
            swaps_the_strides, "You swap the two strides. A pair means (vertical, horizontal)."
        ),
        Misconception(
            averages_the_channels,
            "You average over the channels as well, and one is left. Each channel is pooled by "
            "itself.",
        ),
        Misconception(
            mixes_the_channels,
            "All your channels are alike: the mean runs over the channels too. Each is pooled by "
            "itself.",
        ),
        Misconception(
            cuts_off_the_gradient,
            "No gradient flows back to x: `.detach()`, `.item()`, `.data`, NumPy and "
            "`torch.no_grad()` all cut it off.",
        ),
        Misconception(
            drops_axes_of_size_one,
            "You drop axes of size 1 (`squeeze`). One image, one channel or one row is still an "
            "axis.",
        ),
        Misconception(
            makes_room_in_float32,
            "Your output is always float32, because `torch.zeros` is. Make room with "
            "`x.new_zeros(...)`, or pass `dtype=x.dtype`.",
        ),
    ),
    hints=(
        "It is max_pool2d with another last step, and without padding.",
        "Add the pixels at each place (i, j) of the window up, over all windows at once. Then "
        "divide. By what?",
        "Without a loop: x.unfold(2, kh, sh).unfold(3, kw, sw) has the pixels of each window in "
        "its last two axes, and `mean` takes several axes.",
    ),
)

EXERCISES = (AVG_POOL2D,)
