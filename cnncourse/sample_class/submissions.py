"""Read the students of a sample class, and write the notebooks that they hand in."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cnncourse.course import Lesson

EVERYTHING_ELSE = "everything else"
SECTION = re.compile(
    r"^## (?P<exercise>[\w ]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
CODE = re.compile(r"^```(?:python|markdown)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Student:
    """One student of the class.

    name: as in submitted/<name>/.
    answers: exercise -> source of the answer cell; None for a cell that was left alone.
        What is said of "everything else" goes for all exercises that are not named.
    """

    name: str
    answers: dict[str, str | None]


def lesson_folder(lesson: Lesson) -> Path:
    """Where the students of a lesson are written down."""
    return Path(__file__).parent / lesson.slug


def read_student(page: Path) -> Student:
    """The student that a Markdown page describes."""
    answers: dict[str, str | None] = {}
    for section in SECTION.finditer(page.read_text(encoding="utf-8")):
        code = CODE.search(section["body"])
        answers[section["exercise"]] = code["code"].rstrip("\n") if code else None
    return Student(page.stem, answers)


def read_students(lesson: Lesson) -> tuple[Student, ...]:
    """All students of a lesson, in the order of `expected.csv`."""
    return tuple(
        read_student(lesson_folder(lesson) / f"{name}.md") for name in read_expected(lesson)
    )


def read_expected(lesson: Lesson) -> dict[str, dict[str, float]]:
    """student -> exercise -> the points that must come out."""
    with (lesson_folder(lesson) / "expected.csv").open(newline="", encoding="utf-8") as file:
        rows = {row.pop("student"): row for row in csv.DictReader(file)}
    return {name: {key: float(points) for key, points in row.items()} for name, row in rows.items()}


def read_words(lesson: Lesson) -> dict[tuple[str, str], str]:
    """(student, exercise) -> what the class's table must say of it, where that is told."""
    with (lesson_folder(lesson) / "words.csv").open(newline="", encoding="utf-8") as file:
        return {(row["student"], row["exercise"]): row["word"] for row in csv.DictReader(file)}


def answer_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """exercise -> the cell that a learner fills in."""
    cells = {}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution"):
            cells[marks["grade_id"].removesuffix("-answer")] = cell
    return cells


def fill_in(released: NotebookNode, solved: NotebookNode, student: Student) -> NotebookNode:
    """The notebook that the student hands in; `released` is changed and returned."""
    right = answer_cells(solved)
    for exercise, cell in answer_cells(released).items():
        instructors = MARKER.sub("", right[exercise].source)
        default = student.answers.get(EVERYTHING_ELSE, instructors)
        answer = student.answers.get(exercise, default)
        if answer is not None:
            cell.source = answer
    return released


def hand_in(folder: Path, lesson: Lesson) -> None:
    """Write submitted/<student>/<id>/<slug>.ipynb for the whole class into a course folder.

    folder: holds the lesson's solution and its release, as nbgrader made it.
    """
    solved = nbformat.read(folder / lesson.solution.with_suffix(".ipynb"), as_version=4)
    for student in read_students(lesson):
        released = nbformat.read(folder / lesson.exercise, as_version=4)
        target = folder / "submitted" / student.name / lesson.id / lesson.exercise.name
        target.parent.mkdir(parents=True)
        nbformat.write(fill_in(released, solved, student), target)
