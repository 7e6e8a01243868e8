"""fold_batch_norm: a convolution and the BatchNorm behind it as one convolution."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.grading.question import Judged
from cnncourse.grading.run_layer import Layer
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.resnet import batch_norm, convolution
from cnncourse.reference.resnet import fold_batch_norm


def both(channels=3, filters=5, kernel_size=(3, 2), norm=None, **options) -> Make:
    """A convolution and its BatchNorm; `options` are the convolution's."""

    def make(generator: Generator) -> Arguments:
        seed = whole(generator, 0, 2**30)
        sizes = {"channels": channels, "filters": filters, "kernel_size": kernel_size}
        return {
            "conv": Recipe(convolution, {"seed": seed, **sizes, **options}),
            "bn": Recipe(batch_norm, {"seed": seed + 1, "channels": filters, **(norm or {})}),
            "x": normal(generator, 2, channels, 8, 9),
        }

    return make


def by_asking(conv, bn):
    """The oracle: put unit filters through BatchNorm, and write down what comes out."""
    norm, layer = copy.deepcopy(bn).eval(), copy.deepcopy(conv)
    shape = (1, conv.out_channels, 1, 1)
    with torch.no_grad():
        at_zero = norm(conv.weight.new_zeros(shape)).flatten()
        slope = norm(conv.weight.new_ones(shape)).flatten() - at_zero
        own = 0 if conv.bias is None else conv.bias
        layer.weight = nn.Parameter(torch.einsum("f...,f->f...", conv.weight, slope))
        layer.bias = nn.Parameter(at_zero + own * slope)
    return layer


def built(conv, weight, bias, **options):
    """A convolution like another one, with other numbers."""
    sizes = {
        name: getattr(conv, name)
        for name in ("stride", "padding", "dilation", "groups", "padding_mode")
    }
    sizes |= options
    made = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, **sizes)
    made.weight = nn.Parameter(weight.detach())
    made.bias = None if bias is None else nn.Parameter(bias.detach())
    return made


def factor(bn, eps=None):
    return bn.weight / (bn.running_var + (bn.eps if eps is None else eps)).sqrt()


def own_bias(conv):
    return torch.zeros_like(conv.weight[:, 0, 0, 0]) if conv.bias is None else conv.bias


def with_factor(conv, bn, scale):
    """Folded, but with another factor."""
    bias = (own_bias(conv) - bn.running_mean) * scale + bn.bias
    return built(conv, conv.weight * scale.view(-1, 1, 1, 1), bias)


def forgets_epsilon(conv, bn):
    return with_factor(conv, bn, factor(bn, eps=0.0))


def takes_the_usual_epsilon(conv, bn):
    return with_factor(conv, bn, factor(bn, eps=1e-5))


def adds_epsilon_outside_the_root(conv, bn):
    return with_factor(conv, bn, bn.weight / (bn.running_var.sqrt() + bn.eps))


def divides_by_the_variance(conv, bn):
    return with_factor(conv, bn, bn.weight / (bn.running_var + bn.eps))


def multiplies_by_the_deviation(conv, bn):
    return with_factor(conv, bn, bn.weight * (bn.running_var + bn.eps).sqrt())


def forgets_the_factor(conv, bn):
    return with_factor(conv, bn, factor(bn) / bn.weight)


def forgets_the_summand(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias - bn.bias)


def scales_the_summand(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias - bn.bias + bn.bias * factor(bn))


def forgets_the_mean(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias + bn.running_mean * factor(bn))


def adds_the_mean(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias + 2 * bn.running_mean * factor(bn))


def leaves_the_mean_as_it_is(conv, bn):
    scale = factor(bn)
    bias = own_bias(conv) * scale - bn.running_mean + bn.bias
    return built(conv, conv.weight * scale.view(-1, 1, 1, 1), bias)


def loses_the_bias(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias - own_bias(conv) * factor(bn))


def leaves_the_bias_as_it_is(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias + own_bias(conv) * (1 - factor(bn)))


def needs_a_bias(conv, bn):
    scale = factor(bn)
    bias = (conv.bias - bn.running_mean) * scale + bn.bias
    return built(conv, conv.weight * scale.view(-1, 1, 1, 1), bias)


def keeps_no_bias(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, None if conv.bias is None else folded.bias)


def scales_the_bias_only(conv, bn):
    return built(conv, conv.weight, fold_batch_norm(conv, bn).bias)


def returns_the_convolution(conv, bn):
    return copy.deepcopy(conv)


def returns_both_in_a_row(conv, bn):
    return nn.Sequential(copy.deepcopy(conv), copy.deepcopy(bn)).eval()


def changes_the_convolution(conv, bn):
    folded = fold_batch_norm(conv, bn)
    conv.weight.data, conv.bias = folded.weight.data, folded.bias
    return conv


def leaves_eval_mode_on(conv, bn):
    bn.eval()
    return fold_batch_norm(conv, bn)


def forgets_stride_and_padding(conv, bn):
    folded = fold_batch_norm(conv, bn)
    options = {"stride": 1, "padding": 0, "padding_mode": "zeros"}
    return built(conv, folded.weight, folded.bias, **options)


def forgets_the_dilation(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias, dilation=1)


def forgets_the_groups(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias, groups=1)


def pads_with_zeros(conv, bn):
    folded = fold_batch_norm(conv, bn)
    return built(conv, folded.weight, folded.bias, padding_mode="zeros")


def scales_the_input_channels(conv, bn):
    scale = factor(bn)
    if conv.weight.shape[1] != len(scale):
        raise RuntimeError("the shapes do not fit")
    bias = (own_bias(conv) - bn.running_mean) * scale + bn.bias
    return built(conv, conv.weight * scale.view(1, -1, 1, 1), bias)


def two_layers_came_back(judged: Sequence[Judged]) -> bool:
    return all("Sequential" in one.made.error.message for one in judged)


FOLD_BATCH_NORM = Exercise(
    reference=fold_batch_norm,
    points=3,
    minutes=30,
    difficulty="challenge",
    oracle=by_asking,
    run=Layer("Conv2d"),
    cases=(
        Case(
            "the convolution has no bias",
            both(bias=False),
            keeps="the common case: a ResNet has no bias before BatchNorm",
        ),
        Case(
            "the convolution has a bias of its own",
            both(),
            keeps="a bias of its own and nothing else",
        ),
        Case(
            "as many channels go in as come out",
            both(channels=4, filters=4, bias=False),
            keeps="a mixed-up axis, which crashes nowhere here",
        ),
        Case("epsilon is not the usual one", both(norm={"eps": 0.01}, bias=False)),
        Case("both are in train mode", both(norm={"training": True})),
        Case(
            "the convolution has a stride and padding",
            both(stride=(2, 3), padding=(2, 1), padding_mode="circular"),
        ),
        Case(
            "the convolution is dilated and its channels are in groups",
            both(channels=4, filters=6, dilation=(2, 1), groups=2, bias=False),
        ),
    ),
    misconceptions=(
        Misconception(
            forgets_epsilon,
            "You leave out epsilon. It stands under the root, beside the variance, in eval mode, "
            "too.",
        ),
        Misconception(
            takes_the_usual_epsilon,
            "You write epsilon as a number. Each BatchNorm has its own: `bn.eps`.",
        ),
        Misconception(
            adds_epsilon_outside_the_root,
            "You add epsilon to the standard deviation. It belongs under the root.",
        ),
        Misconception(
            divides_by_the_variance, "You divide by the variance. Divide by its square root."
        ),
        Misconception(
            multiplies_by_the_deviation,
            "You multiply by the standard deviation. BatchNorm divides by it.",
        ),
        Misconception(
            forgets_the_factor,
            "You leave out the learned factor, `bn.weight`. It multiplies what was divided.",
        ),
        Misconception(
            forgets_the_summand, "You leave out what BatchNorm adds at the end, `bn.bias`."
        ),
        Misconception(
            scales_the_summand,
            "You multiply `bn.bias` by the factor. It is added last, when everything has been "
            "multiplied.",
        ),
        Misconception(
            forgets_the_mean,
            "You forget the running mean. BatchNorm takes it away before it divides.",
        ),
        Misconception(
            adds_the_mean, "Your running mean has the wrong sign: BatchNorm takes it *away*."
        ),
        Misconception(
            leaves_the_mean_as_it_is,
            "You take the running mean away unscaled. It is taken away first, so that it is "
            "divided and multiplied like everything else.",
        ),
        Misconception(
            loses_the_bias,
            "You lose the convolution's own bias. It is a part of what goes into BatchNorm.",
        ),
        Misconception(
            leaves_the_bias_as_it_is,
            "You add the convolution's own bias unscaled. It went through BatchNorm as well.",
        ),
        Misconception(
            needs_a_bias,
            "You count on the convolution to have a bias. Where it has none (`conv.bias is None`), "
            "it counts as zero.",
        ),
        Misconception(
            keeps_no_bias,
            "Your new convolution has a bias only where the old one had. BatchNorm always adds "
            "something.",
        ),
        Misconception(
            scales_the_bias_only,
            "Your weights are the old ones. BatchNorm multiplies what the convolution gives, so "
            "its weights take part.",
        ),
        Misconception(
            returns_the_convolution, "You return the convolution as it was, without BatchNorm."
        ),
        Misconception(
            returns_both_in_a_row,
            "You return two layers in a row. The point is to have *one* convolution, which does "
            "the work of both.",
            sign=two_layers_came_back,
        ),
        Misconception(
            changes_the_convolution,
            "The result is right, but you wrote it into the convolution that you were given. "
            "Somebody may go on training it: make a new one.",
        ),
        Misconception(
            leaves_eval_mode_on,
            "The result is right, but you leave BatchNorm in eval mode. You need not switch it: "
            "its running mean and variance can be read in any mode.",
        ),
        Misconception(
            forgets_stride_and_padding,
            "Your new convolution has no stride and no padding. It has to look where the old one "
            "looked.",
        ),
        Misconception(
            forgets_the_dilation, "Your new convolution has no dilation, and the old one had."
        ),
        Misconception(
            forgets_the_groups,
            "Your new convolution has one group only. The old one's channels were in groups.",
        ),
        Misconception(
            pads_with_zeros,
            "Your new convolution pads with zeros. The old one has a `padding_mode`.",
        ),
        Misconception(
            scales_the_input_channels,
            "You scale the weight's second axis, the channels that come *in*. Each filter is to be "
            "scaled: the first axis.",
        ),
    ),
    hints=(
        "In eval mode, BatchNorm does one thing to a channel y: (y - mean) / root of (variance + "
        "eps), times weight, plus bias. For one channel, is that not a number times y plus a "
        "number?",
        "Call the number that multiplies s. Multiplying what a filter gives is the same as "
        "multiplying the filter. What becomes of the convolution's own bias b, and of the mean?",
        "The new weight is s * weight, one s for each filter (`s.view(-1, 1, 1, 1)`), and the new "
        "bias is s * (b - mean) + bn.bias. A deep copy of the convolution has its stride, padding "
        "and the rest already; give it new `nn.Parameter`s.",
    ),
)

EXERCISES = (FOLD_BATCH_NORM,)
