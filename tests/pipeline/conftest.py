"""Copies of the course to change, and a class that stock nbgrader has graded once for all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from cnncourse.course import Lesson, find_lesson
from cnncourse.sample_class.grade import grade_class, make_class

ROOT = Path(__file__).parents[2]
SOURCES = (
    "_config.yml",
    "_toc.yml",
    "book",
    "cnncourse",
    "exercises",
    "nbgrader_config.py",
    "pyproject.toml",
    "solutions",
    "tests",
)


@dataclass(frozen=True)
class Course:
    """A copy of the course, with its own package first on Python's path."""

    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """`python -m` with these arguments, in the copy."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`cnncourse` with these arguments, in the copy."""
        return self.run("cnncourse.cli", *arguments)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The course's sources, copied."""
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", ".*", "figures")
            shutil.copytree(source, target, ignore=left_out)
        else:
            shutil.copy(source, target)
    return Course(tmp_path)


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    """The lesson that the sample class has done."""
    return find_lesson("02-convolution")


@dataclass(frozen=True)
class GradedClass:
    """The sample class after grading, with three more who tampered with their notebooks."""

    folder: Path
    lesson: Lesson

    def notebook(self, step: str, student: str) -> Path:
        """A student's notebook at a step: submitted or autograded."""
        return self.folder / step / student / self.lesson.id / self.lesson.exercise.name

    def feedback(self, student: str) -> Path:
        """A student's feedback page."""
        return self.notebook("feedback", student).with_suffix(".html")


def skips_its_checks(notebook: NotebookNode) -> None:
    """Asks the executor to skip the check cells of an empty notebook."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.tags = ["skip-execution"]


def loses_a_check(notebook: NotebookNode) -> None:
    """Deletes the check cell of conv2d."""
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") != "conv2d"
    ]


def edits_a_check(notebook: NotebookNode) -> None:
    """Puts the points instead of the check, and claims that they are a hundred."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "conv2d":
            cell.source = "100"
            cell.metadata.nbgrader.points = 100


TAMPERERS: dict[Callable[[NotebookNode], None], str] = {
    skips_its_checks: "blank",
    loses_a_check: "all-right",
    edits_a_check: "blank",
}


@pytest.fixture(scope="session")
def graded(lesson: Lesson, tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    """The sample class, graded by the stock commands."""
    folder = tmp_path_factory.mktemp("class")
    make_class(ROOT, [lesson], folder, say=print)
    done = GradedClass(folder, lesson)
    for tamper, student in TAMPERERS.items():
        notebook = nbformat.read(done.notebook("submitted", student), as_version=4)
        tamper(notebook)
        target = done.notebook("submitted", tamper.__name__)
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    grade_class(ROOT, [lesson], folder, say=print)
    return done
