"""Make a sample class in a folder of its own, and grade it as a real one is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from cnncourse.classroom.command import grade_lesson, report_lesson
from cnncourse.classroom.coordinator import Order
from cnncourse.classroom.workers import workers_for
from cnncourse.course import Lesson
from cnncourse.folder import CourseError
from cnncourse.nbgrader_commands import run_nbgrader
from cnncourse.sample_class.submissions import hand_in

MARK = "SAMPLE_CLASS"
SEED = 0


def make_class(
    course: Path, lessons: Sequence[Lesson], folder: Path, say: Callable[[str], None]
) -> None:
    """A fresh course folder with the releases of these lessons and the class's submissions.

    Replaces an older sample class there, and nothing else: CourseError for any other folder.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise CourseError(f"{folder} holds something else. Name a folder that may be replaced.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("Made by `cnncourse sample-class`, which may delete it.\n")
    for lesson in lessons:
        notebook = lesson.solution.with_suffix(".ipynb")
        (folder / notebook).parent.mkdir(parents=True)
        shutil.copy(course / notebook, folder / notebook)
        nbgrader(course, folder, "generate_assignment", lesson.id, say=say)
        hand_in(folder, lesson)


def grade_class(
    course: Path, lessons: Sequence[Lesson], folder: Path, say: Callable[[str], None]
) -> None:
    """Grade as an instructor would, write the feedback pages, export the grades to grades.csv."""
    for lesson in lessons:
        say(f"cnncourse grade {lesson.id}")
        # The expected points are those for this seed; a real class gets a secret one.
        grade_lesson(course, lesson, Order(seed=SEED), workers_for(), root=folder)
        nbgrader(course, folder, "generate_feedback", lesson.id, say=say)
        report_lesson(course, lesson, root=folder)
    nbgrader(course, folder, "export", f"--to={folder / 'grades.csv'}", say=say)


def nbgrader(course: Path, folder: Path, *arguments: str, say: Callable[[str], None]) -> None:
    """A stock command with the course's settings, on the class's folder."""
    # Not --course-dir, which `nbgrader export` does not know.
    here = f"--CourseDirectory.root={folder}"
    run_nbgrader(course, *arguments, here, log=folder / "nbgrader.log", say=say)
