"""Binder cannot be asked here. Would it at least take a Python that the course runs on?"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]


def test_binder_takes_a_python_that_the_course_runs_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = re.fullmatch(r"python-(\d+\.\d+)\n", (ROOT / ".binder" / "runtime.txt").read_text())
    assert SpecifierSet(project["requires-python"]).contains(found[1])


def test_binder_installs_the_course_and_nothing_of_the_book() -> None:
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-e ."]
