"""`cnncourse progress`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from cnncourse.folder import CourseError
from cnncourse.progress.as_text import as_text
from cnncourse.progress.report import report_on
from cnncourse.progress.wording import nothing_found


def progress_text(where: Sequence[Path], terminal: TextIO) -> str:
    """What to print on a terminal.

    CourseError where no notebook of the course is found, or a name leads nowhere.
    """
    report = report_on(where)
    if report.found_nothing:
        said = [*report.notes, f"{nothing_found(report)}: cnncourse progress FOLDER"]
        raise CourseError("\n".join(said))
    encoding = terminal.encoding or "ascii"
    return as_text(report, colour=takes_colour(terminal), encoding=encoding)


def takes_colour(terminal: TextIO) -> bool:
    """Whether colours are wanted there; see https://no-color.org."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return terminal.isatty() and not plain
