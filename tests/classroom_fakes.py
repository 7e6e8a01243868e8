"""A course folder with a class in it, and a judge that needs no kernel and no time."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_output

from cnncourse.classroom.workers import Done, GradeJob
from cnncourse.course import find_lesson
from cnncourse.intake.matching import questions
from cnncourse.judge.grade_cells import BY_HAND, grade_cells, hand_graded_cells
from cnncourse.judge.marks import record_by_hand
from cnncourse.judge.settings import JudgeSettings
from cnncourse.judge.worker import Job, Outcome
from cnncourse.kernels.running import SandboxError
from cnncourse.nbgrader_commands import run_nbgrader

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("02-convolution")
TIME = "2026-11-01 12:00:00.000000 UTC"


def make_course(folder: Path, students: Sequence[str]) -> None:
    """A course with a gradebook, and these students' submissions in it."""
    for path in (LESSON.solution.with_suffix(".ipynb"), LESSON.exercise):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    for number, student in enumerate(students):
        hand_in(folder, student, f"# {student}", TIME if number % 3 == 0 else "")


def hand_in(folder: Path, student: str, words: str, timestamp: str = "") -> Path:
    """A notebook in which every answer is a comment."""
    notebook = nbformat.read(ROOT / LESSON.exercise, as_version=4)
    for cell in questions(notebook)[: 1 + len(student) % 6]:
        cell.source = words
    target = folder / "submitted" / student / LESSON.id / LESSON.exercise.name
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    if timestamp:
        target.with_name("timestamp.txt").write_text(timestamp)
    return target


def announce(folder: Path, db_url: str = "") -> None:
    """Put the lesson into the gradebook."""
    more = [f"--CourseDirectory.db_url={db_url}"] if db_url else []
    here = f"--CourseDirectory.root={folder}"
    run_nbgrader(ROOT, "generate_assignment", LESSON.id, "--force", here, *more, log=folder / "log")


def grade(job: Job, settings: JudgeSettings) -> Outcome:
    """Points that depend on the student and the seed alone."""
    notebook = nbformat.reads(job.notebook, as_version=4)
    exercises = {}
    for name, cell in grade_cells(notebook).items():
        of = float(cell.metadata.nbgrader.points)
        digest = hashlib.sha256(f"{job.student} {name} {settings.seed}".encode()).digest()
        points = of * (digest[0] % 5) / 4
        cell.outputs = [new_output("execute_result", data={"text/plain": str(points)})]
        exercises[name] = {
            "points": points,
            "of": of,
            "verdict": "right" if points == of else "wrong",
            "misconception": "",
            "say": "",
            "reason": "",
        }
    by_hand = {name: record_by_hand(cell) for name, cell in hand_graded_cells(notebook).items()}
    waiting = [name for name, mark in by_hand.items() if mark["verdict"] == BY_HAND]
    said = notebook.metadata["cnncourse"]
    record: dict[str, Any] = {
        "version": 1,
        "lesson": job.lesson,
        "student": job.student,
        "status": BY_HAND if waiting else "graded",
        "reason": "",
        "warnings": said["warnings"],
        "fingerprint": said["fingerprint"],
        "seed": settings.seed,
        "sandbox": "none",
        "seconds": 0.0,
        "graded_at": "now",
        "by_hand": waiting,
        "exercises": exercises | by_hand,
    }
    return Outcome(job.student, nbformat.writes(notebook), record)


def grade_slowly(job: Job, settings: JudgeSettings) -> Outcome:
    """So that somebody can be killed in the meantime."""
    time.sleep(0.3)
    return grade(job, settings)


def dies_once(job: Job, settings: JudgeSettings, mark: Path) -> Outcome:
    """The first worker that gets this student is killed."""
    if job.student == "s03" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return grade(job, settings)


def always_dies(job: Job, settings: JudgeSettings) -> Outcome:
    """Every worker that gets this student is killed."""
    if job.student == "s03":
        os.kill(os.getpid(), signal.SIGKILL)
    return grade(job, settings)


def raises(job: Job, settings: JudgeSettings) -> Outcome:
    """The machine fails over one student."""
    if job.student == "s03":
        raise OSError("no space left on device")
    return grade(job, settings)


def refuses(job: Job, settings: JudgeSettings) -> Outcome:
    """As on a machine that cannot confine anything."""
    raise SandboxError("This machine cannot do it.")


class HereAndNow:
    """Workers that are this process itself."""

    def run(self, grade: GradeJob, jobs: Sequence[Job], settings: JudgeSettings) -> Iterator[Done]:
        for job in jobs:
            yield Done(job, grade(job, settings))
