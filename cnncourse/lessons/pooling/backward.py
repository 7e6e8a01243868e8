"""max_pool2d_backward: only the winners are to blame."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.forbidden import AUTOGRAD
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.pooling.windows import step_of
from cnncourse.reference.convolution import as_pair, output_size, scatter_windows, windows2d
from cnncourse.reference.pooling import max_pool2d_backward


def oracle(grad_out, x, kernel_size, stride=None):
    """By a loop over windows, on the processor: the first maximum in reading order."""
    (kh, kw), (sh, sw) = as_pair(kernel_size), step_of(kernel_size, stride)
    values, grad = x.detach().cpu(), torch.zeros_like(x, device="cpu")
    for n, c, row, column in torch.cartesian_prod(*map(torch.arange, grad_out.shape)).tolist():
        top, left = row * sh, column * sw
        window = values[n, c, top : top + kh, left : left + kw]
        i, j = (window == window.max()).nonzero()[0].tolist()
        grad[n, c, top + i, left + j] += grad_out[n, c, row, column].cpu()
    return grad.to(x.device)


def with_upstream(x: torch.Tensor, generator: Generator, **options: object) -> Arguments:
    """A random upstream gradient of the size that belongs to the input."""
    kernel_size = options.pop("kernel_size", (3, 2))
    sides, steps = as_pair(kernel_size), step_of(kernel_size, options.get("stride"))
    sizes = [output_size(*axis) for axis in zip(x.shape[2:], sides, steps, strict=True)]
    grad_out = normal(generator, *x.shape[:2], *sizes, dtype=x.dtype)
    return {"grad_out": grad_out, "x": x, "kernel_size": kernel_size, **options}


def maps(dtype: torch.dtype = torch.float64, **options: object) -> Make:
    def make(generator: Generator) -> Arguments:
        x = normal(generator, 2, 3, 10, 13, dtype=dtype)
        return with_upstream(x, generator, **options)

    return make


def with_equal_numbers(**options: object) -> Make:
    """Small whole numbers and many zeros, as behind a ReLU in coarse steps."""

    def make(generator: Generator) -> Arguments:
        x = (1.5 * normal(generator, 2, 3, 10, 13)).round().relu()
        return with_upstream(x, generator, **options)

    return make


def one_of_everything(generator: Generator) -> Arguments:
    return with_upstream(normal(generator, 1, 1, 3, 7), generator)


def grad_out_too_large(generator: Generator) -> Arguments:
    return {**maps()(generator), "grad_out": normal(generator, 2, 3, 8, 12)}


def explain_shape(grad_out, x, kernel_size, stride=None):
    return f"The gradient belongs to x, so it is shaped as x: {tuple(x.shape)}."


def handed_out(shares, grad_out, x, kernel_size, stride):
    """Each window's gradient by its shares (N, C, H_out, W_out, kh, kw), added up on x."""
    gradients = (shares * grad_out[..., None, None]).to(x.dtype)
    return scatter_windows(gradients, x, step_of(kernel_size, stride))


def windows_of(x, kernel_size, stride):
    return windows2d(x, kernel_size, step_of(kernel_size, stride))


def winners(x, kernel_size, stride):
    windows = windows_of(x, kernel_size, stride)
    return (windows == windows.amax((4, 5), keepdim=True)).double()


# Every wrong answer keeps the signature, so that it can be put to every case.
def gives_all_winners_everything(grad_out, x, kernel_size, stride=None):
    return handed_out(winners(x, kernel_size, stride), grad_out, x, kernel_size, stride)


def shares_among_the_winners(grad_out, x, kernel_size, stride=None):
    shares = winners(x, kernel_size, stride)
    shares = shares / shares.sum((4, 5), keepdim=True)
    return handed_out(shares, grad_out, x, kernel_size, stride)


def takes_the_last_winner(grad_out, x, kernel_size, stride=None):
    windows = windows_of(x, kernel_size, stride)
    backwards = windows.flatten(4).flip(4).argmax(4)
    shares = F.one_hot(backwards, windows[0, 0, 0, 0].numel()).flip(4)
    shares = shares.unflatten(4, as_pair(kernel_size))
    return handed_out(shares, grad_out, x, kernel_size, stride)


def reads_columns_first(grad_out, x, kernel_size, stride=None):
    turned = [tensor.transpose(2, 3) for tensor in (grad_out, x)]
    sides = as_pair(kernel_size)[::-1]
    step = step_of(kernel_size, stride)[::-1]
    return max_pool2d_backward(*turned, sides, step).transpose(2, 3)


def overwrites_instead_of_adding(grad_out, x, kernel_size, stride=None):
    places = torch.arange(x[0, 0].numel(), device=x.device).view(1, 1, *x.shape[2:])
    windows = windows_of(x, kernel_size, stride).flatten(4)
    places = windows_of(places, kernel_size, stride).flatten(4).expand_as(windows)
    places = places.gather(4, windows.argmax(4, keepdim=True)).flatten(2)
    out = torch.zeros_like(x).flatten(2)
    # One window after the other, so that the last one stays on every device.
    for window, gradient in zip(places.unbind(2), grad_out.flatten(2).unbind(2), strict=True):
        out.scatter_(2, window[..., None], gradient[..., None])
    return out.view_as(x)


def spreads_evenly(grad_out, x, kernel_size, stride=None):
    kh, kw = as_pair(kernel_size)
    shares = torch.full((kh, kw), 1 / (kh * kw), dtype=x.dtype, device=x.device)
    return handed_out(shares, grad_out, x, kernel_size, stride)


def hands_it_to_every_pixel(grad_out, x, kernel_size, stride=None):
    kh, kw = as_pair(kernel_size)
    ones = torch.ones(kh, kw, dtype=x.dtype, device=x.device)
    return handed_out(ones, grad_out, x, kernel_size, stride)


def hands_it_to_the_smallest(grad_out, x, kernel_size, stride=None):
    return max_pool2d_backward(grad_out, -x, kernel_size, stride)


def hands_it_to_the_upper_left(grad_out, x, kernel_size, stride=None):
    return max_pool2d_backward(grad_out, torch.zeros_like(x), kernel_size, stride)


def multiplies_with_the_maximum(grad_out, x, kernel_size, stride=None):
    largest = windows_of(x, kernel_size, stride).amax((4, 5))
    return max_pool2d_backward(grad_out * largest, x, kernel_size, stride)


def takes_ones_from_above(grad_out, x, kernel_size, stride=None):
    return max_pool2d_backward(torch.ones_like(grad_out), x, kernel_size, stride)


def forgets_where_the_window_is(grad_out, x, kernel_size, stride=None):
    windows = windows_of(x, kernel_size, stride)
    places = windows.flatten(4).argmax(4).flatten(2)
    out = torch.zeros_like(x).flatten(2)
    return out.scatter_add_(2, places, grad_out.flatten(2)).view_as(x)


def moves_by_the_window(grad_out, x, kernel_size, stride=None):
    """Takes the windows to lie side by side, as many as there are gradients and fit."""
    windows = windows_of(x, kernel_size, None)
    rows, columns = windows.shape[2:4]
    upstream = torch.zeros(windows.shape[:4], dtype=x.dtype, device=x.device)
    part = grad_out[:, :, :rows, :columns]
    upstream[:, :, : part.shape[2], : part.shape[3]] = part
    return max_pool2d_backward(upstream, x, kernel_size)


def picks_one_winner_for_all_channels(grad_out, x, kernel_size, stride=None):
    same = x.amax(1, keepdim=True).expand_as(x)
    return max_pool2d_backward(grad_out, same, kernel_size, stride)


def keeps_the_size_of_the_output(grad_out, x, kernel_size, stride=None):
    return grad_out * (windows_of(x, kernel_size, stride).amax((4, 5)) > 0)


def drops_axes_of_size_one(grad_out, x, kernel_size, stride=None):
    return max_pool2d_backward(grad_out, x, kernel_size, stride).squeeze()


def makes_room_in_float32(grad_out, x, kernel_size, stride=None):
    return max_pool2d_backward(grad_out, x, kernel_size, stride).float()


def writes_into_x(grad_out, x, kernel_size, stride=None):
    grad_x = max_pool2d_backward(grad_out, x, kernel_size, stride)
    x.copy_(grad_x)
    return grad_x


MAX_POOL2D_BACKWARD = Exercise(
    reference=max_pool2d_backward,
    points=3,
    minutes=35,
    difficulty="challenge",
    oracle=oracle,
    forbids=(AUTOGRAD,),
    explain_shape=explain_shape,
    cases=(
        Case("windows lie side by side", maps(), keeps="the case easiest to read"),
        Case("the window is one number", maps(kernel_size=3), keeps="sizes that are no pairs"),
        Case(
            "windows overlap",
            maps(stride=(2, 1)),
            keeps="a pixel that wins several windows, without equal ones",
        ),
        Case("windows leave gaps", maps(stride=(4, 3)), keeps="a stride above the window"),
        Case(
            "several numbers of a window are equal and largest",
            with_equal_numbers(),
            keeps="equal winners, by themselves",
        ),
        Case(
            "several numbers are equal and largest, and windows overlap",
            with_equal_numbers(stride=(1, 2)),
            keeps="what works for each alone may not for both",
        ),
        Case("there is one image, one channel, one row of windows", one_of_everything),
        Case(
            "the numbers are single precision",
            maps(torch.float32, stride=2),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("grad_out is larger than the output", grad_out_too_large),),
    misconceptions=(
        Misconception(
            gives_all_winners_everything,
            "Where several numbers of a window are equal and largest, you hand the gradient to "
            "each of them. It would be counted several times: only the first one gets it.",
        ),
        Misconception(
            shares_among_the_winners,
            "Where several numbers of a window are equal and largest, you share the gradient out "
            "among them. Here the first one gets all of it, as in PyTorch's max pooling.",
        ),
        Misconception(
            takes_the_last_winner,
            "Where several numbers of a window are equal and largest, you take the last one. Take "
            "the first, row by row: does your comparison say `>=`?",
        ),
        Misconception(
            reads_columns_first,
            "Where several numbers of a window are equal and largest, you take the first one in a "
            "column. Read row by row, from left to right.",
        ),
        Misconception(
            overwrites_instead_of_adding,
            "A pixel can win in several windows that overlap, and your later window overwrites "
            "the earlier one. Add (+=).",
        ),
        Misconception(
            spreads_evenly,
            "You spread the gradient evenly over the window. That is the way back of the average. "
            "Of a maximum, only the largest number could change anything.",
        ),
        Misconception(
            hands_it_to_every_pixel,
            "You hand the gradient to every pixel of the window. A pixel that did not win changes "
            "nothing when it grows a little, so its gradient is 0.",
        ),
        Misconception(
            hands_it_to_the_smallest,
            "You hand the gradient to the smallest number of each window.",
        ),
        Misconception(
            hands_it_to_the_upper_left,
            "You hand the gradient to the upper left pixel of each window, whoever won. Look into "
            "x for the largest.",
        ),
        Misconception(
            multiplies_with_the_maximum,
            "You multiply the gradient with the maximum. The output *is* the winner, so when the "
            "winner grows by a little, the output grows by just that: factor 1.",
        ),
        Misconception(
            takes_ones_from_above,
            "You act as if the gradient from above were all ones. Use grad_out.",
        ),
        Misconception(
            forgets_where_the_window_is,
            "You find the winner inside its window, and then use that number as a place in the "
            "whole image. The window at row r starts at pixel r * stride: add that.",
        ),
        Misconception(
            moves_by_the_window,
            "You ignore the stride: your windows always lie side by side.",
        ),
        Misconception(
            picks_one_winner_for_all_channels,
            "You look for one winner over all channels. Each channel has its own.",
        ),
        Misconception(
            keeps_the_size_of_the_output,
            "Your gradient is as large as the output. There is one number for each pixel of x, and "
            "most of them are 0.",
        ),
        Misconception(
            drops_axes_of_size_one,
            "You drop axes of size 1 (`squeeze`). A gradient has the shape of what it belongs to.",
        ),
        Misconception(
            makes_room_in_float32,
            "Your gradient is always float32. Make room with `torch.zeros_like(x)`.",
        ),
        Misconception(
            writes_into_x,
            "You write into x. Whoever calls you still needs it: make a new tensor.",
        ),
    ),
    hints=(
        "Take one window. Which of its pixels can change the output at all? What happens to the "
        "output when that pixel grows by a little?",
        "Start with zeros, shaped as x. For each window, find the first largest pixel, and add the "
        "window's number of grad_out at its place in x. Loops are fine.",
        "The window at (r, c) is x[n, ch, r * sh : r * sh + kh, c * sw : c * sw + kw]. Its "
        "`argmax()` counts row by row and gives the first of several that are equal; `divmod` by "
        "kw turns the count into a row and a column inside the window.",
    ),
)

EXERCISES = (MAX_POOL2D_BACKWARD,)
