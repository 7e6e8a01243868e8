"""conv2d: the whole layer, with channels, filters, stride, padding and dilation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Growth, Make, Misconception
from cnncourse.grading.forbidden import CONVOLUTION
from cnncourse.lessons.inputs import normal
from cnncourse.reference.convolution import as_pair, conv2d, output_size


def layer(
    dtype: torch.dtype = torch.float64, grad: bool = False, bias: bool = False, **options: object
) -> Make:
    """Five axes, five sizes: an axis taken for another cannot pass."""

    def make(generator: Generator) -> Arguments:
        arguments = {
            "x": normal(generator, 2, 3, 8, 11, dtype=dtype, grad=grad),
            "weight": normal(generator, 5, 3, 3, 2, dtype=dtype, grad=grad),
        }
        if bias:
            arguments["bias"] = normal(generator, 5, dtype=dtype, grad=grad)
        return {**arguments, **options}

    return make


def ones(generator: Generator) -> Arguments:
    """Every axis that can be 1 is 1; the output is one row high."""
    return {
        "x": normal(generator, 1, 1, 3, 6),
        "weight": normal(generator, 1, 1, 3, 2),
        "bias": normal(generator, 1),
    }


def channels_that_differ(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 3, 5, 6), "weight": normal(generator, 4, 2, 2, 3)}


def kernel_too_tall(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 3, 3, 6), "weight": normal(generator, 4, 3, 5, 2)}


def of_size(
    generator: Generator, batch: int, channels: int, filters: int, height: int, width: int
) -> Arguments:
    return {
        "x": normal(generator, batch, channels, height, width),
        "weight": normal(generator, filters, channels, 2, 3),
        "bias": normal(generator, filters),
    }


def explain_shape(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """The output size worked out for both axes."""
    rows = zip(
        ("height", "width"),
        x.shape[2:],
        weight.shape[2:],
        *(as_pair(size) for size in (stride, padding, dilation)),
        strict=True,
    )
    sizes = [
        f"{axis} ⌊({n} + 2·{p} − {d}·({k} − 1) − 1) / {s}⌋ + 1 = {output_size(n, k, s, p, d)}"
        for axis, n, k, s, p, d in rows
    ]
    return f"Images {len(x)}, filters {len(weight)}, {', '.join(sizes)}."


# Every wrong answer keeps the signature, so that it can be put to every case.
def flips_the_kernel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight.flip(2, 3), bias, stride, padding, dilation)


def mirrors_the_kernel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight.flip(3), bias, stride, padding, dilation)


def transposes_the_kernel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight.transpose(2, 3), bias, stride, padding, dilation)


def ignores_the_bias(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, None, stride, padding, dilation)


def adds_the_bias_for_every_channel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    bias = None if bias is None else bias * weight.shape[1]
    return conv2d(x, weight, bias, stride, padding, dilation)


def adds_the_same_bias_to_all(x, weight, bias=None, stride=1, padding=0, dilation=1):
    bias = None if bias is None else bias[:1].expand(len(weight))
    return conv2d(x, weight, bias, stride, padding, dilation)


def ignores_the_stride(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, 1, padding, dilation)


def uses_the_first_stride_for_both(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, as_pair(stride)[0], padding, dilation)


def swaps_the_strides(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, as_pair(stride)[::-1], padding, dilation)


def sizes_with_the_stride_but_moves_by_one(x, weight, bias=None, stride=1, padding=0, dilation=1):
    rows, columns = conv2d(x, weight, None, stride, padding, dilation).shape[2:]
    return conv2d(x, weight, bias, 1, padding, dilation)[:, :, :rows, :columns]


def ignores_the_padding(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, 0, dilation)


def padded_by(frame, x, weight, bias, stride, dilation, mode="constant"):
    return conv2d(F.pad(x, frame, mode=mode), weight, bias, stride, 0, dilation)


def swaps_the_paddings(x, weight, bias=None, stride=1, padding=0, dilation=1):
    ph, pw = as_pair(padding)
    return padded_by((ph, ph, pw, pw), x, weight, bias, stride, dilation)


def pads_above_and_left_only(x, weight, bias=None, stride=1, padding=0, dilation=1):
    ph, pw = as_pair(padding)
    return padded_by((pw, 0, ph, 0), x, weight, bias, stride, dilation)


def pads_twice_above_and_left(x, weight, bias=None, stride=1, padding=0, dilation=1):
    ph, pw = as_pair(padding)
    return padded_by((2 * pw, 0, 2 * ph, 0), x, weight, bias, stride, dilation)


def repeats_the_border(x, weight, bias=None, stride=1, padding=0, dilation=1):
    ph, pw = as_pair(padding)
    return padded_by((pw, pw, ph, ph), x, weight, bias, stride, dilation, "replicate")


def mirrors_the_border(x, weight, bias=None, stride=1, padding=0, dilation=1):
    ph, pw = as_pair(padding)
    return padded_by((pw, pw, ph, ph), x, weight, bias, stride, dilation, "reflect")


def ignores_the_dilation(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding)


def swaps_the_dilations(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding, as_pair(dilation)[::-1])


def takes_the_dilation_for_a_stride(x, weight, bias=None, stride=1, padding=0, dilation=1):
    stride = tuple(s * d for s, d in zip(as_pair(stride), as_pair(dilation), strict=True))
    return conv2d(x, weight, bias, stride, padding)


def averages_the_channels(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight / weight.shape[1], bias, stride, padding, dilation)


def keeps_the_last_channel_only(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x[:, -1:], weight[:, -1:], bias, stride, padding, dilation)


def keeps_the_first_channel_only(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x[:, :1], weight[:, :1], bias, stride, padding, dilation)


def adds_the_channels_of_the_kernel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    shared = weight.sum(1, keepdim=True).expand_as(weight)
    return conv2d(x, shared, bias, stride, padding, dilation)


def uses_one_filter_for_all(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight[:1].expand_as(weight), bias, stride, padding, dilation)


def adds_up_the_batch(x, weight, bias=None, stride=1, padding=0, dilation=1):
    out = conv2d(x, weight, bias, stride, padding, dilation)
    return out.sum(0, keepdim=True).expand_as(out)


def drops_the_last_windows(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding, dilation)[:, :, :-1, :-1]


def puts_filters_last(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding, dilation).permute(0, 2, 3, 1)


def adds_a_relu(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding, dilation).relu()


def cuts_off_the_gradient(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding, dilation).detach()


def cuts_off_the_gradient_of_the_bias(x, weight, bias=None, stride=1, padding=0, dilation=1):
    bias = None if bias is None else bias.detach()
    return conv2d(x, weight, bias, stride, padding, dilation)


def drops_axes_of_size_one(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv2d(x, weight, bias, stride, padding, dilation).squeeze()


def makes_room_in_float32(x, weight, bias=None, stride=1, padding=0, dilation=1):
    out = conv2d(x, weight, bias, stride, padding, dilation)
    return torch.zeros(out.shape, device=x.device) + out.float()


def computes_in_single_precision(x, weight, bias=None, stride=1, padding=0, dilation=1):
    bias = None if bias is None else bias.float()
    return conv2d(x.float(), weight.float(), bias, stride, padding, dilation).to(x.dtype)


MISCONCEPTIONS = (
    Misconception(
        flips_the_kernel,
        "You turn the kernel by 180 degrees, as true convolution does. A convolution layer does "
        "not: it cross-correlates, and learning finds the kernel either way.",
    ),
    Misconception(mirrors_the_kernel, "Your kernel lies mirrored left to right."),
    Misconception(transposes_the_kernel, "You swap the kernel's height and width (a transpose)."),
    Misconception(ignores_the_bias, "You ignore the bias: one number a filter, added everywhere."),
    Misconception(
        adds_the_bias_for_every_channel,
        "You add the bias once for every input channel, inside the sum over channels. Add it "
        "once, after the sum.",
    ),
    Misconception(
        adds_the_same_bias_to_all,
        "You add the first filter's bias to all filters. Each filter has its own: give the bias "
        "the shape (F, 1, 1) and let it broadcast.",
    ),
    Misconception(ignores_the_stride, "You ignore the stride: every place counts, not every s-th."),
    Misconception(
        uses_the_first_stride_for_both,
        "You use the first stride for both axes. A pair means (vertical, horizontal).",
    ),
    Misconception(
        swaps_the_strides, "You swap the two strides. A pair means (vertical, horizontal)."
    ),
    Misconception(
        sizes_with_the_stride_but_moves_by_one,
        "Your output has the size that the stride asks for, but the window still moves by one "
        "pixel: the window at row i starts at pixel i * stride.",
    ),
    Misconception(ignores_the_padding, "You ignore the padding."),
    Misconception(
        swaps_the_paddings,
        "You swap the two paddings. `F.pad` counts from the last axis backwards: "
        "(left, right, top, bottom), while padding is (vertical, horizontal).",
    ),
    Misconception(
        pads_above_and_left_only, "You pad above and on the left only. All four sides get zeros."
    ),
    Misconception(
        pads_twice_above_and_left,
        "All your padding sits above and on the left. Half of it belongs below and on the right.",
    ),
    Misconception(
        repeats_the_border, "You pad by repeating the border pixels. Padding means zeros here."
    ),
    Misconception(
        mirrors_the_border, "You pad by mirroring the image at its border. Padding means zeros."
    ),
    Misconception(
        ignores_the_dilation,
        "You ignore the dilation: the kernel's taps lie `dilation` pixels apart.",
    ),
    Misconception(
        swaps_the_dilations, "You swap the two dilations. A pair means (vertical, horizontal)."
    ),
    Misconception(
        takes_the_dilation_for_a_stride,
        "You let the window jump by the dilation. Dilation spreads the taps inside one window; "
        "stride moves the window.",
    ),
    Misconception(averages_the_channels, "You average over the input channels. They are added up."),
    Misconception(
        keeps_the_last_channel_only,
        "Only the last input channel counts: each channel overwrites the sum of those before. "
        "Add it (+=).",
    ),
    Misconception(
        keeps_the_first_channel_only, "Only the first input channel counts. Sum over all of them."
    ),
    Misconception(
        adds_the_channels_of_the_kernel,
        "Image and kernel are each summed over channels before they are multiplied. Multiply "
        "channel by channel, then add.",
    ),
    Misconception(
        uses_one_filter_for_all, "All your output maps come from the first filter, weight[0]."
    ),
    Misconception(
        adds_up_the_batch, "You add up the images of the batch. Each image keeps its own output."
    ),
    Misconception(
        drops_the_last_windows,
        "The last row and column of windows are missing. Count the first window too: + 1.",
    ),
    Misconception(
        puts_filters_last, "Your filters stand in the last axis. The output is (N, F, H, W)."
    ),
    Misconception(adds_a_relu, "Your output has no negative numbers: ReLU is a layer of its own."),
    Misconception(
        cuts_off_the_gradient,
        "The values are right, but no gradient flows back: something on the way (`.detach()`, "
        "`.item()`, `.data`, NumPy, `torch.tensor`, `no_grad`) cuts the thread. Nothing before "
        "this layer could learn.",
    ),
    Misconception(
        cuts_off_the_gradient_of_the_bias,
        "The bias gets no gradient: it is cut off before it is added, so it could never learn.",
    ),
    Misconception(
        drops_axes_of_size_one,
        "You drop axes of size 1 (`squeeze`). With one image, one filter or one row left, the "
        "output still has four axes.",
    ),
    Misconception(
        makes_room_in_float32,
        "Your result is float32 whatever the inputs are: that is what `torch.zeros(...)` makes "
        "when nobody tells it. Make room with `x.new_zeros(...)`, or pass `dtype=x.dtype`.",
    ),
    Misconception(
        computes_in_single_precision,
        "You compute in float32 on the way. A result keeps the precision of its inputs.",
    ),
)

CONV2D = Exercise(
    reference=conv2d,
    points=4,
    minutes=40,
    difficulty="challenge",
    oracle=F.conv2d,
    forbids=(CONVOLUTION,),
    vectorised=Growth(
        make=of_size,
        small={"batch": 2, "channels": 2, "filters": 2, "height": 5, "width": 6},
        large={"batch": 9, "channels": 10, "filters": 11, "height": 14, "width": 15},
    ),
    explain_shape=explain_shape,
    cases=(
        Case("there is nothing but a kernel", layer(), keeps="the case easiest to read"),
        Case("there is a bias", layer(bias=True), keeps="the bias by itself"),
        Case("the stride is one number", layer(stride=2), keeps="the stride by itself"),
        Case("the stride is a pair", layer(stride=(2, 3)), keeps="pairs by themselves"),
        Case("the padding is one number", layer(padding=2), keeps="padding by itself"),
        Case(
            "the padding is a pair",
            layer(padding=(0, 2)),
            keeps="a padding of 0 beside one that is not",
        ),
        Case("the dilation is one number", layer(dilation=2), keeps="dilation by itself"),
        Case("the dilation is a pair", layer(dilation=(1, 3)), keeps="pairs by themselves"),
        Case("there is one image, one channel, one filter", ones),
        Case(
            "bias, stride, padding and dilation come together, and gradients flow back",
            layer(grad=True, bias=True, stride=(3, 2), padding=(2, 1), dilation=(2, 1)),
            keeps="what works for each alone may not for all",
        ),
        Case(
            "the numbers are single precision",
            layer(torch.float32, grad=True, bias=True, padding=1),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(
        Case("x has 3 channels and weight is for 2", channels_that_differ),
        Case("the kernel is taller than the image", kernel_too_tall),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Pad first. Then think of one kernel position (i, j): which pixels does it touch, over "
        "all windows at once? A slice with a step picks them: rows i * dilation, then every "
        "stride-th.",
        "For each (i, j) that slice has the shape (N, C, H_out, W_out). Multiply it with "
        "weight[:, :, i, j] of shape (F, C), sum over C, add to the output: one einsum.",
        "Without a loop: x.unfold(2, kh, sh).unfold(3, kw, sw) cuts out all windows for dilation "
        "1; then one einsum over channels and kernel positions.",
    ),
)

EXERCISES = (CONV2D,)
