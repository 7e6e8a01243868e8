"""round_filters and round_repeats: whole layers and handy channel counts after scaling."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.efficientnet import round_filters, round_repeats

WIDER = (1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0)
WIDTHS = (0.5, 0.75, *WIDER)


def count_up(channels, width, divisor=8):
    """The oracle: walk along the multiples, in exact fractions."""
    scaled = Fraction(channels * width)
    multiple = divisor
    while multiple + Fraction(divisor, 2) <= scaled:
        multiple += divisor
    return multiple + divisor if multiple < Fraction(9, 10) * scaled else multiple


def drawn(
    generator: Generator,
    divisor: int,
    fits: Callable[[float, float], bool],
    widths: tuple[float, ...] = WIDTHS,
) -> Arguments:
    """Channels and width whose product `fits(scaled, nearest multiple)` accepts."""
    pairs = [
        (channels, width)
        for channels in range(8, 200)
        for width in widths
        if away_from_borders(channels * width, divisor)
        and fits(channels * width, max(divisor, nearest(channels * width, divisor)))
    ]
    channels, width = pairs[int(torch.randint(len(pairs), (), generator=generator))]
    return {"channels": channels, "width": width, "divisor": divisor}


def nearest(scaled: float, divisor: int) -> int:
    return int(scaled / divisor + 0.5) * divisor


def away_from_borders(scaled: float, divisor: int) -> bool:
    """Where rounding in floats decides, two right answers may differ."""
    border = abs(0.9 * scaled - nearest(scaled, divisor)) > 0.05
    half = abs(scaled % divisor - divisor / 2)
    return border and (half > 0.01 or half == 0) and abs(scaled - nearest(scaled, divisor)) > 0.01


def a_little_above(generator: Generator) -> Arguments:
    return usual(
        drawn(generator, 8, lambda scaled, near: scaled > 40 and 1 < scaled - near < 3.5, WIDER)
    )


def a_little_below(generator: Generator) -> Arguments:
    return usual(drawn(generator, 8, lambda scaled, near: scaled > 40 and 1 < near - scaled < 3.5))


def a_half(generator: Generator) -> Arguments:
    """Half way, with an even multiple below: there, rounding half to even goes down."""
    return usual(
        drawn(generator, 8, lambda scaled, near: scaled > 80 and near - scaled == 4 and near % 16)
    )


def more_than_a_tenth(generator: Generator) -> Arguments:
    return usual(
        drawn(
            generator,
            8,
            lambda scaled, near: near / 0.9 < scaled and scaled / near < 1.45 and scaled > 12,
        )
    )


def gains_more_than_a_tenth(generator: Generator) -> Arguments:
    return usual(
        drawn(generator, 8, lambda scaled, near: near > 1.12 * scaled and scaled > 12 and near % 16)
    )


def narrower(generator: Generator) -> Arguments:
    channels = 16 * whole(generator, 6, 11) + 2
    return {"channels": channels, "width": 0.5}


def next_to_nothing(generator: Generator) -> Arguments:
    return {"channels": whole(generator, 5, 6), "width": 0.5}


def another_divisor(generator: Generator) -> Arguments:
    """Where a divisor of 8 would give another number."""
    return drawn(
        generator, 12, lambda scaled, near: scaled > 60 and near != round_filters(scaled, 1.0)
    )


def usual(arguments: Arguments) -> Arguments:
    return {"channels": arguments["channels"], "width": arguments["width"]}


def rounds_down(channels, width, divisor=8):
    return max(divisor, int(channels * width) // divisor * divisor)


def rounds_up(channels, width, divisor=8):
    return math.ceil(channels * width / divisor) * divisor


def lets_a_tenth_be_lost(channels, width, divisor=8):
    return max(divisor, nearest(channels * width, divisor))


def may_end_with_nothing(channels, width, divisor=8):
    return nearest(channels * width, divisor)


def rounds_halves_to_even(channels, width, divisor=8):
    scaled = channels * width
    rounded = max(divisor, round(scaled / divisor) * divisor)
    return rounded + divisor if rounded < 0.9 * scaled else rounded


def compares_with_the_old_channels(channels, width, divisor=8):
    rounded = max(divisor, nearest(channels * width, divisor))
    return rounded + divisor if rounded < 0.9 * channels else rounded


def always_takes_a_step_more(channels, width, divisor=8):
    return max(divisor, nearest(channels * width, divisor)) + divisor


def goes_back_where_it_gains(channels, width, divisor=8):
    scaled = channels * width
    rounded = max(divisor, nearest(scaled, divisor))
    return rounded - divisor if rounded > 1.1 * scaled and rounded > divisor else rounded


def has_eight_built_in(channels, width, divisor=8):
    return round_filters(channels, width)


def does_not_round_to_a_multiple(channels, width, divisor=8):
    return round(channels * width)


def forgets_the_width(channels, width, divisor=8):
    return round_filters(channels, 1.0, divisor)


def squares_the_width(channels, width, divisor=8):
    return round_filters(channels, width**2, divisor)


def counts_the_multiples(channels, width, divisor=8):
    return round_filters(channels, width, divisor) // divisor


def returns_a_float(channels, width, divisor=8):
    return float(round_filters(channels, width, divisor))


ROUND_FILTERS = Exercise(
    reference=round_filters,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=count_up,
    cases=(
        Case(
            "the product lies a little above a multiple",
            a_little_above,
            keeps="the nearest one below",
        ),
        Case(
            "the product lies a little below a multiple",
            a_little_below,
            keeps="the nearest one above",
        ),
        Case("the product lies half way between two multiples", a_half),
        Case("the nearest multiple loses more than a tenth", more_than_a_tenth),
        Case("the nearest multiple gains more than a tenth", gains_more_than_a_tenth),
        Case("the network gets narrower", narrower),
        Case("the product is less than half of the divisor", next_to_nothing),
        Case("the divisor is not 8", another_divisor),
    ),
    misconceptions=(
        Misconception(
            rounds_down,
            "You round down to a multiple. The nearest one may lie above.",
        ),
        Misconception(
            rounds_up,
            "You round up to a multiple. The nearest one may lie below.",
        ),
        Misconception(
            lets_a_tenth_be_lost,
            "You take the nearest multiple, however much it loses. Where it is less than 0.9 times "
            "the product, take the next one.",
        ),
        Misconception(
            may_end_with_nothing,
            "You take the nearest multiple, which may be 0: a layer without filters. And what if "
            "it loses more than a tenth?",
        ),
        Misconception(
            rounds_halves_to_even,
            "Python's `round` takes halves to the nearest *even* number: `round(2.5)` is 2. Here "
            "halves go up.",
        ),
        Misconception(
            compares_with_the_old_channels,
            "You ask whether a tenth of the channels before scaling is lost. What may not be lost "
            "is a tenth of the product.",
        ),
        Misconception(
            always_takes_a_step_more,
            "You always take one step more. It is for the case that more than a tenth is lost.",
        ),
        Misconception(
            goes_back_where_it_gains,
            "You go a step back where rounding gains more than a tenth. The rule is about losing: "
            "then it goes a step up.",
        ),
        Misconception(
            has_eight_built_in,
            "Your answer works for 8 alone. The divisor is an argument.",
        ),
        Misconception(
            does_not_round_to_a_multiple,
            "You round to a whole number. Asked for is a multiple of the divisor.",
        ),
        Misconception(forgets_the_width, "You round the channels, but you never multiply them."),
        Misconception(
            squares_the_width,
            "You multiply by the width twice. The *cost* grows with its square, the channels do "
            "not.",
        ),
        Misconception(
            counts_the_multiples,
            "You return how many divisors fit. Multiply by the divisor to get channels again.",
        ),
        Misconception(
            returns_a_float,
            "The number is right but it is a float. Channels are counted in integers.",
        ),
    ),
    hints=(
        "Take 20 * 1.8 = 36. Which multiples of 8 lie around it? Which one is nearer?",
        "`int(scaled + divisor / 2) // divisor * divisor` is the nearest multiple, with halves "
        "rounded up. Two rules are still missing.",
        "At least the divisor. Then compare with 0.9 times the product.",
    ),
)


def exactly(repeats, depth):
    """The oracle: the smallest whole number that is not less than the product."""
    least = 0
    while least < repeats * depth:
        least += 1
    return least


def between_two(generator: Generator) -> Arguments:
    """The product's fraction is below a half, so that rounding goes down."""
    pairs = [(3, 1.4), (4, 1.1), (3, 1.1), (6, 1.2), (2, 2.2), (4, 1.8), (3, 2.1), (7, 1.3)]
    repeats, depth = pairs[whole(generator, 0, len(pairs) - 1)]
    return {"repeats": repeats, "depth": depth}


def nearly_the_next(generator: Generator) -> Arguments:
    pairs = [(3, 1.2), (2, 1.4), (2, 1.8), (3, 2.6), (4, 2.2), (4, 1.4), (7, 1.1), (3, 1.6)]
    repeats, depth = pairs[whole(generator, 0, len(pairs) - 1)]
    return {"repeats": repeats, "depth": depth}


def a_whole_product(generator: Generator) -> Arguments:
    """An even one."""
    return {"repeats": 4, "depth": whole(generator, 1, 3) + 0.5}


def as_it_was(generator: Generator) -> Arguments:
    return {"repeats": 2 * whole(generator, 1, 3) + 1, "depth": 1.0}


def shallower(generator: Generator) -> Arguments:
    return {"repeats": 2 * whole(generator, 2, 4) + 1, "depth": 0.25}


def cuts_off(repeats, depth):
    return int(repeats * depth)


def rounds_to_the_nearest(repeats, depth):
    return round(repeats * depth)


def rounds_the_depth_first(repeats, depth):
    return repeats * math.ceil(depth)


def does_not_round(repeats, depth):
    return repeats * depth


def rounds_up_to_a_float(repeats, depth):
    return float(round_repeats(repeats, depth))


def always_adds_one(repeats, depth):
    return int(repeats * depth) + 1


def adds_the_depth(repeats, depth):
    return math.ceil(repeats + depth)


def never_goes_down(repeats, depth):
    return max(repeats, round_repeats(repeats, depth))


def forgets_the_depth(repeats, depth):
    return repeats


def rounds_up_to_even(repeats, depth):
    return 2 * math.ceil(repeats * depth / 2)


def squares_the_depth(repeats, depth):
    return math.ceil(repeats * depth**2)


ROUND_REPEATS = Exercise(
    reference=round_repeats,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=exactly,
    cases=(
        Case("the product lies below the half", between_two),
        Case("the product lies above the half", nearly_the_next, keeps="rounding goes up there"),
        Case("the product is whole", a_whole_product, keeps="nothing is left to round"),
        Case("the depth stays as it was", as_it_was, keeps="B0 itself"),
        Case("the network gets shallower", shallower),
    ),
    misconceptions=(
        Misconception(
            cuts_off, "You cut off what is behind the point. A part of a layer becomes a whole one."
        ),
        Misconception(
            rounds_to_the_nearest,
            "You round to the nearest number, so some stages do not grow at all. Round up.",
        ),
        Misconception(
            rounds_the_depth_first,
            "You round the multiplier before you use it. Multiply first, round afterwards.",
        ),
        Misconception(
            does_not_round, "You return a part of a layer. Round up to a whole number of them."
        ),
        Misconception(
            rounds_up_to_a_float,
            "The number is right but it is a float. Layers are counted in integers; `math.ceil` "
            "returns one.",
        ),
        Misconception(
            always_adds_one,
            "You add one even where the product is whole already. Rounding up leaves it as it is.",
        ),
        Misconception(adds_the_depth, "You add the multiplier. It multiplies the repeats."),
        Misconception(
            never_goes_down,
            "You never return less than before. A multiplier below 1 makes a network shallower.",
        ),
        Misconception(forgets_the_depth, "You return the repeats as they were."),
        Misconception(
            rounds_up_to_even, "You round up to an even number. Any whole number of layers will do."
        ),
        Misconception(squares_the_depth, "You multiply by the depth twice."),
    ),
    hints=(
        "Three layers, made 1.2 times as deep, are 3.6 layers. How many do you build?",
        "`math.ceil` rounds up and returns an integer.",
    ),
)

EXERCISES = (ROUND_FILTERS, ROUND_REPEATS)
