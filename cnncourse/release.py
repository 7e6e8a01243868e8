"""From the instructor's source to the notebook that learners open.

solutions/<id>/<slug>.py -> solutions/<id>/<slug>.ipynb -> exercises/<id>/<slug>.ipynb
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jupytext.cli import jupytext

from cnncourse.course import Lesson
from cnncourse.folder import CourseError
from cnncourse.nbgrader_commands import run_nbgrader


def build_solution(course: Path, lesson: Lesson) -> Path:
    """Write the solution's notebook from its source, and return its path.

    Cells that did not change keep their ids, so that a second run changes no byte.
    """
    source = course / lesson.solution
    if not source.is_file():
        raise CourseError(f"{lesson.solution} is missing: there is nothing to release.")
    jupytext(["--quiet", "--update", "--to", "ipynb", str(source)])
    return source.with_suffix(".ipynb")


def release(course: Path, lesson: Lesson, say: Callable[[str], None] | None = None) -> Path:
    """Make the released notebook of a lesson anew, and return its path.

    No gradebook is opened or made.
    """
    build_solution(course, lesson)
    log = course / "_build" / "release.log"
    log.unlink(missing_ok=True)
    run_nbgrader(course, "generate_assignment", lesson.id, "--no-db", "--force", log=log, say=say)
    return course / lesson.exercise
