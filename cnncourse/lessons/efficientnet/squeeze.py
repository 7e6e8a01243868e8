"""SqueezeExcite: weigh the channels by what the whole image has in each of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.run_module import Module
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.reference.efficientnet import SqueezeExcite


class WithMatrices(nn.Module):
    """The oracle: linear layers on a matrix of means."""

    def __init__(self, channels, squeezed):
        super().__init__()
        self.narrow, self.widen = nn.Linear(channels, squeezed), nn.Linear(squeezed, channels)

    def forward(self, x):
        inner = self.narrow(torch.einsum("nchw->nc", x) / x[0, 0].numel())
        gate = 1 / (1 + torch.exp(-self.widen(inner / (1 + torch.exp(-inner)))))
        return torch.einsum("nchw,nc->nchw", x, gate)


def pictures(generator: Generator) -> Arguments:
    channels = whole(generator, 7, 10)
    x = normal(generator, 3, channels, whole(generator, 3, 5), whole(generator, 6, 8))
    return {"channels": channels, "squeezed": whole(generator, 2, 4), "x": x + 0.5}


def one_number_inside(generator: Generator) -> Arguments:
    return {**pictures(generator), "squeezed": 1}


def one_pixel(generator: Generator) -> Arguments:
    arguments = pictures(generator)
    return {**arguments, "x": arguments["x"][:, :, :1, :1].contiguous()}


class Variant(nn.Module):
    """Squeeze-excite with one thing done otherwise."""

    def __init__(
        self,
        channels: int,
        squeezed: int,
        *,
        squeeze: Callable[[Tensor], Tensor] = lambda x: x.mean((2, 3), keepdim=True),
        inside: Callable[[Tensor], Tensor] = F.silu,
        gate: Callable[[Tensor], Tensor] = torch.sigmoid,
        apply: Callable[[Tensor, Tensor], Tensor] = torch.mul,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, squeezed, 1, bias=bias)
        self.widen = nn.Conv2d(squeezed, channels, 1, bias=bias)
        self.squeeze, self.inside, self.gate, self.use = squeeze, inside, gate, apply

    def forward(self, x: Tensor) -> Tensor:
        return self.use(x, self.gate(self.widen(self.inside(self.narrow(self.squeeze(x))))))


def returns_the_gate(channels, squeezed):
    return Variant(channels, squeezed, apply=lambda x, gate: gate)


def spreads_the_gate_out(channels, squeezed):
    return Variant(channels, squeezed, apply=lambda x, gate: gate.expand_as(x))


def adds_the_gate(channels, squeezed):
    return Variant(channels, squeezed, apply=torch.add)


def adds_the_input_once_more(channels, squeezed):
    return Variant(channels, squeezed, apply=lambda x, gate: x + x * gate)


def weighs_with_what_the_gate_leaves(channels, squeezed):
    return Variant(channels, squeezed, apply=lambda x, gate: x * (1 - gate))


def forgets_the_sigmoid(channels, squeezed):
    return Variant(channels, squeezed, gate=lambda scores: scores)


def lets_channels_compete(channels, squeezed):
    return Variant(channels, squeezed, gate=lambda scores: scores.softmax(1))


def ends_in_silu(channels, squeezed):
    return Variant(channels, squeezed, gate=F.silu)


def makes_the_gate_of_lines(channels, squeezed):
    return Variant(channels, squeezed, gate=F.hardsigmoid)


def has_relu_inside(channels, squeezed):
    return Variant(channels, squeezed, inside=F.relu)


def has_nothing_inside(channels, squeezed):
    return Variant(channels, squeezed, inside=lambda inner: inner)


def has_a_sigmoid_inside(channels, squeezed):
    return Variant(channels, squeezed, inside=torch.sigmoid)


def does_not_squeeze(channels, squeezed):
    return Variant(channels, squeezed, squeeze=lambda x: x)


def squeezes_one_side_only(channels, squeezed):
    return Variant(channels, squeezed, squeeze=lambda x: x.mean(3, keepdim=True))


def adds_the_pixels_up(channels, squeezed):
    return Variant(channels, squeezed, squeeze=lambda x: x.sum((2, 3), keepdim=True))


def takes_the_largest_pixel(channels, squeezed):
    return Variant(channels, squeezed, squeeze=lambda x: x.amax((2, 3), keepdim=True))


def averages_over_the_batch(channels, squeezed):
    return Variant(channels, squeezed, squeeze=lambda x: x.mean((0, 2, 3), keepdim=True))


def cuts_the_gate_off(channels, squeezed):
    return Variant(channels, squeezed, squeeze=lambda x: x.detach().mean((2, 3), keepdim=True))


def leaves_out_the_biases(channels, squeezed):
    return Variant(channels, squeezed, bias=False)


def divides_by_squeezed(channels, squeezed):
    return Variant(channels, max(1, channels // squeezed))


SQUEEZE_EXCITE = Exercise(
    reference=SqueezeExcite,
    points=2,
    minutes=25,
    difficulty="core",
    oracle=WithMatrices,
    run=Module(),
    cases=(
        Case("it gets a batch of pictures", pictures, keeps="the case to think about first"),
        Case("a single number is left inside", one_number_inside, keeps="MBConv's narrowest"),
        Case("the pictures have a single pixel", one_pixel, keeps="the end of a deep network"),
    ),
    misconceptions=(
        Misconception(
            returns_the_gate,
            "You return the weights of the channels. They are a means: multiply the input by them.",
        ),
        Misconception(
            spreads_the_gate_out,
            "You return the weights of the channels, spread out over the image. Where has the "
            "image gone?",
        ),
        Misconception(
            adds_the_gate,
            "You add the gate to the input. A gate opens and closes: its weights multiply.",
        ),
        Misconception(
            adds_the_input_once_more,
            "You add the input to what passes the gate, so no channel can ever be closed. There "
            "is no shortcut inside squeeze-excite.",
        ),
        Misconception(
            weighs_with_what_the_gate_leaves,
            "You multiply by 1 minus the gate. A gate of 1 means open.",
        ),
        Misconception(
            forgets_the_sigmoid,
            "Your weights may be negative, or large: the sigmoid at the end is missing, which "
            "turns scores into weights from 0 to 1.",
        ),
        Misconception(
            lets_channels_compete,
            "Your weights add up to 1 over the channels: that is a softmax. Several channels may "
            "matter at once, so each gets a sigmoid of its own.",
        ),
        Misconception(
            ends_in_silu,
            "Your gate ends in SiLU, which has no upper end. Inside stands the SiLU, at the end a "
            "sigmoid.",
        ),
        Misconception(
            makes_the_gate_of_lines,
            "Your gate is a hard sigmoid, made of straight lines, as in MobileNetV3. Here it is "
            "the smooth one.",
        ),
        Misconception(
            has_relu_inside,
            "Between the two layers you have a ReLU, as the first paper on squeeze-excite had. "
            "EfficientNet has SiLU there.",
        ),
        Misconception(
            has_nothing_inside,
            "There is nothing between your two layers, so they are one. What makes a stack of "
            "layers more than a matrix?",
        ),
        Misconception(
            has_a_sigmoid_inside,
            "Between the two layers you have a sigmoid. SiLU is x times the sigmoid of x.",
        ),
        Misconception(
            does_not_squeeze,
            "Your gate differs from pixel to pixel. Squeeze first: one mean for each channel, "
            "over the whole image.",
        ),
        Misconception(
            squeezes_one_side_only,
            "You average over the width alone. A channel gets one weight for the whole image: "
            "average over height and width.",
        ),
        Misconception(
            adds_the_pixels_up,
            "You add up the pixels of a channel. Then the gate depends on the image's size; take "
            "the mean.",
        ),
        Misconception(
            takes_the_largest_pixel,
            "You squeeze with the maximum. The question is how much of a channel there is in the "
            "whole image: take the mean.",
        ),
        Misconception(
            averages_over_the_batch,
            "You average over the batch as well, so each picture's gate depends on its "
            "neighbours. Every picture gets weights of its own.",
        ),
        Misconception(
            cuts_the_gate_off,
            "The output is right, but the input gets too little gradient: it also acts through "
            "the gate, and there something cuts the thread (`.detach()`, `.data`, `no_grad`).",
        ),
        Misconception(
            leaves_out_the_biases, "Your layers have no biases. Both 1 × 1 convolutions have them."
        ),
        Misconception(
            divides_by_squeezed,
            "You take `squeezed` for a ratio and divide by it. It is the number of channels "
            "between the two layers.",
        ),
    ),
    hints=(
        "Three steps. Squeeze: one number for each channel of each picture. Excite: two small "
        "layers turn these numbers into weights. Then the weights are put to use.",
        "`x.mean((2, 3), keepdim=True)` has the shape (N, C, 1, 1). A 1 × 1 convolution takes that "
        "from `channels` to `squeezed`, and another one back.",
        "SiLU stands between the two layers, the sigmoid behind the second. A tensor (N, C, 1, 1) "
        "times (N, C, H, W) multiplies every pixel of a channel by the same weight.",
    ),
)

EXERCISES = (SQUEEZE_EXCITE,)
