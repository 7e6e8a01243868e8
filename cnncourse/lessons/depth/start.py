"""he_init: random weights of the right size."""

from __future__ import annotations

import math

import torch
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.run_draw import Draw
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.depth import he_init


# Large, so that chance hardly moves what is compared; and fan-in far from fan-out.
def dense(generator: Generator) -> Arguments:
    return {"shape": (whole(generator, 120, 160), whole(generator, 320, 420))}


def dense_that_widens(generator: Generator) -> Arguments:
    return {"shape": (whole(generator, 900, 1200), whole(generator, 40, 60))}


def convolution(generator: Generator) -> Arguments:
    return {"shape": (whole(generator, 100, 140), whole(generator, 24, 40), 3, 5)}


def a_bias(generator: Generator) -> Arguments:
    return {"shape": (whole(generator, 50, 90),)}


def by_the_library(shape, generator):
    """The oracle: PyTorch's own, in place."""
    if len(shape) < 2:
        raise ValueError("fewer than two axes")
    return nn.init.kaiming_normal_(torch.empty(shape), nonlinearity="relu", generator=generator)


def fan_in(shape):
    return math.prod(shape[1:])


def forgets_the_root(shape, generator):
    return torch.randn(shape, generator=generator) * (2 / fan_in(shape))


def counts_the_outputs(shape, generator):
    fan_out = shape[0] * math.prod(shape[2:])
    return torch.randn(shape, generator=generator) * (2 / fan_out) ** 0.5


def takes_the_first_axis(shape, generator):
    return torch.randn(shape, generator=generator) * (2 / shape[0]) ** 0.5


def leaves_out_the_kernel(shape, generator):
    return torch.randn(shape, generator=generator) * (2 / shape[1]) ** 0.5


def counts_all_weights(shape, generator):
    return torch.randn(shape, generator=generator) * (2 / math.prod(shape)) ** 0.5


def leaves_out_the_two(shape, generator):
    return torch.randn(shape, generator=generator) / fan_in(shape) ** 0.5


def averages_in_and_out(shape, generator):
    fan_out = shape[0] * math.prod(shape[2:])
    return torch.randn(shape, generator=generator) * (2 / (fan_in(shape) + fan_out)) ** 0.5


def draws_evenly(shape, generator):
    bound = (6 / fan_in(shape)) ** 0.5
    return (2 * torch.rand(shape, generator=generator) - 1) * bound


def takes_the_deviation_for_a_bound(shape, generator):
    return (2 * torch.rand(shape, generator=generator) - 1) * (2 / fan_in(shape)) ** 0.5


def draws_nothing_negative(shape, generator):
    return torch.rand(shape, generator=generator) * (2 / fan_in(shape)) ** 0.5


def drops_the_sign(shape, generator):
    return he_init(shape, generator).abs()


def forgets_the_size(shape, generator):
    return torch.randn(shape, generator=generator)


def divides_by_the_deviation(shape, generator):
    return torch.randn(shape, generator=generator) / (2 / fan_in(shape)) ** 0.5


def repeats_one_filter(shape, generator):
    return he_init((1, *shape[1:]), generator).expand(tuple(shape)).clone()


def fills_with_one_number(shape, generator):
    return torch.full(tuple(shape), (2 / fan_in(shape)) ** 0.5)


def ignores_the_generator(shape, generator):
    return torch.randn(shape) * (2 / fan_in(shape)) ** 0.5


def starts_the_generator_anew(shape, generator):
    return he_init(shape, generator.manual_seed(0))


HE_INIT = Exercise(
    reference=he_init,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=by_the_library,
    run=Draw(),
    cases=(
        Case(
            "the layer is dense, with more inputs than outputs",
            dense,
            keeps="the case to think about first",
        ),
        Case(
            "the layer is dense, with more outputs than inputs",
            dense_that_widens,
            keeps="a mixed-up axis makes weights too small here, and too large above",
        ),
        Case("the layer is a convolution", convolution),
    ),
    asides=(Case("the shape has one axis only, as a bias has", a_bias),),
    misconceptions=(
        Misconception(
            forgets_the_root,
            "You multiply by the variance, 2 / fan-in. Multiply by its square root, the standard "
            "deviation.",
        ),
        Misconception(
            counts_the_outputs,
            "You count how many outputs each input goes to: that is the fan-out. Count how many "
            "inputs one output adds up.",
        ),
        Misconception(
            takes_the_first_axis,
            "You take the first axis for the fan-in. It counts the outputs; the inputs are in the "
            "axes behind it.",
        ),
        Misconception(
            leaves_out_the_kernel,
            "You count the input channels only. One output of a convolution adds up a window of "
            "kh * kw pixels in each of them.",
        ),
        Misconception(
            counts_all_weights,
            "You divide by the number of all weights. Only those that make *one* output count.",
        ),
        Misconception(
            leaves_out_the_two,
            "Your variance is 1 / fan-in. ReLU throws half of the signal away: what makes up for "
            "that?",
        ),
        Misconception(
            averages_in_and_out,
            "You use inputs and outputs together, as Glorot and Bengio do. He's start uses the "
            "fan-in alone.",
        ),
        Misconception(
            draws_evenly,
            "Your numbers have the right variance, but they are spread evenly between two bounds. "
            "A normal distribution was asked for.",
        ),
        Misconception(
            takes_the_deviation_for_a_bound,
            "You draw evenly between minus and plus the standard deviation. A normal distribution "
            "was asked for, and yours has only a third of the variance.",
        ),
        Misconception(
            draws_nothing_negative,
            "You draw evenly from zero upwards (`rand`). Weights have both signs and are normal.",
        ),
        Misconception(
            drops_the_sign, "Your weights are normal but all positive. Their mean should be zero."
        ),
        Misconception(
            forgets_the_size,
            "Your standard deviation is 1, however many inputs there are. It has to shrink with "
            "the fan-in.",
        ),
        Misconception(
            divides_by_the_deviation,
            "You divide by the standard deviation. Numbers of deviation 1 are *multiplied* by it.",
        ),
        Misconception(
            repeats_one_filter,
            "All outputs get the same weights. They would learn the same thing: draw every weight.",
        ),
        Misconception(
            fills_with_one_number,
            "All your weights are one and the same number. Draw each of them.",
        ),
        Misconception(
            ignores_the_generator,
            "The spread is right, but your numbers do not come from `generator`: a generator in "
            "the same state gives others. Pass it on.",
        ),
        Misconception(
            starts_the_generator_anew,
            "You set the generator's seed yourself, so each layer would start with the same "
            "numbers. Draw from it as it comes.",
        ),
    ),
    hints=(
        "What does one output add up? Its row of a (out, in) weight; its whole filter (C, kh, kw) "
        "of a (F, C, kh, kw) weight. How many numbers is that?",
        "The variance is 2 / fan-in. `torch.randn` gives numbers of variance 1: by what do you "
        "have to multiply them?",
        "`torch.randn(shape, generator=generator)` times the square root of 2 / fan-in, where the "
        "fan-in is the product of all axes but the first (`math.prod`).",
    ),
)

EXERCISES = (HE_INIT,)
