"""What an instructor may decide about judging, and what is decided for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budgets:
    """How long the students' code may take, in seconds of wall-clock time.

    call: one call of a function; training: one training run of a training exercise.
    exercise: all calls for one exercise. cell: one cell.
    notebook: everything, with all kernels that are needed.
    """

    call: float = 10.0
    training: float = 300.0
    exercise: float = 30.0
    cell: float = 20.0
    notebook: float = 180.0


@dataclass(frozen=True)
class JudgeSettings:
    """How a batch is judged; the same for all its submissions.

    seed: decides all inputs. Secret until the batch is graded, recorded so that it can be repeated.
    sandbox: "on", or "none" for kernels that nothing confines.
    warm: fork kernels from a resident process instead of starting an interpreter for each.
    device: where tensors lie, "cpu" or "cuda".
    """

    seed: int
    sandbox: str = "on"
    warm: bool = True
    device: str = "cpu"
    budgets: Budgets = Budgets()
