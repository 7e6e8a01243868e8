"""Put a network to a case: train it, and let what it learned count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from cnncourse.grading.run_function import Answer, Parts, Setting, invoke


@dataclass(frozen=True)
class Measure:
    """A figure that earns nothing up to `floor`, full points from `full` on."""

    value: float
    floor: float
    full: float

    @property
    def share(self) -> float:
        return min(1.0, max(0.0, (self.value - self.floor) / (self.full - self.floor)))


@dataclass(frozen=True)
class Training:
    """Train what the answer builds, once a seed; the best run counts.

    fit: (built, seed) -> measure, for instance the accuracy on the held-out split.
    """

    fit: Callable[[Any, int], float]
    floor: float
    full: float
    seeds: tuple[int, ...] = (0, 1)
    what: str = "accuracy on the held-out split"

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        values = []
        for seed in self.seeds:
            # Default initialisation draws from the global generator: fork it, so that the
            # learner's own random numbers go on as if nothing had happened.
            with torch.random.fork_rng():
                torch.manual_seed(setting.generator.initial_seed() + seed)
                with setting.watch.during():
                    built = invoke(answer, setting.arguments, setting.signature)
                values.append(self.fit(built, seed))
        return {self.what: Measure(max(values), self.floor, self.full)}
