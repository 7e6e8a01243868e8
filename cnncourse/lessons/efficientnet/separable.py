"""separable_ratio: what a depthwise separable convolution costs beside a full one."""

from __future__ import annotations

from fractions import Fraction

from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.convolution import as_pair
from cnncourse.reference.efficientnet import separable_ratio


def counted_on_layers(kernel_size, out_channels):
    """The oracle: the weights of real layers, which are used equally often."""
    channels = 6

    def weights(*arguments, **options) -> int:
        return nn.Conv2d(*arguments, **options, bias=False, device="meta").weight.numel()

    depthwise = weights(channels, channels, kernel_size, groups=channels)
    pointwise = weights(channels, out_channels, 1)
    return Fraction(depthwise + pointwise, weights(channels, out_channels, kernel_size))


def three_by_three(generator: Generator) -> Arguments:
    return {"kernel_size": 3, "out_channels": whole(generator, 20, 200)}


def a_larger_kernel(generator: Generator) -> Arguments:
    size = 2 * whole(generator, 2, 5) + 1
    return {"kernel_size": size, "out_channels": whole(generator, 20, 200)}


def few_filters(generator: Generator) -> Arguments:
    """Fewer filters than the kernel has weights."""
    return {"kernel_size": whole(generator, 5, 7), "out_channels": whole(generator, 3, 12)}


def with_a_pair(generator: Generator) -> Arguments:
    sides = (whole(generator, 2, 4), whole(generator, 5, 7))
    return {"kernel_size": sides, "out_channels": whole(generator, 20, 200)}


def taps(kernel_size) -> int:
    height, width = as_pair(kernel_size)
    return height * width


def leaves_out_the_depthwise_step(kernel_size, out_channels):
    return Fraction(1, taps(kernel_size))


def leaves_out_the_pointwise_step(kernel_size, out_channels):
    return Fraction(1, out_channels)


def forgets_the_square(kernel_size, out_channels):
    return Fraction(1, out_channels) + Fraction(1, as_pair(kernel_size)[0])


def squares_the_first_side(kernel_size, out_channels):
    return Fraction(1, out_channels) + Fraction(1, as_pair(kernel_size)[0] ** 2)


def adds_the_sides(kernel_size, out_channels):
    return Fraction(1, out_channels) + Fraction(1, sum(as_pair(kernel_size)))


def turns_it_upside_down(kernel_size, out_channels):
    return 1 / separable_ratio(kernel_size, out_channels)


def says_what_is_saved(kernel_size, out_channels):
    return 1 - separable_ratio(kernel_size, out_channels)


def multiplies_the_steps(kernel_size, out_channels):
    return Fraction(1, taps(kernel_size) * out_channels)


def adds_the_denominators(kernel_size, out_channels):
    return Fraction(1, taps(kernel_size) + out_channels)


def takes_the_mean_of_both(kernel_size, out_channels):
    return separable_ratio(kernel_size, out_channels) / 2


def counts_one_filter_of_the_full(kernel_size, out_channels):
    return separable_ratio(kernel_size, out_channels) * out_channels


def gives_the_depthwise_step_every_filter(kernel_size, out_channels):
    return 1 + Fraction(1, taps(kernel_size))


def rounds_to_a_float(kernel_size, out_channels):
    return float(separable_ratio(kernel_size, out_channels))


def divides_without_a_rest(kernel_size, out_channels):
    return (taps(kernel_size) + out_channels) // (taps(kernel_size) * out_channels)


SEPARABLE_RATIO = Exercise(
    reference=separable_ratio,
    points=1,
    minutes=15,
    difficulty="warm-up",
    oracle=counted_on_layers,
    cases=(
        Case("the kernel is 3 × 3", three_by_three, keeps="the usual kernel"),
        Case("the kernel is larger", a_larger_kernel, keeps="the other kernels of EfficientNet"),
        Case("there are few filters", few_filters, keeps="where the depthwise step costs most"),
        Case("the kernel is a (height, width) pair", with_a_pair),
    ),
    misconceptions=(
        Misconception(
            leaves_out_the_depthwise_step,
            "You count the pointwise step alone. Before it, each channel is filtered on its own, "
            "and that is not free.",
        ),
        Misconception(
            leaves_out_the_pointwise_step,
            "You count the depthwise step alone. After it, a 1 × 1 convolution mixes the channels, "
            "and in most layers it is the dearer of the two.",
        ),
        Misconception(
            forgets_the_square,
            "You take one side of the kernel. A 3 × 3 kernel has 9 weights, not 3.",
        ),
        Misconception(
            squares_the_first_side,
            "You square the kernel's height. As a pair it is (height, width), and they differ.",
        ),
        Misconception(
            adds_the_sides, "You add the kernel's height and width. Its weights are their product."
        ),
        Misconception(
            turns_it_upside_down,
            "You divide the other way round. Asked for is separable over full, which is less than "
            "1 wherever it pays.",
        ),
        Misconception(
            says_what_is_saved,
            "You return the share that is saved. Asked for is the share that is left to pay.",
        ),
        Misconception(
            multiplies_the_steps,
            "You multiply the costs of the two steps. They come one after the other, so their "
            "costs add up.",
        ),
        Misconception(
            adds_the_denominators,
            "You add the denominators. Give both fractions the same denominator first, and then "
            "add what stands above the line.",
        ),
        Misconception(
            takes_the_mean_of_both,
            "Your ratio is half of the right one. Both steps have to be paid in full: add them, "
            "and take no mean.",
        ),
        Misconception(
            counts_one_filter_of_the_full,
            "Your full convolution has one filter. It has out_channels of them, and each looks at "
            "all input channels.",
        ),
        Misconception(
            gives_the_depthwise_step_every_filter,
            "Your depthwise step has out_channels filters for every input channel. It has one: "
            "how many channels come out of it?",
        ),
        Misconception(
            rounds_to_a_float,
            "The ratio is right, but a float is rounded. Asked for is the exact `Fraction`: "
            "`Fraction(1, 9)` is one ninth.",
        ),
        Misconception(
            divides_without_a_rest,
            "You divide with `//`, and nothing is left: the ratio lies between 0 and 1. "
            "`Fraction(a, b)` divides exactly.",
        ),
    ),
    hints=(
        "Write down what each of the three layers (depthwise, pointwise, full) multiplies at one "
        "place of the output, for C input channels.",
        "Depthwise: C * kh * kw. Pointwise: C * out_channels. Full: C * kh * kw * out_channels. "
        "What becomes of C in the ratio?",
        "Split the fraction into two. One of them does not depend on the kernel, the other not on "
        "the filters.",
    ),
)

EXERCISES = (SEPARABLE_RATIO,)
