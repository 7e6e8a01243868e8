"""is_causal: does a function of time look into the future?"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.tcn import (
    backwards,
    centred,
    delay,
    leak,
    over_time,
    recurrent,
    spectrum,
    totals,
)
from cnncourse.reference.tcn import is_causal

LENGTH, CHANNELS, FILTERS = 7, 3, 4


def by_jacobian(f, x):
    """The oracle: the derivative of every output by every input, in whose future it may not be."""
    jacobian = torch.autograd.functional.jacobian(f, x)
    sizes = jacobian.abs().amax((0, 1, 3, 4))  # (T of the output, T of the input)
    return bool(torch.triu(sizes, 1).max() <= 1e-6 * sizes.max())


def function(build, at_random: bool = True, length: int = LENGTH, **sizes) -> Make:
    """A function of `cnncourse.recipes.tcn` and a signal for it."""

    def make(generator: Generator) -> Arguments:
        seed = {"seed": int(torch.randint(2**30, (), generator=generator))} if at_random else {}
        x = normal(generator, 2, CHANNELS, length)
        return {"f": Recipe(build, {**seed, **sizes}), "x": x}

    return make


def convolution(**sizes) -> Make:
    return function(over_time, channels=CHANNELS, filters=FILTERS, **sizes)


def hole(source: tuple[int, int], target: tuple[int, int]) -> Make:
    """A leak from a (channel, step) to a (filter, step)."""
    way = (source, target)
    return function(leak, channels=CHANNELS, filters=FILTERS, way=way)


def changed(f, x: Tensor, now: int, *, first: int | None = None, last: int = LENGTH) -> Tensor:
    """How far outputs move when the steps from `first` to before `last` get other numbers.

    first: by default the step after `now`.
    """
    noise = torch.randn(x.shape, generator=Generator().manual_seed(now)).to(x)
    other = x.clone()
    first = now + 1 if first is None else first
    other[..., first:last] = noise[..., first:last]
    return (f(other) - f(x)).detach().abs()


def steps(x: Tensor) -> range:
    return range(x.shape[-1] - 1)


def demands_the_last_digit(f, x):
    return not any(changed(f, x, now)[..., : now + 1].any() for now in steps(x))


def forbids_the_present(f, x):
    return not any((changed(f, x, now, first=now)[..., : now + 1] > 1e-6).any() for now in steps(x))


def leaves_a_step_unwatched(f, x):
    return not any((changed(f, x, now)[..., :now] > 1e-6).any() for now in steps(x))


def looks_one_step_ahead(f, x):
    return not any((changed(f, x, now, last=now + 2)[..., now] > 1e-6).any() for now in steps(x))


def asks_in_the_middle_only(f, x):
    middle = x.shape[-1] // 2
    return not (changed(f, x, middle)[..., : middle + 1] > 1e-6).any()


def watches_the_first_output_only(f, x):
    return not (changed(f, x, 0)[..., :1] > 1e-6).any()


def changes_the_last_step_only(f, x):
    last = x.shape[-1] - 2
    return not (changed(f, x, last)[..., : last + 1] > 1e-6).any()


def changes_one_channel_only(f, x):
    def with_the_others(first: Tensor) -> Tensor:
        return f(torch.cat((first, x[:, 1:]), 1))

    return is_causal(with_the_others, x[:, :1])


def watches_one_filter_only(f, x):
    return is_causal(lambda x: f(x)[:, :1], x)


def forbids_the_past(f, x):
    return not any(
        (changed(f, x, now, first=0, last=now)[..., now:] > 1e-6).any() for now in steps(x)
    )


def forgets_to_put_the_signal_back(f, x):
    other, before = x.clone(), f(x)
    for now in steps(x):
        other[..., now] += 1
        if ((f(other) - before)[..., : now + 1].abs() > 1e-6).any():
            return False
    return True


def compares_lengths(f, x):
    return f(x).shape[-1] == x.shape[-1]


def says_whether_it_leaks(f, x):
    return not is_causal(f, x)


def returns_the_size_of_the_leak(f, x):
    return max(float(changed(f, x, now)[..., : now + 1].max()) for now in steps(x))


def overwrites_the_signal(f, x):
    answer = is_causal(f, x)
    x[..., -1] = 0
    return answer


MISCONCEPTIONS = (
    Misconception(
        demands_the_last_digit,
        "You call a function a leak for a change in its sixteenth digit (or for a `nan` that you "
        "put in yourself). Whoever works with sums or frequencies of the whole signal rounds a "
        "little differently when the future changes. Allow for rounding.",
    ),
    Misconception(
        forbids_the_present,
        "You change the present together with the future, and then forbid that the present output "
        "moves. It may see its own step: change what comes *after* it.",
    ),
    Misconception(
        leaves_a_step_unwatched,
        "A leak of a single step gets past you. You change everything after t and look at the "
        "outputs *before* t: the output at t itself is watched by nobody.",
    ),
    Misconception(
        looks_one_step_ahead,
        "You change the next step only, and watch the output before it. A leak may come from "
        "further ahead: from two steps on, or from the very end.",
    ),
    Misconception(
        asks_in_the_middle_only,
        "You ask at one step in the middle. What leaks within the first half, or within the "
        "second, never crosses it. Ask at every step.",
    ),
    Misconception(
        watches_the_first_output_only,
        "You watch the first output only. It is the one with the most future, but later ones may "
        "leak all by themselves. Ask at every step.",
    ),
    Misconception(
        changes_the_last_step_only,
        "You change the last step only. A leak may come from any other. Ask at every step.",
    ),
    Misconception(
        changes_one_channel_only,
        "You change the first channel only. The future may leak through any of them.",
    ),
    Misconception(
        watches_one_filter_only,
        "You watch the first filter of the output only. The future may leak into any of them.",
    ),
    Misconception(
        forbids_the_past,
        "You change the *past*, and call it a leak when later outputs move. They may: remembering "
        "is what a causal function is for. Or did past and future get swapped?",
    ),
    Misconception(
        forgets_to_put_the_signal_back,
        "You go on changing the same copy. After some steps the past has changed as well, and "
        "everything that remembers looks like a leak. Begin with a fresh copy at every step.",
    ),
    Misconception(
        compares_lengths,
        "You say yes to every function here. As many outputs as inputs, or a change that is too "
        "small to be seen, tell nothing about the future.",
    ),
    Misconception(
        says_whether_it_leaks,
        "Your answers are turned around: True means that it is causal, that nothing leaks.",
    ),
    Misconception(
        returns_the_size_of_the_leak,
        "You return a number. The question is yes or no: is the largest change no more than "
        "rounding?",
    ),
    Misconception(
        overwrites_the_signal,
        "The answers are right, but x is another signal afterwards. Change a copy: `x.clone()`.",
    ),
)

IS_CAUSAL = Exercise(
    reference=is_causal,
    points=3,
    minutes=35,
    difficulty="challenge",
    oracle=by_jacobian,
    cases=(
        Case(
            "f is a causal convolution",
            convolution(kernel_size=3, dilation=2),
            keeps="the case to think about first",
        ),
        Case(
            "f sees one step ahead",
            convolution(kernel_size=3, ahead=1),
            keeps="the commonest leak: a window one step too late",
        ),
        Case("f sees two steps ahead, not one", convolution(kernel_size=2, dilation=2, ahead=2)),
        Case("f holds the signal back", function(delay, at_random=False, steps=2)),
        Case(
            "f turns the signal around",
            function(backwards, at_random=False),
            keeps="a function of nothing but the wrong side, for half of the steps",
        ),
        Case(
            "f is a running sum, worked out from the total",
            function(totals, at_random=False),
            keeps="rounding that depends on the future, in the plainest way",
        ),
        Case(
            "f works with frequencies",
            function(spectrum, channels=CHANNELS, kernel_size=4),
            keeps="rounding that depends on the future, where it happens in practice",
        ),
        Case(
            "the first output sees the second step",
            hole((0, 1), (0, 0)),
            keeps="the first place where there can be a leak",
        ),
        Case(
            "one output in the middle sees one step ahead",
            hole((0, 4), (0, 3)),
            keeps="a leak that neither end shows",
        ),
        Case(
            "the last output but one sees the last step",
            hole((0, LENGTH - 1), (0, LENGTH - 2)),
            keeps="the last place where there can be a leak",
        ),
        Case(
            "the first output sees the last step",
            hole((0, LENGTH - 1), (0, 0)),
            keeps="the longest leak that there is",
        ),
        Case(
            "one channel leaks",
            hole((CHANNELS - 1, 4), (0, 3)),
            keeps="a leak that the first channel does not show",
        ),
        Case(
            "the future leaks into one filter",
            hole((0, 4), (FILTERS - 1, 3)),
            keeps="a leak that the first filter does not show",
        ),
        Case(
            "f takes away the mean over time",
            function(centred, at_random=False),
            keeps="the leak that nobody looks for: a normalisation over the whole signal",
        ),
        Case(
            "f is a recurrent network",
            function(recurrent, channels=CHANNELS, width=4),
            keeps="a causal function that is no convolution, and not linear",
        ),
        Case(
            "f is a recurrent network that reads both ways",
            function(recurrent, channels=CHANNELS, width=2, both_ways=True),
            keeps="a leak that is not linear",
        ),
    ),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "If nothing leaks, other numbers in the future leave the outputs up to now as they are. So "
        "put some there, and compare.",
        "For each step t: a fresh copy of x, other numbers at `[..., t + 1:]`, and the outputs at "
        "`[..., : t + 1]` of f(copy) and f(x) side by side.",
        "Compare with `torch.allclose`, which allows for rounding. One step at which they differ "
        "is enough for False; True comes after the last step. No outputs are left out, of no "
        "channel.",
    ),
)

EXERCISES = (IS_CAUSAL,)
