"""One job for any process of any machine: a poured notebook in, a graded one and its record out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbformat

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


def grade_job(job: Job, settings: JudgeSettings) -> Outcome:
    """Grade one submission. Raises only for what is not the student's doing."""
    # With it comes PyTorch, which a process that only hands out jobs does not need.
    from cnncourse.judge.resident import RESIDENT

    notebook = nbformat.reads(job.notebook, as_version=4)
    try:
        # PyTorch's settings and standard output belong to the process: no two threads at once.
        with RESIDENT.busy:
            judge = RESIDENT.judge_for(settings)
            record = judge.judge(notebook, job.lesson, job.student)
    except Exception:
        # Whatever was wrong with the kernels' host may be gone with it.
        RESIDENT.forget()
        raise
    return Outcome(job.student, nbformat.writes(notebook), record)
