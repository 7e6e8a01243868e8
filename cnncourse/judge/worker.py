"""One job for any process of any machine: a poured notebook in, a graded one and its record out."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import nbformat

from cnncourse.judge.judge import Judge
from cnncourse.judge.settings import JudgeSettings


@dataclass(frozen=True)
class Job:
    """One submission to be graded.

    notebook: the poured notebook as JSON; what the gate said of it is in its metadata.
    """

    lesson: str
    student: str
    notebook: str


@dataclass(frozen=True)
class Outcome:
    """One graded submission: the executed notebook as JSON, and its record."""

    student: str
    notebook: str
    record: dict[str, Any]


class Resident:
    """Keeps the judge of the current batch, so that only a process's first job has to wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.judge: Judge | None = None

    def judge_for(self, settings: JudgeSettings) -> Judge:
        with self.lock:
            if self.judge is None or self.judge.settings != settings:
                if self.judge is not None:
                    self.judge.close()
                self.judge = Judge(settings)
            return self.judge

    def forget(self) -> None:
        """Close the judge; the next job starts a new one."""
        with self.lock:
            if self.judge is not None:
                self.judge.close()
                self.judge = None


# Of this process: an executor calls functions, and knows of no object that lives between them.
RESIDENT = Resident()


def grade_job(job: Job, settings: JudgeSettings) -> Outcome:
    """Grade one submission. Raises only for what is not the student's doing."""
    notebook = nbformat.reads(job.notebook, as_version=4)
    try:
        record = RESIDENT.judge_for(settings).judge(notebook, job.lesson, job.student)
    except Exception:
        # Whatever was wrong with the kernels' host may be gone with it.
        RESIDENT.forget()
        raise
    return Outcome(job.student, nbformat.writes(notebook), record)
