"""A term on nbgrader's exchange, as an instructor and students on one machine go through it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "teach" / "term.md"
LESSON = find_lesson("02-convolution")
SOLVED = ROOT / LESSON.solution.with_suffix(".ipynb")
LATE = "+2026-11-27 10:00:00.000000 UTC"


def commands(heading: str, who: str) -> list[str]:
    """The commands in the page's part of this heading, of the teacher (bash) or a student (sh)."""
    part = PAGE.read_text(encoding="utf-8").split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(rf"^```{who}\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture
def exchange(course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the exchange, which the course's configuration names as the page says."""
    folder = tmp_path_factory.mktemp("exchange")
    config = course.folder / "nbgrader_config.py"
    with config.open("a") as file:
        file.write(f'\nc.Exchange.root = "{folder}"\n')
    return folder


@dataclass(frozen=True)
class Students:
    """Runs nbgrader in each student's home, with the settings that the page names."""

    exchange: Path
    homes: Path

    def home(self, name: str) -> Path:
        return self.homes / name

    def run(self, name: str, line: str) -> None:
        home = self.home(name)
        home.mkdir(exist_ok=True)
        (home / "nbgrader_config.py").write_text(
            f'c = get_config()\nc.CourseDirectory.course_id = "cnncourse"\n'
            f'c.Exchange.root = "{self.exchange}"\nc.CourseDirectory.student_id = "{name}"\n'
        )
        done = subprocess.run(
            [sys.executable, "-m", *line.split()],
            cwd=home,
            env=os.environ | {"JUPYTER_DATA_DIR": str(home / "data")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"


@pytest.fixture
def students(exchange: Path, tmp_path_factory: pytest.TempPathFactory) -> Students:
    return Students(exchange, tmp_path_factory.mktemp("homes"))


def teach(course, line: str) -> str:
    program, *words = line.split()
    done = course.command(*words) if program == "cnncourse" else course.run(program, *words)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stderr


def test_a_term_on_the_exchange_goes_as_the_page_says(
    course, exchange: Path, students: Students
) -> None:
    [release, collect, grade, feedback, give_back] = commands("## On nbgrader's exchange", "bash")
    [fetch, handing_in, fetch_back] = commands("## On nbgrader's exchange", "sh")
    teach(course, release)
    for name in ("ada", "eve"):
        students.run(name, fetch)
        shutil.copy(SOLVED, students.home(name) / LESSON.id / LESSON.exercise.name)
        students.run(name, handing_in)

    # Eve's folder is hers: a link to the solution, one to another's folder, a name without a time.
    inbound = exchange / "cnncourse" / "inbound"
    [hers] = inbound.glob("eve+*")
    notebook = hers / LESSON.exercise.name
    notebook.unlink()
    notebook.symlink_to(course.folder / LESSON.solution.with_suffix(".ipynb"))
    (hers / "deep").mkdir()
    os.mkfifo(hers / "pipe")
    (hers / "submission_secret.txt").write_text("../../secret")
    (inbound / f"link+{LESSON.id}{LATE}+x").symlink_to(course.folder / "solutions")
    (inbound / f"dangling+{LESSON.id}{LATE}+x").symlink_to(inbound / "nothing")
    (inbound / f"odd+{LESSON.id}+yesterday+x").mkdir()

    said = teach(course, collect)
    assert "convolution.ipynb is a link and was not opened" in said
    assert not (course.folder / "submitted" / "link").exists()
    teach(course, grade)
    points = {}
    for name in ("ada", "eve", "odd"):
        record = json.loads((course.folder / "records" / LESSON.id / f"{name}.json").read_text())
        points[name] = sum(mark["points"] for mark in record["exercises"].values())
        assert record["status"] == ("graded" if name == "ada" else "missing")
        assert not any("secret" in warning for warning in record["warnings"])
    assert points == {"ada": LESSON.points, "eve": 0, "odd": 0}

    teach(course, feedback)
    said = teach(course, give_back)
    assert "eve gets no page" in said
    assert "odd gets no page" in said
    students.run("ada", fetch_back)
    [page] = (students.home("ada") / LESSON.id / "feedback").glob("*/convolution.html")
    assert f"Score: {LESSON.points}.0 / {LESSON.points}.0" in page.read_text(encoding="utf-8")

    # A new one is collected; the old page is not given out under its name.
    students.run("ada", handing_in)
    teach(course, collect)
    assert "something newer" in teach(course, give_back)
    teach(course, grade)
    teach(course, feedback)
    assert "ada gets no page" not in teach(course, give_back)
