"""How long a check takes: of a right answer, and of wrong ones that are recognised.

The first check of an exercise is not counted: whatever is loaded for it is there afterwards.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from cnncourse.course import LESSONS, find_exercise
from cnncourse.experiments.convolution_timing import shorten
from cnncourse.grading.contract import Exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.run_training import Training

SEEDS = (0,)
ALL_THREADS = True
# Checks of the right answer, the fewest of wrong ones, and the seconds after which no further check
# begins.
ROUNDS, QUICK_ROUNDS = 5, 1
LEAST = 3
SECONDS, QUICK_SECONDS = 2.0, 0.2
QUICK = ("output_size", "conv2d", "BasicBlock", "ChosenNet")


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Check every exercise's reference several times, and its wrong answers once each."""
    names = [one.name for lesson in LESSONS for one in lesson.exercises]
    rounds, most = (QUICK_ROUNDS, QUICK_SECONDS) if quick else (ROUNDS, SECONDS)
    # A network draws its first weights from the global generator.
    with torch.random.fork_rng():
        return {
            "exercises": {
                name: measure(find_exercise(name), device, rounds, most)
                for name in (QUICK if quick else names)
            }
        }


def measure(exercise: Exercise, device: torch.device, rounds: int, most: float) -> dict[str, Any]:
    """Median seconds of a check, and of how many checks, for right and for wrong answers."""

    def check(answer: Callable[..., Any]) -> float:
        start = time.perf_counter()
        grade(exercise, answer, device=device)
        return time.perf_counter() - start

    wrong = [one.answer for one in exercise.misconceptions]
    times = {
        "right": first_few(check, [exercise.reference] * (1 + rounds), 2, most)[1:],
        "wrong": first_few(check, wrong, LEAST, most),
    }
    medians = {kind: shorten(statistics.median(row)) for kind, row in times.items()}
    return medians | {f"{kind}_checks": len(row) for kind, row in times.items()}


def first_few(
    check: Callable[[Any], float], answers: Sequence[Any], least: int, most: float
) -> list[float]:
    """The seconds of each check: of so many at least, and of no more when so much time is over.

    >>> first_few(float, [1, 2, 3, 4], least=1, most=2.5)
    [1.0, 2.0]
    """
    times: list[float] = []
    for answer in answers:
        if len(times) >= least and sum(times) > most:
            break
        times.append(check(answer))
    return times


def trains(name: str) -> bool:
    return isinstance(find_exercise(name).run, Training)


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    right = {name: times["right"] for name, times in results["exercises"].items()}
    training = [seconds for name, seconds in right.items() if trains(name)]
    others = [seconds for name, seconds in right.items() if not trains(name)]
    return {
        "The check that takes longest trains a network.": max(training) > max(others),
        "Most checks that train nothing take less than a second.": statistics.median(others) < 1,
    }


def table(results: dict[str, Any]) -> str:
    """A row for each lesson."""
    measured = results["exercises"]
    lines = [
        "| lesson | exercises | right answer | wrong answer | slowest, right answer |",
        "|---:|---:|---:|---:|---|",
    ]
    for lesson in LESSONS:
        times = {one.name: measured[one.name] for one in lesson.exercises if one.name in measured}
        if not times:
            continue
        medians = (
            in_words(statistics.median(one[kind] for one in times.values()))
            for kind in ("right", "wrong")
        )
        slowest = max(times, key=lambda name: times[name]["right"])
        most = in_words(times[slowest]["right"])
        cells = (lesson.number, len(times), *medians, f"`{slowest}`, {most}")
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += [
        "",
        "Medians over the exercises of a lesson. A wrong answer is one that the course knows. So it"
        " is compared with all wrong answers of its exercise, and named.",
    ]
    return "\n".join(lines)


def in_words(seconds: float) -> str:
    """A time to two digits, in the unit that suits it.

    >>> in_words(0.0123), in_words(1.26), in_words(18.4)
    ('12 ms', '1.3 s', '18 s')
    """
    milliseconds = float(f"{1000 * seconds:.2g}")
    if milliseconds < 1000:
        return f"{milliseconds:g} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
