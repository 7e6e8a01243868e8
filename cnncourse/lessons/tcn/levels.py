"""tcn_receptive_field and min_levels: how far back a stack sees, and how high it has to be."""

from __future__ import annotations

import math

from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.tcn import min_levels, tcn_receptive_field


def layer_by_layer(kernel_size, levels, convs_per_block=2):
    """The oracle: from the last output down, which step is the oldest that it reaches?"""
    oldest = 0
    for level in reversed(range(levels)):
        for _ in range(convs_per_block):
            oldest -= (kernel_size - 1) << level
    return 1 - oldest


def network(kernel_size, levels, **options) -> Make:
    """Sizes are numbers, or (low, high) pairs to draw from."""

    def make(generator: Generator) -> Arguments:
        sizes = {"kernel_size": kernel_size, "levels": levels, **options}
        return {
            name: whole(generator, *size) if isinstance(size, tuple) else size
            for name, size in sizes.items()
        }

    return make


def counts_one_convolution(kernel_size, levels, convs_per_block=2):
    return tcn_receptive_field(kernel_size, levels, 1)


def always_counts_two(kernel_size, levels, convs_per_block=2):
    return tcn_receptive_field(kernel_size, levels)


def adds_whole_kernels(kernel_size, levels, convs_per_block=2):
    return 1 + convs_per_block * kernel_size * (2**levels - 1)


def forgets_the_present(kernel_size, levels, convs_per_block=2):
    return tcn_receptive_field(kernel_size, levels, convs_per_block) - 1


def sums_powers_to_a_power(kernel_size, levels, convs_per_block=2):
    return 1 + convs_per_block * (kernel_size - 1) * 2**levels


def goes_one_level_too_far(kernel_size, levels, convs_per_block=2):
    return tcn_receptive_field(kernel_size, levels + 1, convs_per_block)


def counts_the_last_level_alone(kernel_size, levels, convs_per_block=2):
    return 1 + convs_per_block * (kernel_size - 1) * 2 ** (levels - 1)


def adds_one_to_the_dilation(kernel_size, levels, convs_per_block=2):
    return 1 + convs_per_block * (kernel_size - 1) * levels * (levels + 1) // 2


def doubles_by_adding_two(kernel_size, levels, convs_per_block=2):
    dilations = [max(1, 2 * level) for level in range(levels)]
    return 1 + convs_per_block * (kernel_size - 1) * sum(dilations)


def forgets_the_dilation(kernel_size, levels, convs_per_block=2):
    return 1 + convs_per_block * (kernel_size - 1) * levels


def dilates_by_the_kernel(kernel_size, levels, convs_per_block=2):
    dilations = [kernel_size**level for level in range(levels)]
    return 1 + convs_per_block * (kernel_size - 1) * sum(dilations)


def dilates_only_the_first_of_a_block(kernel_size, levels, convs_per_block=2):
    dilated = tcn_receptive_field(kernel_size, levels, 1)
    return dilated + (convs_per_block - 1) * (kernel_size - 1) * levels


def doubles_with_every_convolution(kernel_size, levels, convs_per_block=2):
    return tcn_receptive_field(kernel_size, levels * convs_per_block, 1)


def multiplies_the_spans(kernel_size, levels, convs_per_block=2):
    spans = [2**level * (kernel_size - 1) + 1 for level in range(levels)]
    return math.prod(spans) ** convs_per_block


def divides_with_a_slash(kernel_size, levels, convs_per_block=2):
    return tcn_receptive_field(kernel_size, levels, convs_per_block) / 1


TCN_RECEPTIVE_FIELD = Exercise(
    reference=tcn_receptive_field,
    points=2,
    minutes=20,
    difficulty="warm-up",
    oracle=layer_by_layer,
    cases=(
        Case("there is one level", network((4, 9), 1), keeps="one block: the case to think about"),
        Case("there are two levels", network((4, 9), 2), keeps="the first level that is dilated"),
        Case("there are many levels", network((5, 8), (6, 9)), keeps="doubling, many times"),
        Case(
            "a block has one convolution",
            network((5, 8), (4, 6), convs_per_block=1),
            keeps="another number of convolutions than the paper's",
        ),
        Case(
            "a block has three convolutions",
            network((5, 8), (4, 6), convs_per_block=3),
            keeps="a block that is larger than the paper's",
        ),
        Case("the kernel has one tap", network(1, (3, 6)), keeps="a network that never looks back"),
        Case("the kernel has two taps", network(2, (3, 5)), keeps="the smallest that looks back"),
    ),
    asides=(Case("there is no level at all", network(3, 0)),),
    misconceptions=(
        Misconception(
            counts_one_convolution,
            "You count one convolution for each level. A temporal block has "
            "`convs_per_block` of them, and each reaches back.",
        ),
        Misconception(
            always_counts_two,
            "You always count two convolutions in a block. Two is only what `convs_per_block` is "
            "when nobody says anything else.",
        ),
        Misconception(
            adds_whole_kernels,
            "You add the whole kernel. One of its taps lies where you already were, so a "
            "convolution takes kernel_size - 1 steps back.",
        ),
        Misconception(
            forgets_the_present,
            "You are one step short. Count the present too: before the first layer, an output sees "
            "one step.",
        ),
        Misconception(
            sums_powers_to_a_power,
            "You take 1 + 2 + 4 + ... for the next power of two. Add up 1 + 2 + 4 on your fingers: "
            "how much is missing?",
        ),
        Misconception(
            goes_one_level_too_far,
            "You count one level too many. The first level has dilation 1, so what does the last "
            "of them have?",
        ),
        Misconception(
            counts_the_last_level_alone,
            "You count the last level only. The levels below it reach back as well, and all of "
            "that adds up.",
        ),
        Misconception(
            adds_one_to_the_dilation,
            "Your dilation grows by one with every level: 1, 2, 3, 4. It doubles: 1, 2, 4, 8.",
        ),
        Misconception(
            doubles_by_adding_two,
            "You take 2 * level where 2 ** level was meant. From the fourth level on they differ.",
        ),
        Misconception(
            forgets_the_dilation,
            "You let every level take steps of length 1. At level i (from 0) they are 2 ** i long.",
        ),
        Misconception(
            dilates_by_the_kernel,
            "You multiply the dilation by the kernel size at every level. It doubles, whatever the "
            "kernel is.",
        ),
        Misconception(
            dilates_only_the_first_of_a_block,
            "You dilate only the first convolution of a block. All convolutions of a level have "
            "its dilation.",
        ),
        Misconception(
            doubles_with_every_convolution,
            "You double the dilation with every convolution. It doubles with every *level*; the "
            "convolutions of one block have the same.",
        ),
        Misconception(
            multiplies_the_spans,
            "You multiply what the layers span. Stacked layers add up: each takes its steps from "
            "where the one above it ended.",
        ),
        Misconception(
            divides_with_a_slash,
            "The number is right but it is a float. Steps are counted in integers.",
        ),
    ),
    hints=(
        "Draw a row of time steps, and one convolution with 3 taps above it. How many steps back "
        "does it reach? And how many with dilation 2?",
        "One convolution at dilation d reaches (kernel_size - 1) * d steps further back. A level "
        "has convs_per_block of them, and its d is 2 ** level, beginning with 1.",
        "The field is 1 for the present, and all these steps added up over all levels. A loop is "
        "fine. Without one: 1 + 2 + 4 + ... + 2 ** (n - 1) is 2 ** n - 1.",
    ),
)


def by_logarithm(length, kernel_size, convs_per_block=2):
    """The oracle: solve 1 + c (k - 1) (2^n - 1) >= length for n."""
    if length == 1:
        return 1
    if kernel_size == 1:
        raise ValueError("one tap never looks back")
    return max(1, math.ceil(math.log2(1 + (length - 1) / (convs_per_block * (kernel_size - 1)))))


def signal(kernel_size, levels, more=0, **options) -> Make:
    """A signal that so many levels just see, or one that is a little longer."""

    def make(generator: Generator) -> Arguments:
        k, n = (whole(generator, *size) for size in (kernel_size, levels))
        field = tcn_receptive_field(k, n, **options)
        return {"length": field + more, "kernel_size": k, **options}

    return make


def some_length(generator: Generator) -> Arguments:
    # Between a third and two thirds of the way from one level to the next.
    k, n = whole(generator, 3, 6), whole(generator, 4, 7)
    low, high = tcn_receptive_field(k, n), tcn_receptive_field(k, n + 1)
    return {"length": low + (high - low) * whole(generator, 8, 13) // 20, "kernel_size": k}


def one_step(generator: Generator) -> Arguments:
    return {"length": 1, "kernel_size": whole(generator, 3, 6)}


def one_tap(generator: Generator) -> Arguments:
    return {"length": whole(generator, 5, 30), "kernel_size": 1}


def one_tap_and_step(generator: Generator) -> Arguments:
    return {"length": 1, "kernel_size": 1}


def needs_to_see_more(length, kernel_size, convs_per_block=2):
    return min_levels(length + 1, kernel_size, convs_per_block)


def stops_one_level_early(length, kernel_size, convs_per_block=2):
    return max(1, min_levels(length, kernel_size, convs_per_block) - 1)


def takes_one_level_too_many(length, kernel_size, convs_per_block=2):
    return min_levels(length, kernel_size, convs_per_block) + 1


def counts_from_zero(length, kernel_size, convs_per_block=2):
    levels = min_levels(length, kernel_size, convs_per_block)
    return levels if length > 1 else 0


def has_one_convolution_a_block(length, kernel_size, convs_per_block=2):
    return min_levels(length, kernel_size, 1)


def has_two_convolutions_a_block(length, kernel_size, convs_per_block=2):
    return min_levels(length, kernel_size)


def tries_for_ever(length, kernel_size, convs_per_block=2):
    """A loop that would not end, with a fuse."""
    return 100 if kernel_size == 1 else min_levels(length, kernel_size, convs_per_block)


def rounds_to_the_nearest(length, kernel_size, convs_per_block=2):
    if kernel_size == 1 and length > 1:
        raise ValueError("one tap never looks back")
    each = convs_per_block * (kernel_size - 1)
    return max(1, round(math.log2(1 + (length - 1) / each))) if each else 1


def compares_the_span_of_one_layer(length, kernel_size, convs_per_block=2):
    levels = min_levels(length, kernel_size, convs_per_block)
    if kernel_size == 1:
        return levels
    levels = 1
    while 1 + (kernel_size - 1) * 2 ** (levels - 1) < length:
        levels += 1
    return levels


def forgets_the_dilation_in_levels(length, kernel_size, convs_per_block=2):
    each = convs_per_block * (kernel_size - 1)
    if not each and length > 1:
        raise ValueError("one tap never looks back")
    return max(1, -(-(length - 1) // each)) if each else 1


def returns_what_is_seen(length, kernel_size, convs_per_block=2):
    levels = min_levels(length, kernel_size, convs_per_block)
    return tcn_receptive_field(kernel_size, levels, convs_per_block)


def returns_the_last_dilation(length, kernel_size, convs_per_block=2):
    return 2 ** (min_levels(length, kernel_size, convs_per_block) - 1)


def rounds_up_to_a_float(length, kernel_size, convs_per_block=2):
    return float(min_levels(length, kernel_size, convs_per_block))


MIN_LEVELS = Exercise(
    reference=min_levels,
    points=1,
    minutes=15,
    difficulty="warm-up",
    oracle=by_logarithm,
    cases=(
        Case("the signal has some length", some_length, keeps="the case to think about first"),
        Case("the levels see exactly as many steps as there are", signal((3, 6), (3, 6))),
        Case(
            "the signal has one step more than that",
            signal((3, 6), (3, 6), more=1),
            keeps="the other side of the edge",
        ),
        Case(
            "a block has one convolution",
            signal((3, 6), (4, 6), more=2, convs_per_block=1),
            keeps="another number of convolutions than the paper's",
        ),
        Case(
            "a block has three convolutions",
            signal((3, 6), (4, 6), more=-1, convs_per_block=3),
            keeps="more convolutions than the paper has",
        ),
        Case("the signal has one step", one_step),
        Case("the kernel has one tap", one_tap),
    ),
    asides=(Case("the kernel has one tap, and the signal one step", one_tap_and_step),),
    misconceptions=(
        Misconception(
            needs_to_see_more,
            "You ask for a field *larger* than the signal. As large is enough: the last output "
            "sees the first step.",
        ),
        Misconception(
            stops_one_level_early,
            "You stop one level too early: with your number, the last output does not see the "
            "first step.",
        ),
        Misconception(
            takes_one_level_too_many,
            "You take one level too many. One fewer sees the whole signal too.",
        ),
        Misconception(
            counts_from_zero,
            "You return 0 for a signal of one step. A network has one level at least.",
        ),
        Misconception(
            has_one_convolution_a_block,
            "You count one convolution for each level. A block has `convs_per_block` of them.",
        ),
        Misconception(
            has_two_convolutions_a_block,
            "You always count two convolutions in a block and ignore `convs_per_block`.",
        ),
        Misconception(
            tries_for_ever,
            "A kernel with one tap never looks back, however many levels there are. Raise "
            "ValueError for that, before a loop looks for ever.",
        ),
        Misconception(
            rounds_to_the_nearest,
            "You round the logarithm to the nearest number, or down. Then one level may be "
            "missing: round up.",
        ),
        Misconception(
            compares_the_span_of_one_layer,
            "You compare the length with what the last layer spans. The layers below it reach "
            "back too: compare with the whole field.",
        ),
        Misconception(
            forgets_the_dilation_in_levels,
            "You let every level reach back as far as the first. The dilation doubles, so far "
            "fewer levels are enough.",
        ),
        Misconception(
            returns_what_is_seen, "You return the field. The number of levels was asked for."
        ),
        Misconception(
            returns_the_last_dilation,
            "You return the dilation of the last level. The number of levels was asked for.",
        ),
        Misconception(
            rounds_up_to_a_float,
            "The number is right but it is a float. Levels are counted in integers.",
        ),
    ),
    hints=(
        "You have a function that says what a number of levels sees. Try one after the other.",
        "Begin with one level. While it sees fewer steps than the signal has, take one more. When "
        "would that loop never end?",
        "A kernel with one tap sees one step, always. Check that first, and raise ValueError.",
    ),
)

EXERCISES = (TCN_RECEPTIVE_FIELD, MIN_LEVELS)
