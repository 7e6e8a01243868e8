"""Where the course lies on this machine, and the errors that a person can mend."""

from __future__ import annotations

from pathlib import Path


class CourseError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


def find_course_folder(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (here) upwards, that holds the course's sources.

    CourseError where there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").is_file() and (folder / "solutions").is_dir():
            return folder
    raise CourseError(
        f"{start} is not inside the course. Change into the course's folder, "
        "the one with nbgrader_config.py and solutions/, and try again."
    )
