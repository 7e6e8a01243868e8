"""The gate where plain `nbgrader autograde` passes by: nbgrader itself reads no submission."""

from __future__ import annotations

import glob
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from cnncourse.intake.gate import Intake, take_in

STAGED = "_build/intake"


class IntakeExporter(NotebookExporter):
    """Takes in all submissions of a batch before nbgrader touches the first.

    They are written, poured into the master, to a folder of our own. A copy of nbgrader's course
    directory points there, so neither a FIFO nor a link nor a broken notebook gets to nbgrader.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if isinstance(self.parent, Autograde):
            stage(self.parent)


def stage(converter: Autograde) -> None:
    """Replace what a converter is about to read by what the gate makes of it."""
    real = converter.coursedir
    staged = staged_course(real)
    folder = Path(staged.submitted_directory)
    shutil.rmtree(folder, ignore_errors=True)
    assignments: dict[str, list[str]] = {}
    for student in students(real):
        target = Path(staged.format_path(str(folder), student, real.assignment_id))
        target.mkdir(parents=True, exist_ok=True)
        for release in released(real):
            source = Path(real.format_path(real.submitted_directory, student, real.assignment_id))
            master = nbformat.read(release, as_version=4)
            intake = take_in(source, master, release.name)
            write(intake, target, release.name)
            assignments.setdefault(str(target), []).append(str(target / release.name))
    converter.coursedir = staged
    converter.assignments = assignments


def staged_course(real: CourseDirectory) -> CourseDirectory:
    """The same course, whose submissions lie in our folder."""
    staged = CourseDirectory(parent=real.parent)
    for name in real.trait_names(config=True):
        setattr(staged, name, getattr(real, name))
    staged.submitted_directory = str(Path(real.root) / STAGED)
    return staged


def students(course: CourseDirectory, step: str = "submitted") -> list[str]:
    """Everybody who is selected and has a folder for the assignment, with a notebook or not."""
    directory = getattr(course, f"{step}_directory")
    pattern = course.format_path(directory, course.student_id, course.assignment_id)
    name = course.format_path(directory, "(?P<student_id>.*)", course.assignment_id, escape=True)
    # nbgrader gives a pattern for a whole path, which Path.glob does not take.
    paths = glob.glob(pattern)  # noqa: PTH207
    found = (re.match(name, path) for path in paths if Path(path).is_dir())
    return sorted(match["student_id"] for match in found if match)


def released(course: CourseDirectory) -> list[Path]:
    """The masters of the assignment's notebooks. NbGraderException where there are none."""
    folder = course.format_path(course.release_directory, ".", course.assignment_id)
    found = sorted(Path(folder).glob(f"{course.notebook_id}.ipynb"))
    if not found:
        raise NbGraderException(
            f"There is no released notebook in {folder}. "
            f"Run `nbgrader generate_assignment {course.assignment_id}` first."
        )
    return found


def write(intake: Intake, folder: Path, name: str) -> None:
    """A poured notebook and its timestamp, as files."""
    nbformat.write(with_intake(intake), folder / name)
    if intake.timestamp is not None:
        stamp = intake.timestamp.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (folder / "timestamp.txt").write_text(stamp + "\n", encoding="utf-8")


def with_intake(intake: Intake) -> NotebookNode:
    """The poured notebook, with what the gate said of it in its metadata."""
    intake.notebook.metadata["cnncourse"] = {
        "status": intake.status,
        "reason": intake.reason,
        "warnings": list(intake.warnings),
        "fingerprint": intake.fingerprint,
    }
    return intake.notebook
