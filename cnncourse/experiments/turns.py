"""Time several things side by side: in every round, all of them take their turn.

A machine that slows down for a while then slows all of them. On a processor one thread does the
work: several would wait for each other wherever something else is running.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import torch

from cnncourse.experiments.convolution_timing import shorten
from cnncourse.experiments.run import threads


def seconds(run: Callable[[], object], device: torch.device) -> float:
    """How long one call takes, until the device has finished."""
    wait = torch.get_device_module(device).synchronize
    wait()
    start = time.perf_counter()
    run()
    wait()
    return time.perf_counter() - start


def in_turns(
    runs: Mapping[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """The seconds of each, round by round, after one round that warms all of them up.

    >>> times = in_turns({"a": list, "b": dict}, rounds=3, device=torch.device("cpu"))
    >>> {name: len(seconds) for name, seconds in times.items()}
    {'a': 3, 'b': 3}
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    with threads(1):
        for run in runs.values():
            run()
        for _ in range(rounds):
            for name, run in runs.items():
                times[name].append(seconds(run, device))
    return times


def spread(values: Sequence[float]) -> dict[str, float]:
    """The median, the lowest and the highest, to three digits.

    >>> spread([2.0, 1.0, 9.87654])
    {'median': 2.0, 'lowest': 1.0, 'highest': 9.88}
    """
    found = {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}
    return {name: shorten(value) for name, value in found.items()}
