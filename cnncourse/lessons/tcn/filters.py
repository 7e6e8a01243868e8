"""causal_conv1d: a convolution in time that never looks ahead."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Growth, Make, Misconception
from cnncourse.grading.forbidden import CONVOLUTION
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.reference.tcn import causal_conv1d


def padded_by_the_library(x, weight, bias=None, dilation=1):
    """The oracle: the library's layer, with zeros in front of the first step."""
    past = dilation * (weight.shape[2] - 1)
    return F.conv1d(F.pad(x, (past, 0)), weight, bias, dilation=dilation)


def layer(
    dtype: torch.dtype = torch.float64,
    grad: bool = False,
    bias: bool = False,
    kernel_size: int = 4,
    length: int = 13,
    **options: object,
) -> Make:
    """Batch, channels, filters, kernel and time: five sizes, all different."""

    def make(generator: Generator) -> Arguments:
        arguments = {
            "x": normal(generator, 2, 3, length, dtype=dtype, grad=grad),
            "weight": normal(generator, 5, 3, kernel_size, dtype=dtype, grad=grad),
        }
        if bias:
            arguments["bias"] = normal(generator, 5, dtype=dtype, grad=grad)
        return {**arguments, **options}

    return make


def dilated(generator: Generator) -> Arguments:
    return layer(kernel_size=3, dilation=whole(generator, 2, 4))(generator)


def ones(generator: Generator) -> Arguments:
    """Every axis that can be 1 is 1."""
    return {
        "x": normal(generator, 1, 1, 6),
        "weight": normal(generator, 1, 1, 2),
        "bias": normal(generator, 1),
    }


def channels_that_differ(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 3, 8), "weight": normal(generator, 4, 2, 3)}


def of_size(generator: Generator, batch: int, channels: int, filters: int, time: int) -> Arguments:
    return {
        "x": normal(generator, batch, channels, time),
        "weight": normal(generator, filters, channels, 3),
        "bias": normal(generator, filters),
        "dilation": 2,
    }


def explain_shape(x, weight, bias=None, dilation=1):
    return (
        f"{len(x)} signals, {len(weight)} filters, and as many steps as went in, {x.shape[2]}: "
        f"a window spans {dilation} · ({weight.shape[2]} − 1) + 1 of them."
    )


def padded(before, after, x, weight, bias, dilation=1, **how):
    """A plain convolution on a signal with something at both ends."""
    past = dilation * (weight.shape[2] - 1)
    out = causal_conv1d(F.pad(x, (before, after), **how), weight, bias, dilation)
    return out[..., past:]


def looks_both_ways(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    return padded(past // 2, past - past // 2, x, weight, bias, dilation)


def looks_ahead_only(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    return padded(0, past, x, weight, bias, dilation)


def peeks_at_the_next_step(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    return padded(max(past - 1, 0), min(past, 1), x, weight, bias, dilation)


def stops_before_the_present(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    return padded(past + 1, 0, x, weight, bias, dilation)[..., : x.shape[2]]


def pads_by_the_kernel_alone(x, weight, bias=None, dilation=1):
    return padded(weight.shape[2] - 1, 0, x, weight, bias, dilation)


def does_not_pad(x, weight, bias=None, dilation=1):
    return padded(0, 0, x, weight, bias, dilation)


def keeps_the_tail_of_both_paddings(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    return padded(past, past, x, weight, bias, dilation)


def crops_with_minus_nothing(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    return padded(past, past, x, weight, bias, dilation)[..., :-past]


def ignores_the_dilation(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight, bias)


def skips_outputs(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight, bias)[..., ::dilation]


def turns_time_around(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight.flip(2), bias, dilation)


def goes_around(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    if past > x.shape[2]:
        return causal_conv1d(x, weight, bias, dilation)
    around = torch.cat((x[..., x.shape[2] - past :], x), 2)
    return causal_conv1d(around, weight, bias, dilation)[..., past:]


def repeats_the_first_step(x, weight, bias=None, dilation=1):
    past = dilation * (weight.shape[2] - 1)
    before = x[..., :1].expand(-1, -1, past)
    return causal_conv1d(torch.cat((before, x), 2), weight, bias, dilation)[..., past:]


def ignores_the_bias(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight, None, dilation)


def averages_the_channels(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight / x.shape[1], bias, dilation)


def adds_the_bias_for_every_channel(x, weight, bias=None, dilation=1):
    bias = None if bias is None else bias * x.shape[1]
    return causal_conv1d(x, weight, bias, dilation)


def keeps_one_channel(x, weight, bias=None, dilation=1):
    return causal_conv1d(x[:, :1], weight[:, :1], bias, dilation)


def uses_one_filter_for_all(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight[:1].expand_as(weight), bias, dilation)


def puts_filters_last(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight, bias, dilation).transpose(1, 2)


def drops_axes_of_size_one(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight, bias, dilation).squeeze()


def cuts_off_the_gradient(x, weight, bias=None, dilation=1):
    return causal_conv1d(x, weight, bias, dilation).detach()


def makes_room_in_float32(x, weight, bias=None, dilation=1):
    out = causal_conv1d(x, weight, bias, dilation)
    return torch.zeros(out.shape, device=x.device) + out.float()


MISCONCEPTIONS = (
    Misconception(
        looks_both_ways,
        "You pad both ends alike, as for an image. Then the window stands *around* the present, "
        "and half of it lies in the future. Where do all the zeros belong?",
    ),
    Misconception(
        looks_ahead_only,
        "All your zeros come after the end, so every window begins at the present and reads the "
        "future. Turn it around: a window *ends* at the present.",
    ),
    Misconception(
        peeks_at_the_next_step,
        "Your window ends one step too late: the output at t sees x at t + 1. The last tap of the "
        "kernel belongs to the present. Count the zeros in front once more.",
    ),
    Misconception(
        stops_before_the_present,
        "Your window ends one step too early: the output at t does not see x at t itself. Causal "
        "means nothing *later* than t; the present is allowed.",
    ),
    Misconception(
        pads_by_the_kernel_alone,
        "You pad with kernel_size - 1 zeros whatever the dilation is. The taps lie `dilation` "
        "apart, so the window reaches further back than that.",
    ),
    Misconception(
        does_not_pad,
        "You do not pad, so the first steps have no output. As many steps come out as went in: "
        "what lies before the first step counts as zero.",
    ),
    Misconception(
        keeps_the_tail_of_both_paddings,
        "Your output is longer than the input. You pad both ends, and what stands over the zeros "
        "behind the end stays in. That is no time that there was.",
    ),
    Misconception(
        crops_with_minus_nothing,
        "You cut off the end with `[..., :-past]`. That works until there is nothing to cut off: "
        "with a kernel of size 1, `:-0` is `:0`, and nothing is left. Cut at the length instead.",
    ),
    Misconception(
        ignores_the_dilation,
        "You ignore the dilation: the kernel's taps lie `dilation` steps apart.",
    ),
    Misconception(
        skips_outputs,
        "You let the output jump by the dilation. That is a stride. A dilation spreads the taps "
        "inside of one window, and there is an output at every step.",
    ),
    Misconception(
        turns_time_around,
        "Your kernel is turned around in time. Its last tap belongs to the present and its first "
        "to the oldest step, as in the library.",
    ),
    Misconception(
        goes_around,
        "The first outputs see the end of the signal (`torch.roll`, or a padding that goes "
        "around). For them that is the future. What lies before the first step is zero.",
    ),
    Misconception(
        repeats_the_first_step,
        "You repeat the first step backwards in time. What lies before it counts as zero.",
    ),
    Misconception(ignores_the_bias, "You ignore the bias: one number a filter, at every step."),
    Misconception(averages_the_channels, "You average over the channels. They are added up."),
    Misconception(
        adds_the_bias_for_every_channel,
        "You add the bias once for every channel, inside of the sum. Add it once, after the sum.",
    ),
    Misconception(
        keeps_one_channel, "Only the first channel counts. A filter sums over all of them."
    ),
    Misconception(uses_one_filter_for_all, "All your outputs come from the first filter."),
    Misconception(
        puts_filters_last, "Your filters stand in the last axis. The output is (N, F, T)."
    ),
    Misconception(
        drops_axes_of_size_one,
        "You drop axes of size 1 (`squeeze`). With one signal and one filter, the output still has "
        "three axes.",
    ),
    Misconception(
        cuts_off_the_gradient,
        "The values are right, but no gradient flows back: something on the way (`.detach()`, "
        "`.data`, NumPy, `torch.tensor`, `no_grad`) cuts the thread.",
    ),
    Misconception(
        makes_room_in_float32,
        "Your result is float32 whatever the inputs are: that is what `torch.zeros(...)` makes "
        "when nobody tells it. Make room with `x.new_zeros(...)`.",
    ),
)

CAUSAL_CONV1D = Exercise(
    reference=causal_conv1d,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=padded_by_the_library,
    forbids=(CONVOLUTION,),
    vectorised=Growth(
        make=of_size,
        small={"batch": 2, "channels": 2, "filters": 2, "time": 9},
        large={"batch": 9, "channels": 10, "filters": 11, "time": 30},
    ),
    explain_shape=explain_shape,
    cases=(
        Case("there is nothing but a kernel", layer(), keeps="the case easiest to read"),
        Case("the kernel is dilated", dilated, keeps="a dilation by itself"),
        Case("there is a bias", layer(bias=True, kernel_size=2), keeps="the bias by itself"),
        Case("there is one signal, one channel, one filter", ones),
        Case("the kernel has one tap", layer(kernel_size=1, dilation=3)),
        Case(
            "the window is longer than the signal",
            layer(kernel_size=3, length=6, dilation=4),
            keeps="windows that begin long before the first step, and most of whose taps see zeros",
        ),
        Case(
            "bias and dilation come together, and gradients flow back",
            layer(grad=True, bias=True, dilation=2),
            keeps="what works for each alone may not for both",
        ),
        Case(
            "the numbers are single precision",
            layer(torch.float32, grad=True, bias=True),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("x has 3 channels and weight is for 2", channels_that_differ),),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Take a kernel of 3 and the output at t. It may see t, t - 1 and t - 2. So what does the "
        "very first output see, and how many zeros have to stand in front of x?",
        "With a dilation d it sees t, t - d and t - 2d. So `F.pad(x, (past, 0))` with past = "
        "d * (k - 1). Tap j of the kernel then meets the slice that begins at j * d and has T "
        "steps.",
        "That slice has the shape (N, C, T), and weight[:, :, j] has (F, C). Sum over C with one "
        "`einsum`, add up over j, and then the bias as (F, 1).",
    ),
)

EXERCISES = (CAUSAL_CONV1D,)
