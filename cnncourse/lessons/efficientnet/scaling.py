"""compound_scale: depth, width and resolution in one step, and what it costs."""

from __future__ import annotations

import math

from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.efficientnet import compound_scale


def step_by_step(phi, alpha=1.2, beta=1.1, gamma=1.15):
    """The oracle: in logarithms, where powers are products."""
    depth, width, resolution = (phi * math.log(base) for base in (alpha, beta, gamma))
    flops = depth + 2 * width + 2 * resolution
    return tuple(math.exp(value) for value in (depth, width, resolution, flops))


def a_whole_step(generator: Generator) -> Arguments:
    return {"phi": whole(generator, 2, 6)}


def part_of_a_step(generator: Generator) -> Arguments:
    return {"phi": whole(generator, 3, 9) / 2 + 0.25}


def no_step(generator: Generator) -> Arguments:
    return {"phi": 0}


def other_bases(generator: Generator) -> Arguments:
    alpha, beta, gamma = (whole(generator, low, low + 8) / 100 for low in (130, 105, 118))
    return {"phi": whole(generator, 2, 5), "alpha": alpha, "beta": beta, "gamma": gamma}


def with_flops(phi, alpha, beta, gamma, cost):
    depth, width, resolution, _ = compound_scale(phi, alpha, beta, gamma)
    return depth, width, resolution, cost(depth, width, resolution)


def pays_for_width_once(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: d * w * r**2)


def pays_for_one_side(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: d * w**2 * r)


def pays_for_each_once(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: d * w * r)


def pays_for_depth_twice(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: (d * w * r) ** 2)


def adds_the_costs(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: d + w**2 + r**2)


def calls_it_two_to_the_phi(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: 2.0**phi)


def pays_for_one_step(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return with_flops(phi, alpha, beta, gamma, lambda d, w, r: alpha * beta**2 * gamma**2)


def multiplies_by_phi(phi, alpha=1.2, beta=1.1, gamma=1.15):
    depth, width, resolution = alpha * phi, beta * phi, gamma * phi
    return depth, width, resolution, depth * width**2 * resolution**2


def grows_by_the_same_amount(phi, alpha=1.2, beta=1.1, gamma=1.15):
    depth, width, resolution = (1 + phi * (base - 1) for base in (alpha, beta, gamma))
    return depth, width, resolution, depth * width**2 * resolution**2


def turns_the_power_round(phi, alpha=1.2, beta=1.1, gamma=1.15):
    depth, width, resolution = (float(phi) ** base for base in (alpha, beta, gamma))
    return depth, width, resolution, depth * width**2 * resolution**2


def swaps_depth_and_width(phi, alpha=1.2, beta=1.1, gamma=1.15):
    depth, width, resolution, flops = compound_scale(phi, alpha, beta, gamma)
    return width, depth, resolution, flops


def has_the_bases_built_in(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return compound_scale(phi)


def shares_phi_among_three(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return compound_scale(phi / 3, alpha, beta, gamma)


def is_one_step_ahead(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return compound_scale(phi + 1, alpha, beta, gamma)


def rounds_to_two_places(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return tuple(round(value, 2) for value in compound_scale(phi, alpha, beta, gamma))


def takes_whole_steps_only(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return compound_scale(int(phi), alpha, beta, gamma)


def leaves_out_the_cost(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return compound_scale(phi, alpha, beta, gamma)[:3]


COMPOUND_SCALE = Exercise(
    reference=compound_scale,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=step_by_step,
    cases=(
        Case("phi is a whole number", a_whole_step, keeps="the case to think about first"),
        Case("phi is not a whole number", part_of_a_step),
        Case("phi is 0", no_step, keeps="B0, which is scaled by 1"),
        Case("alpha, beta and gamma are others", other_bases),
    ),
    misconceptions=(
        Misconception(
            pays_for_width_once,
            "In your cost the width counts once. Twice as many channels means twice as many "
            "filters, *and* each of them looks at twice as many channels.",
        ),
        Misconception(
            pays_for_one_side,
            "In your cost the resolution counts once. A picture has two sides.",
        ),
        Misconception(
            pays_for_each_once,
            "Your cost is depth times width times resolution. Two of the three count more than "
            "once: which?",
        ),
        Misconception(
            pays_for_depth_twice,
            "In your cost the depth counts twice. Twice as many layers cost twice as much.",
        ),
        Misconception(
            adds_the_costs,
            "You add the three costs. Each multiplies what the others have made of the network.",
        ),
        Misconception(
            calls_it_two_to_the_phi,
            "Your cost is 2 to the phi. The paper rounds: with its numbers, one step costs 1.92 "
            "times as much. Compute it from depth, width and resolution.",
        ),
        Misconception(
            pays_for_one_step,
            "Your cost is that of a single step, whatever phi is.",
        ),
        Misconception(
            multiplies_by_phi,
            "You multiply by phi. Each step multiplies by alpha *again*, so phi is an exponent.",
        ),
        Misconception(
            grows_by_the_same_amount,
            "You add the same amount at every step. Each step *multiplies*, so phi is an exponent.",
        ),
        Misconception(
            turns_the_power_round, "You raise phi to the power of alpha. It is the other way round."
        ),
        Misconception(
            swaps_depth_and_width,
            "You return the width first. The order is depth, width, resolution, flops.",
        ),
        Misconception(
            has_the_bases_built_in,
            "Your answer knows 1.2, 1.1 and 1.15 only. They are arguments.",
        ),
        Misconception(
            shares_phi_among_three,
            "You share phi among the three. Each of them takes all phi steps.",
        ),
        Misconception(
            is_one_step_ahead,
            "You are one step ahead: with phi = 0 the network stays as it is.",
        ),
        Misconception(
            rounds_to_two_places,
            "Your numbers are rounded. Return them as they are; layers and channels are rounded "
            "later.",
        ),
        Misconception(
            takes_whole_steps_only,
            "You cut phi to a whole number. There is a network between two steps, too.",
        ),
        Misconception(
            leaves_out_the_cost,
            "You return three numbers. The fourth says how much more the network computes.",
        ),
    ),
    hints=(
        "One step makes the network alpha times as deep. What do two steps make of it?",
        "depth = alpha**phi, and the other two likewise. For the cost, think of a convolution: how "
        "does it grow with channels, and with the sides of the picture?",
        "A layer has as many products as places, times input channels, times filters. Two of "
        "these three grow with the width, and places grow with both sides.",
    ),
)

EXERCISES = (COMPOUND_SCALE,)
