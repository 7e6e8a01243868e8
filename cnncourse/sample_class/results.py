"""Read what is stored for a class: points from the gradebook, words from the records."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnncourse.course import Lesson
from cnncourse.judge.records import read_record

REASONS = {
    "time": "out of time",
    "memory": "out of memory",
    "processes": "too many processes",
    "died": "ended its kernel",
    "not defined": "not defined",
}


@dataclass(frozen=True)
class Mark:
    """What one student got for one exercise, and why in a word or two."""

    points: float
    word: str


Marks = dict[str, dict[str, Mark]]  # student -> exercise -> mark


def read_marks(folder: Path, lesson: Lesson) -> Marks:
    """The marks of everybody who handed in the lesson, by student and exercise."""
    marks: Marks = {}
    for student, points in read_points(folder, lesson).items():
        record = read_record(folder / "records", lesson.id, student)
        exercises = record["exercises"] if record else {}
        marks[student] = {
            name: Mark(got, word_for(exercises.get(name, {}))) for name, got in points.items()
        }
    return marks


def read_points(folder: Path, lesson: Lesson) -> dict[str, dict[str, float]]:
    """student -> exercise -> points, from the gradebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own, about its database
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            return {
                submission.student.id: {
                    grade.name: float(grade.score) for grade in submission.notebooks[0].grades
                }
                for submission in gradebook.assignment_submissions(lesson.id)
            }


def word_for(mark: dict[str, Any]) -> str:
    """The misconception, where one was named; else what cut it short, or the verdict.

    >>> word_for({"misconception": "flips_the_kernel", "reason": "", "verdict": "wrong"})
    'flips the kernel'
    """
    if not mark:
        return "no result"
    belief = mark["misconception"].replace("_", " ")
    return belief or REASONS.get(mark["reason"]) or mark["verdict"]
