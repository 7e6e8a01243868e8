"""How long one check takes: right answers, and wrong ones that must be diagnosed.

Run it with `python benchmarks/check.py`; it prints one table, medians of five checks each.
"""

from __future__ import annotations

import statistics
import time

import torch

from cnncourse.course import LESSONS
from cnncourse.grading.contract import Exercise
from cnncourse.grading.engine import grade

REPEATS = 5


def seconds(exercise: Exercise, answer: object) -> float:
    """The median time of a check."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        grade(exercise, answer)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"{device}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"{'exercise':<20}{'first':>10}{'right':>10}{'wrong':>10}{'slowest wrong':>16}")
    for lesson in LESSONS:
        for exercise in lesson.exercises:
            start = time.perf_counter()
            grade(exercise, exercise.reference)
            first = time.perf_counter() - start
            right = seconds(exercise, exercise.reference)
            wrong = [seconds(exercise, one.answer) for one in exercise.misconceptions]
            row = (first, right, statistics.median(wrong), max(wrong))
            print(f"{exercise.name:<20}" + "".join(f"{1000 * t:>8.0f} ms" for t in row))


if __name__ == "__main__":
    main()
