"""Does an answer loop where it should not? Operations are counted at two sizes, never timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from cnncourse.grading import messages
from cnncourse.grading.attempt import Elsewhere, attempt
from cnncourse.grading.contract import Case, Exercise, Line
from cnncourse.grading.run_function import Answer

# No right answer to a vectorised exercise comes near this on a case's few pixels.
OPERATIONS_LIMIT = 20_000
# Operations may differ by this many between sizes without there being a loop.
SLACK = 3


def growth_line(
    exercise: Exercise,
    answer: Answer | Elsewhere,
    generator: Callable[[], torch.Generator],
    device: torch.device | str,
) -> Line | None:
    """Whether the work stays the same when one axis grows; None where nobody asks."""
    growth = exercise.vectorised
    if not growth:
        return None

    def operations(sizes: Mapping[str, int]) -> int | None:
        case = Case("", lambda numbers: growth.make(numbers, **sizes))
        made = attempt(
            exercise,
            answer,
            case,
            generator=generator(),
            device=device,
            limit=OPERATIONS_LIMIT,
        )
        return None if made.error else made.operations

    why = "operations are counted at two sizes"
    small = operations(growth.small)
    for axis, size in growth.large.items():
        large = operations({**growth.small, axis: size})
        if small is None or large is None:
            return Line(why, False, messages.not_counted(exercise.name))
        if large > small + SLACK:
            counts = (growth.small[axis], small), (size, large)
            return Line(why, False, messages.grows(exercise.name, axis, *counts))
    return Line(why, True)
