"""stacked_vs_single: what small kernels in a row save."""

from __future__ import annotations

from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.architectures import stacked_vs_single
from cnncourse.reference.convolution import as_pair
from cnncourse.reference.depth import receptive_field


def counted_in_real_layers(channels, n, kernel_size=3):
    """The oracle: builds all layers without numbers, and counts."""
    if n < 1:
        raise ValueError("no layers")
    kernel = as_pair(kernel_size)
    seen = [receptive_field([(side, 1, 1)] * n)[0] for side in kernel]
    stack = [conv(channels, kernel) for _ in range(n)]
    return [sum(layer.weight.numel() for layer in stack), conv(channels, seen).weight.numel()]


def conv(channels, kernel):
    return nn.Conv2d(channels, channels, tuple(kernel), bias=False, device="meta")


def three_by_three(generator: Generator) -> Arguments:
    return {"channels": whole(generator, 5, 40), "n": whole(generator, 3, 6)}


def other_kernels(generator: Generator) -> Arguments:
    return {**three_by_three(generator), "kernel_size": 2 * whole(generator, 2, 5) + 1}


def even_kernels(generator: Generator) -> Arguments:
    return {**three_by_three(generator), "kernel_size": 2 * whole(generator, 2, 4)}


def one_layer(generator: Generator) -> Arguments:
    return {**other_kernels(generator), "n": 1}


def a_pair(generator: Generator) -> Arguments:
    return {**three_by_three(generator), "kernel_size": (3, 2 * whole(generator, 2, 4) + 1)}


def no_layer(generator: Generator) -> Arguments:
    return {**three_by_three(generator), "n": 0}


def adds_whole_kernels(channels, n, kernel_size=3):
    return n * kernel_size**2 * channels**2, (n * kernel_size) ** 2 * channels**2


def adds_a_pixel_for_each_layer(channels, n, kernel_size=3):
    return n * kernel_size**2 * channels**2, (kernel_size + n - 1) ** 2 * channels**2


def multiplies_the_kernels(channels, n, kernel_size=3):
    return n * kernel_size**2 * channels**2, kernel_size ** (2 * n) * channels**2


def always_adds_two(channels, n, kernel_size=3):
    return n * kernel_size**2 * channels**2, (kernel_size + 2 * (n - 1)) ** 2 * channels**2


def believes_in_three(channels, n, kernel_size=3):
    return stacked_vs_single(channels, n)


def has_one_filter(channels, n, kernel_size=3):
    stacked, single = stacked_vs_single(channels, n, kernel_size)
    return stacked // channels, single // channels


def leaves_out_the_channels(channels, n, kernel_size=3):
    return stacked_vs_single(1, n, kernel_size)


def counts_one_layer(channels, n, kernel_size=3):
    stacked, single = stacked_vs_single(channels, n, kernel_size)
    return stacked // n, single


def forgets_the_square(channels, n, kernel_size=3):
    field = n * (kernel_size - 1) + 1
    return n * kernel_size * channels**2, field * channels**2


def adds_the_biases(channels, n, kernel_size=3):
    stacked, single = stacked_vs_single(channels, n, kernel_size)
    return stacked + n * channels, single + channels


def puts_the_single_layer_first(channels, n, kernel_size=3):
    return stacked_vs_single(channels, n, kernel_size)[::-1]


def compares_with_one_small_layer(channels, n, kernel_size=3):
    stacked, _ = stacked_vs_single(channels, n, kernel_size)
    return stacked, kernel_size**2 * channels**2


def returns_the_ratio(channels, n, kernel_size=3):
    stacked, single = stacked_vs_single(channels, n, kernel_size)
    return stacked / single


def returns_floats(channels, n, kernel_size=3):
    stacked, single = stacked_vs_single(channels, n, kernel_size)
    return stacked / 1, single / 1


STACKED_VS_SINGLE = Exercise(
    reference=stacked_vs_single,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=counted_in_real_layers,
    cases=(
        Case("the kernels are 3 × 3", three_by_three, keeps="VGG, the case to think about first"),
        Case("the kernels are larger", other_kernels, keeps="a formula that holds for 3 alone"),
        Case("the kernels have an even size", even_kernels, keeps="nothing needs a middle here"),
        Case(
            "there is one layer",
            one_layer,
            keeps="both are the same then, and a right answer in general shows it",
        ),
    ),
    asides=(
        Case("the kernels are given as (height, width)", a_pair),
        Case("there are no layers", no_layer),
    ),
    misconceptions=(
        Misconception(
            adds_whole_kernels,
            "You let n layers see n * kernel_size pixels. Their windows overlap: the first sees "
            "kernel_size pixels, and each further one adds kernel_size − 1.",
        ),
        Misconception(
            adds_a_pixel_for_each_layer,
            "You let each further layer see one pixel more. It sees more on both sides: "
            "kernel_size − 1 pixels in all.",
        ),
        Misconception(
            multiplies_the_kernels,
            "You multiply the kernels. Two layers of 3 see 5 pixels, not 9.",
        ),
        Misconception(
            always_adds_two,
            "You let each further layer see two pixels more. That holds for kernels of 3; a larger "
            "one sees further.",
        ),
        Misconception(believes_in_three, "You use 3 × 3 whatever `kernel_size` says."),
        Misconception(
            has_one_filter,
            "You multiply by the channels once. A filter looks at all channels, *and* there are as "
            "many filters.",
        ),
        Misconception(
            leaves_out_the_channels,
            "You leave out the channels. A layer has a kernel for each pair of an input and an "
            "output channel.",
        ),
        Misconception(
            counts_one_layer,
            "You count one layer of the stack. It has n of them, each with weights.",
        ),
        Misconception(
            forgets_the_square, "You count one side of the kernels. A 3 × 3 kernel has 9 weights."
        ),
        Misconception(adds_the_biases, "You count biases. The question is about weights alone."),
        Misconception(
            puts_the_single_layer_first, "Your two numbers are in the other order: the stack first."
        ),
        Misconception(
            compares_with_one_small_layer,
            "Your single layer has the same kernel as those of the stack. It has to see as much "
            "as all of them together.",
        ),
        Misconception(returns_the_ratio, "You return a ratio. Both numbers are asked for."),
        Misconception(
            returns_floats, "The numbers are right but they are floats. Counts are integers."
        ),
    ),
    hints=(
        "How many pixels does one value see behind n layers? Draw it for two layers of 3.",
        "A layer with C channels in and out, and a kernel of k × k, has k · k · C · C weights.",
        "n layers see n * (k − 1) + 1 pixels. The single layer has a kernel of that size.",
    ),
)

EXERCISES = (STACKED_VS_SINGLE,)
