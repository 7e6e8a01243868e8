"""choose_backbone: the most accurate network that meets what is needed."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.vit import NEEDS, choose_backbone, fits

# Latency, parameters, top-1: the fast, the small, three compromises, a bad deal, the best. By
# which of the three one chooses makes a difference, whichever of them are within a limit.
NETWORKS = (
    (10, 30, 70),
    (20, 5, 72),
    (40, 60, 80),
    (50, 20, 78),
    (60, 50, 76),
    (90, 40, 84),
    (120, 90, 86),
)
# Three equals in accuracy: the fastest, the smallest, and neither. And three that are as fast.
FASTER_OR_SMALLER = (*NETWORKS, (70, 80, 84), (80, 35, 84))
AS_FAST = (*NETWORKS, (90, 35, 84), (90, 45, 84))


def choice(
    most_ms: float | None = None,
    most_params: float | None = None,
    least_top1: float | None = None,
    networks: tuple[tuple[int, int, int], ...] = NETWORKS,
    absent: bool = False,
) -> Make:
    """Needs in the numbers of NETWORKS; units, names and order are drawn.

    absent: what is not needed stands there as None.
    """

    def make(generator: Generator) -> Arguments:
        ms, params = whole(generator, 2, 9), 1000 * whole(generator, 200, 900)
        above = whole(generator, 0, 90) / 10
        letters = [chr(97 + int(i)) for i in torch.randperm(26, generator=generator)]
        rows = [
            {
                "name": f"net-{letter}",
                "latency_ms": float(ms * latency),
                "params": params * size,
                "top1": top1 + above,
            }
            for letter, (latency, size, top1) in zip(letters, networks, strict=False)
        ]
        need = {
            "max_latency_ms": None if most_ms is None else float(ms * most_ms),
            "max_params": None if most_params is None else int(params * most_params),
            "min_top1": None if least_top1 is None else least_top1 + above,
        }
        need = {name: value for name, value in need.items() if absent or value is not None}
        return {"need": need, "table": in_between(rows, need, generator)}

    return make


def in_between(rows: list[dict], need: dict, generator: Generator) -> list[dict]:
    """The rows in an order in which what is wanted is neither the first that fits, nor the last.

    The same goes for those that are as accurate.
    """
    fitting = [row for row in rows if fits(row, need)]
    wanted = choose_backbone(need, rows) if fitting else ""
    while True:
        mixed = [rows[i] for i in torch.randperm(len(rows), generator=generator)]
        names = [row["name"] for row in mixed if fits(row, need)]
        best = max((row["top1"] for row in mixed if fits(row, need)), default=0)
        equals = [row["name"] for row in mixed if row["top1"] == best and fits(row, need)]
        inside = [some for some in (names, equals) if len(some) >= 3]
        if all(wanted not in (some[0], some[-1]) for some in inside):
            return mixed


def a_need_without_meaning(generator: Generator) -> Arguments:
    arguments = choice()(generator)
    return {**arguments, "need": {"max_watts": 3.0}}


def one_after_the_other(need, table):
    """The oracle: a duel of each network against the best so far."""
    if not set(need) <= set(NEEDS):
        raise ValueError("no such need")
    best = None
    for row in table:
        over = (
            ("max_latency_ms", row["latency_ms"]),
            ("max_params", row["params"]),
            ("min_top1", -row["top1"]),
        )
        limits = {name: value for name, value in need.items() if value is not None}
        if "min_top1" in limits:
            limits["min_top1"] = -limits["min_top1"]
        if any(name in limits and value > limits[name] for name, value in over):
            continue
        key = (row["top1"], -row["latency_ms"], -row["params"])
        if best is None or key > best[0]:
            best = key, row["name"]
    if best is None:
        raise LookupError("nothing fits")
    return best[1]


def pick(need, table, key=None, judge=fits):
    """The first of those that fit, in the order of a key; LookupError where there are none."""
    rows = [row for row in table if judge(row, need)]
    if not rows:
        raise LookupError("nothing fits")
    return (min(rows, key=key) if key else rows[0])["name"]


def best_first(row):
    return -row["top1"], row["latency_ms"], row["params"]


def without(need, name):
    return {other: value for other, value in need.items() if other != name}


def takes_the_fastest(need, table):
    return pick(need, table, key=lambda row: row["latency_ms"])


def takes_the_smallest(need, table):
    return pick(need, table, key=lambda row: row["params"])


def takes_the_least_accurate(need, table):
    return pick(need, table, key=lambda row: row["top1"])


def takes_the_first_that_fits(need, table):
    return pick(need, table)


def takes_the_last_that_fits(need, table):
    return pick(need, table[::-1])


def takes_the_most_accurate_of_all(need, table):
    return pick({}, table, key=best_first)


def ignores_the_latency(need, table):
    return pick(without(need, "max_latency_ms"), table, key=best_first)


def ignores_the_parameters(need, table):
    return pick(without(need, "max_params"), table, key=best_first)


def ignores_the_accuracy(need, table):
    return pick(without(need, "min_top1"), table, key=best_first)


def excludes_the_limit(need, table):
    def judge(row, need):
        within = fits(row, need)
        on_it = row["latency_ms"] == need.get("max_latency_ms")
        return within and not on_it and row["params"] != need.get("max_params")

    return pick(need, table, best_first, judge)


def is_content_with_one_need(need, table):
    def judge(row, need):
        asked = [(name, value) for name, value in need.items() if value is not None]
        return not asked or any(fits(row, {name: value}) for name, value in asked)

    return pick(need, table, best_first, judge)


def takes_the_first_of_equals(need, table):
    return pick(need, table, key=lambda row: -row["top1"])


def takes_the_last_of_equals(need, table):
    return pick(need, table[::-1], key=lambda row: -row["top1"])


def prefers_the_smaller_of_equals(need, table):
    return pick(need, table, key=lambda row: (-row["top1"], row["params"], row["latency_ms"]))


def prefers_the_slower_of_equals(need, table):
    return pick(need, table, key=lambda row: (-row["top1"], -row["latency_ms"], row["params"]))


def prefers_the_larger_of_equals(need, table):
    return pick(need, table, key=lambda row: (-row["top1"], row["latency_ms"], -row["params"]))


def returns_the_whole_row(need, table):
    name = pick(need, table, key=best_first)
    return next(row for row in table if row["name"] == name)


def returns_all_that_fit(need, table):
    pick(need, table)
    return [row["name"] for row in sorted(table, key=best_first) if fits(row, need)]


def returns_nothing_where_nothing_fits(need, table):
    rows = sorted((row for row in table if fits(row, need)), key=best_first)
    return rows[0]["name"] if rows else None


def lowers_its_standards(need, table):
    rows = [row for row in table if fits(row, need)] or table
    return min(rows, key=best_first)["name"]


def refuses_with_another_error(need, table):
    rows = [row for row in table if fits(row, need)]
    if not rows:
        raise ValueError("nothing fits")
    return min(rows, key=best_first)["name"]


def counts_on_every_need(need, table):
    limits = need["max_latency_ms"], need["max_params"], need["min_top1"]
    return pick(dict(zip(NEEDS, limits, strict=True)), table, best_first)


def compares_with_none(need, table):
    def judge(row, need):
        values = {"max_latency_ms": -row["latency_ms"], "max_params": -row["params"]}
        values["min_top1"] = row["top1"]
        return all(
            values[name] >= (value if name == "min_top1" else -value)
            for name, value in need.items()
        )

    return pick(need, table, best_first, judge)


def sorts_the_table_itself(need, table):
    name = pick(need, table, best_first)
    table.sort(key=best_first)
    return name


CHOOSE_BACKBONE = Exercise(
    reference=choose_backbone,
    points=2,
    minutes=20,
    difficulty="warm-up",
    oracle=one_after_the_other,
    cases=(
        Case("nothing is needed", choice(), keeps="the most accurate of all"),
        Case("time is short", choice(most_ms=55), keeps="one need, as in most questions"),
        Case("memory is short", choice(most_params=45), keeps="one need, of the other kind"),
        Case(
            "time and memory are short",
            choice(most_ms=75, most_params=45),
            keeps="two limits, of which each alone would give another network",
        ),
        Case(
            "time is short, and the accuracy must not be low",
            choice(most_ms=95, least_top1=75),
            keeps="needs of both kinds",
        ),
        Case("a need is None", choice(most_params=45, absent=True)),
        Case("a network lies exactly on the limits", choice(most_ms=90, most_params=40)),
        Case("two are equally accurate", choice(most_ms=95, networks=FASTER_OR_SMALLER)),
        Case("equally accurate ones are equally fast", choice(most_ms=95, networks=AS_FAST)),
        Case(
            "nothing is fast enough",
            choice(most_ms=5),
            keeps="an empty list in the plainest question",
        ),
        Case("nothing fast is accurate enough", choice(most_ms=55, least_top1=82)),
    ),
    asides=(Case("a need has a name that does not exist", a_need_without_meaning),),
    misconceptions=(
        Misconception(
            takes_the_fastest,
            "You take the fastest that fits. Once it is fast enough, accuracy is what counts.",
        ),
        Misconception(
            takes_the_smallest,
            "You take the smallest that fits. Once it is small enough, accuracy is what counts.",
        ),
        Misconception(
            takes_the_least_accurate,
            "You take the least accurate that fits. (Sorting puts the smallest number first.)",
        ),
        Misconception(
            takes_the_first_that_fits,
            "You take the first that fits. The table is in no particular order.",
        ),
        Misconception(
            takes_the_last_that_fits,
            "You take the last that fits. The table is in no particular order.",
        ),
        Misconception(
            takes_the_most_accurate_of_all,
            "You take the most accurate of all, whatever is needed.",
        ),
        Misconception(ignores_the_latency, "You do not look at max_latency_ms."),
        Misconception(ignores_the_parameters, "You do not look at max_params."),
        Misconception(
            ignores_the_accuracy,
            "You do not look at min_top1. Where the best that fits is not good enough, "
            "nothing fits.",
        ),
        Misconception(
            excludes_the_limit,
            "You leave out a network that lies exactly on a limit. A maximum is allowed itself.",
        ),
        Misconception(
            is_content_with_one_need,
            "You are content where one of the needs is met. All of them have to be.",
        ),
        Misconception(
            takes_the_first_of_equals,
            "Of those that are equally accurate you take the first in the table. The fastest of "
            "them is wanted.",
        ),
        Misconception(
            takes_the_last_of_equals,
            "Of those that are equally accurate you take the last in the table. The fastest of "
            "them is wanted.",
        ),
        Misconception(
            prefers_the_smaller_of_equals,
            "Of two that are equally accurate you take the smaller. The faster one comes first.",
        ),
        Misconception(
            prefers_the_slower_of_equals,
            "Of two that are equally accurate you take the slower.",
        ),
        Misconception(
            prefers_the_larger_of_equals,
            "Of two that are equally accurate and equally fast you take the larger.",
        ),
        Misconception(
            returns_the_whole_row,
            "You return the row of the table. The name alone was asked for.",
        ),
        Misconception(returns_all_that_fit, "You return all that fit. Choose one of them."),
        Misconception(
            returns_nothing_where_nothing_fits,
            "You return None where nothing fits. Whoever asked would go on with it: raise "
            "LookupError.",
        ),
        Misconception(
            lowers_its_standards,
            "Where nothing fits you return the best all the same. Raise LookupError: whoever asked "
            "has to change a need.",
        ),
        Misconception(
            refuses_with_another_error,
            "Where nothing fits you raise ValueError. The question is sound, there is only no "
            "answer in this table: raise LookupError.",
        ),
        Misconception(
            counts_on_every_need,
            "You count on all three needs being there. Any of them may be absent.",
        ),
        Misconception(
            compares_with_none,
            "A need may be there with the value None, which means the same as absent. Yours "
            "compares a number with None.",
        ),
        Misconception(
            sorts_the_table_itself,
            "You sort the table that you were given. Use `sorted`, `min` or `max`, which leave it "
            "as it was.",
        ),
    ),
    hints=(
        "Two steps: first keep the rows that meet all needs, then choose the best of them.",
        "`need.get(name)` gives None where a need is absent or None. Then every row meets it.",
        "`max(rows, key=...)` with a tuple as key compares the first parts, and the next where "
        "those are equal. Put a minus before what should be low.",
    ),
)

EXERCISES = (CHOOSE_BACKBONE,)
