"""A resident judge: kernels to fork and examinations to put, kept for a whole batch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from nbformat import NotebookNode

from cnncourse.course import find_exercise
from cnncourse.folder import CourseError
from cnncourse.grading.engine import Examination
from cnncourse.judge.grade_cells import BY_HAND, cells_with_points, grade_cells, hand_graded_cells
from cnncourse.judge.marks import (
    CUT_SHORT,
    Mark,
    record_by_hand,
    worth,
    write_mark,
    write_notice,
)
from cnncourse.judge.settings import JudgeSettings
from cnncourse.judge.sitting import Sitting
from cnncourse.kernels.fork_server import Zygote
from cnncourse.kernels.host import KernelHost
from cnncourse.version import course_version

CUT_SHORT_WORDS = {
    "time": "ran out of time",
    "memory": "ran out of memory",
    "processes": "started too many processes",
    "died": "ended its kernel",
}


@dataclass(frozen=True)
class Intake:
    """What the gate said of a submission; it travels in the notebook's metadata."""

    status: str = "ready"
    reason: str = ""
    warnings: tuple[str, ...] = ()
    fingerprint: str = ""

    @classmethod
    def of(cls, notebook: NotebookNode) -> Intake:
        said = notebook.metadata.get("cnncourse", {})
        return cls(
            said.get("status", "ready"),
            said.get("reason", ""),
            tuple(said.get("warnings", ())),
            said.get("fingerprint", ""),
        )


class Judge:
    """Judges notebooks one after the other. A context manager.

    host: starts its kernels; closed with it.
    """

    def __init__(self, settings: JudgeSettings, host: KernelHost | None = None) -> None:
        self.settings = settings
        self.examinations: dict[str, Examination] = {}
        self.host = host or host_for(settings)

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all kernels."""
        self.host.close()

    def examination(self, name: str) -> Examination:
        """The exercise with this batch's inputs; CourseError where the course has none."""
        if name not in self.examinations:
            try:
                exercise = find_exercise(name)
            except ValueError as error:
                raise CourseError(
                    f"The cell {name!r} is graded automatically, but is no exercise: {error} "
                    "Rename it, or make it a manually graded cell."
                ) from None
            made = Examination(exercise, self.settings.seed, self.settings.device)
            self.examinations[name] = made
        return self.examinations[name]

    def judge(self, notebook: NotebookNode, lesson: str, student: str) -> dict[str, Any]:
        """Write the outputs of all cells of a poured notebook; the record of the submission.

        Any exception is the machine's or the course's fault, never the student's.
        """
        began = time.monotonic()
        said = Intake.of(notebook)
        cells = grade_cells(notebook)
        examinations = {name: self.examination(name) for name in cells}
        sitting = Sitting(notebook, examinations, self.settings.budgets, self.host.start)
        marks = self.marks(sitting)
        for name, cell in cells.items():
            marks[name] = worth(marks[name], float(cell.metadata.nbgrader.points))
            write_mark(cell, marks[name])
        by_hand = {name: record_by_hand(one) for name, one in hand_graded_cells(notebook).items()}
        records = {name: mark.record() for name, mark in marks.items()} | by_hand
        waiting = [name for name, mark in by_hand.items() if mark["verdict"] == BY_HAND]
        status, reason = status_of(said, marks, waiting)
        write_notice(notebook, [*filter(None, [reason]), *said.warnings])
        return {
            "version": 1,
            "course_version": course_version(),
            "lesson": lesson,
            "student": student,
            "status": status,
            "reason": reason,
            "warnings": list(said.warnings),
            "fingerprint": said.fingerprint,
            "seed": self.settings.seed,
            "sandbox": self.host.description,
            "seconds": round(time.monotonic() - began, 3),
            "stages": {name: round(spent, 4) for name, spent in sitting.stages.items()},
            "graded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "by_hand": waiting,
            "exercises": {name: records[name] for name in cells_with_points(notebook)},
        }

    def marks(self, sitting: Sitting) -> dict[str, Mark]:
        """The marks of all exercises; the cells' outputs are written on the way."""
        marks = sitting.sit()
        for cell in sitting.cells:
            cell.node.outputs = cell.shown.outputs if cell.shown else []
        return {name: marks[name] for name in sitting.examinations}


def host_for(settings: JudgeSettings, zygote: Zygote | None = None) -> KernelHost:
    """A host for kernels with these settings. SandboxError where they cannot be confined."""
    return KernelHost(
        sandbox=settings.sandbox,
        warm=settings.warm,
        cuda=settings.device == "cuda",
        zygote=zygote,
    )


def status_of(said: Intake, marks: dict[str, Mark], waiting: list[str]) -> tuple[str, str]:
    """The one status of a submission, and the reason where something went wrong.

    waiting: what a person has to grade.
    """
    if said.status != "ready":
        return said.status, said.reason
    cut_short = {name: mark.reason for name, mark in marks.items() if mark.reason in CUT_SHORT}
    if not cut_short:
        return BY_HAND if waiting else "graded", ""
    parts = [f"{name} {CUT_SHORT_WORDS[reason]}" for name, reason in cut_short.items()]
    return "partly graded", f"Not everything could be graded: {', '.join(parts)}."
