"""The course as nbgrader sees it: folders, gradebook, late penalties, from nbgrader_config.py."""

from __future__ import annotations

import contextlib
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

from cnncourse.course import Lesson
from cnncourse.folder import CourseError


@dataclass(frozen=True)
class CourseSettings:
    """Where things are.

    root: nbgrader's course folder. app: nbgrader's application, which holds the configuration.
    """

    root: Path
    db_url: str
    course_id: str
    app: object
    coursedir: object

    @property
    def records(self) -> Path:
        return self.root / "records"

    def folder(self, step: str, student: str, lesson: Lesson) -> Path:
        """A student's folder at a step: "submitted" or "autograded"."""
        directory = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(directory, student, lesson.id))

    def master(self, lesson: Lesson) -> Path:
        """The released notebook of a lesson. CourseError where there is none."""
        folder = self.coursedir.format_path(self.coursedir.release_directory, ".", lesson.id)
        path = Path(folder) / lesson.exercise.name
        if not path.is_file():
            raise CourseError(
                f"There is no released notebook {path}. Run `cnncourse release {lesson.id}` first."
            )
        return path

    def students(self, lesson: Lesson) -> list[str]:
        """Everybody with a folder for the lesson, in order."""
        from cnncourse.intake.exporter import students

        self.coursedir.assignment_id = lesson.id
        return students(self.coursedir)


def load_settings(course: Path, root: Path | None = None, db_url: str = "") -> CourseSettings:
    """Read nbgrader_config.py of the course, as every nbgrader command does.

    root: another course folder, for the same configuration. db_url: another gradebook.
    """
    warnings.filterwarnings("ignore", module="nbgrader")
    warnings.filterwarnings("ignore", module="sqlalchemy")
    from nbgrader.apps import NbGrader
    from nbgrader.coursedir import CourseDirectory

    with contextlib.chdir(course):
        app = NbGrader()
        app.log_level = logging.ERROR
        app.initialize([])
    coursedir = CourseDirectory(parent=app)
    coursedir.root = str((root or course).resolve())
    if db_url:
        coursedir.db_url = db_url
    return CourseSettings(
        Path(coursedir.root), coursedir.db_url, coursedir.course_id, app, coursedir
    )
