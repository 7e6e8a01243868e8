"""Read what nbgrader stored for a class: points from the gradebook, words from the notebooks."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cnncourse.course import Lesson

VERDICT = re.compile(r'data-verdict="([^"]*)"')
BELIEF = re.compile(r'data-misconception="([^"]*)"')


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
        checks = read_checks(folder, lesson, student)
        marks[student] = {name: Mark(got, word_for(checks[name])) for name, got in points.items()}
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


def read_checks(folder: Path, lesson: Lesson, student: str) -> dict[str, NotebookNode]:
    """exercise -> the check cell of a student's autograded notebook, as it ran."""
    path = folder / "autograded" / student / lesson.id / lesson.exercise.name
    cells = nbformat.read(path, as_version=4).cells
    marks = [(cell.metadata.get("nbgrader", {}), cell) for cell in cells]
    return {mark["grade_id"]: cell for mark, cell in marks if mark.get("grade")}


def word_for(check: NotebookNode) -> str:
    """The verdict of a check cell; the misconception, where one was named."""
    errors = [output.ename for output in check.outputs if output.output_type == "error"]
    if errors:
        return "out of time" if "CellTimeoutError" in errors else "not defined"
    for output in check.outputs:
        page = output.get("data", {}).get("text/html", "")
        if verdict := VERDICT.search(page):
            belief = BELIEF.search(page)
            return (belief and belief[1].replace("_", " ")) or verdict[1]
    return "no result"
