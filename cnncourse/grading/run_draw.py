"""Put a function that draws random numbers to a case: how they are spread counts, not which."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from cnncourse.grading.run_function import Answer, Parts, Setting, invoke

# Two samples of right answers differ by more than this many standard errors once in a billion.
ERRORS = 6


@dataclass(frozen=True)
class Drawn:
    """What random numbers are like.

    count: how many. figures: name -> value, in the order in which they are compared.
    repeats: a generator in the same state gives the same numbers.
    goes_on: the next call with the same generator gives other numbers.
    """

    shape: tuple[int, ...]
    count: int
    figures: dict[str, float]
    repeats: bool
    goes_on: bool

    @classmethod
    def of(cls, draw: Tensor, following: Any, again: Any) -> Drawn:
        """What a draw is like, beside the next one, and one by a generator in the same state."""
        numbers = draw.detach().cpu().double().flatten()
        deviation = float(numbers.std(correction=0))
        figures = {
            "share of numbers that differ": len(numbers.unique()) / len(numbers),
            "standard deviation": deviation,
            "mean": float(numbers.mean()),
            "share within one standard deviation of zero": float(
                (numbers.abs() <= deviation).double().mean()
            ),
        }
        return cls(
            tuple(draw.shape),
            len(numbers),
            figures,
            repeats=same(draw, again),
            goes_on=not same(draw, following),
        )

    @cached_property
    def slack(self) -> dict[str, float]:
        """How far another sample's figures may be from these, where these are normal."""
        errors = ERRORS * math.sqrt(2 / self.count)
        deviation = self.figures["standard deviation"]
        return {
            "share of numbers that differ": 0.05,
            "standard deviation": deviation * errors / math.sqrt(2),
            "mean": deviation * errors,
            "share within one standard deviation of zero": 0.47 * errors,
        }


@dataclass(frozen=True)
class Draw:
    """Let an answer draw: twice in a row, and once more from the same start.

    generator: the argument that gets a `torch.Generator`; it is none of the case's.
    """

    generator: str = "generator"

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        def start() -> torch.Generator:
            return torch.Generator().manual_seed(setting.generator.initial_seed())

        def draw(generator: torch.Generator) -> Any:
            arguments = {**setting.arguments, self.generator: generator}
            return invoke(answer, arguments, setting.options)

        generator = start()
        with setting.watch.during():
            return {
                "result": draw(generator),
                "following": draw(generator),
                "again": draw(start()),
            }

    def measured(self, parts: Parts, arguments: dict[str, Any]) -> Parts:
        """The draws of an answer in figures; what is no draw stays as it is."""
        draw = parts.get("result")
        if not isinstance(draw, Tensor) or not draw.is_floating_point() or not draw.numel():
            return {"result": draw}
        return {"result": Drawn.of(draw, parts.get("following"), parts.get("again"))}


def same(one: Tensor, other: Any) -> bool:
    return isinstance(other, Tensor) and one.shape == other.shape and torch.equal(one, other)
