"""Write what came of each submission, so that whatever gets lost can be made again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from cnncourse.classroom.batch import Batch
from cnncourse.classroom.course_settings import CourseSettings
from cnncourse.classroom.gradebook import GradebookWriter
from cnncourse.classroom.summary import NOT_GRADED
from cnncourse.classroom.workers import Done
from cnncourse.course import Lesson
from cnncourse.intake.gate import Intake
from cnncourse.judge.grade_cells import hand_graded_cells
from cnncourse.judge.records import write_record, write_whole
from cnncourse.version import course_version


@dataclass
class Scribe:
    """Writes what came of each submission: notebook, then record, then gradebook.

    In this order, because whatever comes later can be made again from what came before.
    """

    settings: CourseSettings
    lesson: Lesson
    gradebook: GradebookWriter
    batch: Batch
    intakes: dict[str, Intake] = field(default_factory=dict)

    def write(self, done: Done) -> dict[str, Any]:
        """Store an outcome, or that there is none; the record."""
        student = done.job.student
        intake = self.intakes[student]
        if done.outcome is None:
            record = self.record_of_failure(student, intake, done.problem)
            write_record(self.settings.records, record)
            self.gradebook.store_no_grade(student, intake.timestamp)
            return record
        record = {**done.outcome.record, "release": self.batch.release}
        notebook = nbformat.reads(done.outcome.notebook, as_version=4)
        # First of all: once the notebook is replaced, nobody knows any more what was in it.
        self.gradebook.reopen(student, self.changed_texts(student, notebook))
        write_whole(self.notebook_path(student), done.outcome.notebook)
        self.write_timestamp(student, intake)
        write_record(self.settings.records, record)
        self.gradebook.store(student, notebook, intake.timestamp)
        return record

    def changed_texts(self, student: str, notebook: NotebookNode) -> set[str]:
        """The explanations that are not what was graded before, or not worth the same."""
        try:
            before = nbformat.read(self.notebook_path(student), as_version=4)
            known = {name: worth(cell) for name, cell in hand_graded_cells(before).items()}
        except Exception:
            # There is none, or whoever wrote there last has spoiled it.
            known = {}
        cells = hand_graded_cells(notebook).items()
        return {name for name, cell in cells if known.get(name) != worth(cell)}

    def store_again(self, student: str, intake: Intake) -> None:
        """Whether the gradebook got it before the last run was cut off is not known."""
        notebook = nbformat.read(self.notebook_path(student), as_version=4)
        self.gradebook.store(student, notebook, intake.timestamp)

    def notebook_path(self, student: str) -> Path:
        folder = self.settings.folder("autograded", student, self.lesson)
        return folder / self.lesson.exercise.name

    def write_timestamp(self, student: str, intake: Intake) -> None:
        """Beside the graded notebook, where nbgrader looks whether a newer one was handed in."""
        path = self.notebook_path(student).with_name("timestamp.txt")
        if intake.timestamp is None:
            path.unlink(missing_ok=True)
        else:
            write_whole(path, intake.timestamp.strftime("%Y-%m-%d %H:%M:%S.%f UTC\n"))

    def record_of_failure(self, student: str, intake: Intake, problem: str) -> dict[str, Any]:
        return {
            "version": 1,
            "course_version": course_version(),
            "lesson": self.lesson.id,
            "student": student,
            "status": NOT_GRADED,
            "reason": f"The machine failed, not the student. {problem}",
            "warnings": list(intake.warnings),
            "fingerprint": intake.fingerprint,
            "release": self.batch.release,
            "seed": self.batch.seed,
            "sandbox": "",
            "seconds": 0.0,
            "graded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "exercises": {},
        }


def worth(cell: NotebookNode) -> tuple[str, float]:
    """What a person gives points for, and how many there are."""
    return cell.source, float(cell.metadata.nbgrader.points)
