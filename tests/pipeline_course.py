"""Copies of the course to change, with their own package first on Python's path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (
    "CITATION.cff",
    "NOTICE.md",
    "README.md",
    "_config.yml",
    "_toc.yml",
    "benchmarks",
    "book",
    "cnncourse",
    "exercises",
    "nbgrader_config.py",
    "pyproject.toml",
    "requirements.txt",
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


def copy_course(folder: Path) -> Path:
    """The course's sources, copied into a folder."""
    for name in SOURCES:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", ".*", "figures")
            shutil.copytree(source, target, ignore=left_out)
        else:
            shutil.copy(source, target)
    return folder
