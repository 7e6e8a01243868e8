"""local2d: local connections without sharing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.inputs import normal
from cnncourse.reference.weight_sharing import local2d


def place_by_place(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The oracle: at each place a convolution with the filters of that place."""
    kh, kw, rows, columns = weight.shape[2:]
    fits = (rows + kh - 1, columns + kw - 1) == x.shape[2:] and x.shape[1] == weight.shape[1]
    if not fits or (bias is not None and bias.shape != (len(weight), rows, columns)):
        raise ValueError("the sizes do not fit together")
    maps = [
        F.conv2d(x[:, :, i : i + kh, j : j + kw], weight[..., i, j])
        for i in range(rows)
        for j in range(columns)
    ]
    out = torch.cat(maps, 3).reshape(len(x), len(weight), rows, columns)
    return out if bias is None else out + bias


def explain_shape(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> str:
    """Where each size of the output comes from."""
    filters, _, kh, kw, rows, columns = weight.shape
    return (
        f"Images {len(x)}, filters {filters}, rows {x.shape[2]} − {kh} + 1 = {rows}, "
        f"columns {x.shape[3]} − {kw} + 1 = {columns}."
    )


def layer(dtype: torch.dtype = torch.float64, grad: bool = False, bias: bool = False) -> Make:
    """All sizes are different: an axis taken for another cannot pass."""

    def make(generator: Generator) -> Arguments:
        arguments = {
            "x": normal(generator, 2, 3, 7, 10, dtype=dtype, grad=grad),
            "weight": normal(generator, 4, 3, 3, 2, 5, 9, dtype=dtype, grad=grad),
        }
        if bias:
            arguments["bias"] = normal(generator, 4, 5, 9, dtype=dtype, grad=grad)
        return arguments

    return make


def ones(generator: Generator) -> Arguments:
    """Every axis that can be 1 is 1; the output is one row high."""
    return {
        "x": normal(generator, 1, 1, 3, 6),
        "weight": normal(generator, 1, 1, 3, 2, 1, 5),
        "bias": normal(generator, 1, 1, 5),
    }


def a_square(generator: Generator) -> Arguments:
    """Rows and columns may be mixed up here without an error."""
    return {
        "x": normal(generator, 3, 2, 6, 6),
        "weight": normal(generator, 5, 2, 3, 3, 4, 4),
        "bias": normal(generator, 5, 4, 4),
    }


def channels_that_differ(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 1, 4, 6), "weight": normal(generator, 4, 2, 2, 3, 3, 4)}


def places_that_differ(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 3, 7, 8), "weight": normal(generator, 4, 3, 2, 3, 5, 6)}


def a_bias_for_each_filter(generator: Generator) -> Arguments:
    return {**layer()(generator), "bias": normal(generator, 4, 1, 1)}


def flips_the_kernels(x, weight, bias=None):
    return local2d(x, weight.flip(2, 3), bias)


def mirrors_the_kernels(x, weight, bias=None):
    return local2d(x, weight.flip(3), bias)


def transposes_square_kernels(x, weight, bias=None):
    square = weight.shape[2] == weight.shape[3]
    return local2d(x, weight.transpose(2, 3) if square else weight, bias)


def shares_the_first_places_filters(x, weight, bias=None):
    return local2d(x, weight[..., :1, :1].expand_as(weight), bias)


def shares_the_average_filters(x, weight, bias=None):
    return local2d(x, weight.mean((4, 5), keepdim=True).expand_as(weight), bias)


def shares_along_a_row(x, weight, bias=None):
    return local2d(x, weight[..., :1].expand_as(weight), bias)


def shares_down_a_column(x, weight, bias=None):
    return local2d(x, weight[..., :1, :].expand_as(weight), bias)


def takes_places_for_columns_first(x, weight, bias=None):
    rows, columns = weight.shape[4:]
    mixed = weight.flatten(4).unflatten(4, (columns, rows)).transpose(4, 5)
    return local2d(x, mixed, bias)


def ignores_the_bias(x, weight, bias=None):
    return local2d(x, weight)


def shares_the_bias(x, weight, bias=None):
    out = local2d(x, weight)
    return out if bias is None else out + bias[:, :1, :1]


def adds_the_bias_for_every_channel(x, weight, bias=None):
    return local2d(x, weight, None if bias is None else bias * weight.shape[1])


def uses_one_filter_for_all_maps(x, weight, bias=None):
    return local2d(x, weight[:1].expand_as(weight), bias)


def keeps_the_last_channel_only(x, weight, bias=None):
    return local2d(x[:, -1:], weight[:, -1:], bias)


def keeps_the_first_channel_only(x, weight, bias=None):
    return local2d(x[:, :1], weight[:, :1], bias)


def averages_the_channels(x, weight, bias=None):
    return local2d(x, weight / weight.shape[1], bias)


def adds_the_channels_of_the_kernels(x, weight, bias=None):
    return local2d(x, weight.sum(1, keepdim=True).expand_as(weight), bias)


def adds_up_the_batch(x, weight, bias=None):
    out = local2d(x, weight, bias)
    return out.sum(0, keepdim=True).expand_as(out)


def puts_filters_last(x, weight, bias=None):
    return local2d(x, weight, bias).permute(0, 2, 3, 1)


def adds_a_relu(x, weight, bias=None):
    return local2d(x, weight, bias).relu()


def drops_axes_of_size_one(x, weight, bias=None):
    return local2d(x, weight, bias).squeeze()


def cuts_off_the_gradient(x, weight, bias=None):
    return local2d(x, weight, bias).detach()


def cuts_off_the_gradient_of_the_bias(x, weight, bias=None):
    return local2d(x, weight, None if bias is None else bias.detach())


def makes_room_in_float32(x, weight, bias=None):
    return local2d(x, weight, bias).float()


def computes_in_single_precision(x, weight, bias=None):
    bias = None if bias is None else bias.float()
    return local2d(x.float(), weight.float(), bias).to(x.dtype)


MISCONCEPTIONS = (
    Misconception(
        flips_the_kernels,
        "You turn every kernel by 180 degrees. Layers do not: the first weight lies on the first "
        "pixel of the window.",
    ),
    Misconception(mirrors_the_kernels, "Your kernels lie mirrored left to right."),
    Misconception(
        transposes_square_kernels,
        "You swap rows and columns inside the kernels. Where they are not square it shows.",
    ),
    Misconception(
        shares_the_first_places_filters,
        "You use the filters of the first place everywhere. That is sharing, a convolution. Here "
        "every place has filters of its own.",
    ),
    Misconception(
        shares_the_average_filters,
        "You average the filters over all places before you use them. Every place uses its own.",
    ),
    Misconception(
        shares_along_a_row,
        "You use the same filters along each row of places. They differ from column to column.",
    ),
    Misconception(
        shares_down_a_column,
        "You use the same filters down each column of places. They differ from row to row.",
    ),
    Misconception(
        takes_places_for_columns_first,
        "The filters are at the wrong places: you number the places column by column. The last two "
        "axes of `weight` are output row and output column, in this order.",
    ),
    Misconception(ignores_the_bias, "You ignore the bias."),
    Misconception(
        shares_the_bias,
        "You add the bias of the first place everywhere. Without sharing every place has its own: "
        "the bias has the shape of one output.",
    ),
    Misconception(
        adds_the_bias_for_every_channel,
        "You add the bias once for every input channel, inside the sum. Add it once, after it.",
    ),
    Misconception(
        uses_one_filter_for_all_maps, "All your maps come from the first filter, weight[0]."
    ),
    Misconception(
        keeps_the_last_channel_only,
        "Only the last input channel counts: each channel overwrites those before. Add it (+=).",
    ),
    Misconception(
        keeps_the_first_channel_only, "Only the first input channel counts. Sum over all of them."
    ),
    Misconception(averages_the_channels, "You average over the input channels. They are added up."),
    Misconception(
        adds_the_channels_of_the_kernels,
        "Picture and kernel are each summed over channels before they are multiplied. Multiply "
        "channel by channel, then add.",
    ),
    Misconception(
        adds_up_the_batch, "You add up the pictures of the batch. Each keeps its own output."
    ),
    Misconception(
        puts_filters_last,
        "Your filters stand in the last axis. The output is (N, F, H_out, W_out).",
    ),
    Misconception(adds_a_relu, "Your output has no negative numbers: ReLU is a layer of its own."),
    Misconception(
        drops_axes_of_size_one,
        "You drop axes of size 1 (`squeeze`). With one picture, one filter or one row, the output "
        "still has four axes.",
    ),
    Misconception(
        cuts_off_the_gradient,
        "The values are right, but no gradient flows back: something on the way (`.detach()`, "
        "`.item()`, `.data`, NumPy, `torch.tensor`, `no_grad`) cuts the thread. The layer could "
        "not learn.",
    ),
    Misconception(
        cuts_off_the_gradient_of_the_bias,
        "The bias gets no gradient: it is cut off before it is added, so it could never learn.",
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

LOCAL2D = Exercise(
    reference=local2d,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=place_by_place,
    explain_shape=explain_shape,
    cases=(
        Case("there is no bias", layer(), keeps="the case to think about first"),
        Case("there is a bias", layer(bias=True), keeps="the bias by itself"),
        Case("picture and kernels are square", a_square),
        Case("there is one picture, one channel, one filter", ones),
        Case(
            "gradients flow back",
            layer(grad=True, bias=True),
            keeps="gradients in double precision, where nothing is lost by rounding",
        ),
        Case(
            "the numbers are single precision",
            layer(torch.float32, grad=True, bias=True),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(
        Case("x has 1 channel and weight is for 2", channels_that_differ),
        Case("weight is for fewer places than x has", places_that_differ),
        Case("there is one bias for each filter", a_bias_for_each_filter),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Take one place (i, j). Which window of `x` does it see, and which part of `weight` is "
        "for it? The result there is a sum over channels and kernel positions.",
        "Two loops over the places are fine: cut out x[:, :, i : i + kh, j : j + kw], multiply "
        "with weight[..., i, j], and sum with one einsum.",
        "Or loop over the few positions inside the kernel: the slice of x that position (a, b) "
        "ever lies on has the shape of the output, and so have the weights weight[:, :, a, b].",
    ),
)

EXERCISES = (LOCAL2D,)
