"""Stock nbgrader commands, run as an instructor types them, with the noise in a log file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cnncourse.folder import CourseError

LAST_LINES = 15


def run_nbgrader(
    course: Path, *arguments: str, log: Path, say: Callable[[str], None] | None = None
) -> None:
    """`nbgrader` with these arguments in the course's folder, so that its settings are read.

    What nbgrader prints is appended to `log`. CourseError with the last lines of it where
    the command fails.
    """
    if say is not None:
        say("nbgrader " + " ".join(arguments))
    log.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ nbgrader {' '.join(arguments)}\n{done.stdout}\n")
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-LAST_LINES:])
        raise CourseError(f"nbgrader {arguments[0]} failed. The end of {log}:\n{last}")
