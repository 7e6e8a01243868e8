"""A term on nbgrader's exchange, as an instructor and students on one machine go through it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "teach" / "term.md"
LESSON = find_lesson("02-convolution")
SOLVED = ROOT / LESSON.solution.with_suffix(".ipynb")
LATE = "+2026-11-27 10:00:00.000000 UTC"
Nbgrader = Callable[..., subprocess.CompletedProcess[str]]


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


@pytest.fixture
def student(exchange: Path, tmp_path_factory: pytest.TempPathFactory) -> Nbgrader:
    """Runs nbgrader in a student's home, with the two settings that the page names."""

    def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        home = tmp_path_factory.getbasetemp() / f"home-{name}"
        home.mkdir(exist_ok=True)
        (home / "nbgrader_config.py").write_text(
            f'c = get_config()\nc.CourseDirectory.course_id = "cnncourse"\n'
            f'c.Exchange.root = "{exchange}"\nc.CourseDirectory.student_id = "{name}"\n'
        )
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words],
            cwd=home,
            env=os.environ | {"JUPYTER_DATA_DIR": str(home / "data")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}\n{done.stderr}"
        return done

    run.home = lambda name: tmp_path_factory.getbasetemp() / f"home-{name}"
    return run


def teach(course, line: str) -> str:
    program, *words = line.split()
    done = course.command(*words) if program == "cnncourse" else course.run(program, *words)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stderr


def test_a_term_on_the_exchange_goes_as_the_page_says(course, exchange, student) -> None:
    handing_out, handing_in = commands("## On nbgrader's exchange", "bash"), []
    [release, collect, grade, feedback, give_back] = handing_out
    [fetch, handing_in, fetch_back] = commands("## On nbgrader's exchange", "sh")
    teach(course, release)
    for name in ("ada", "eve"):
        student(name, *fetch.split()[1:])
        shutil.copy(SOLVED, student.home(name) / LESSON.id / LESSON.exercise.name)
        student(name, *handing_in.split()[1:])

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
    student("ada", *fetch_back.split()[1:])
    [page] = (student.home("ada") / LESSON.id / "feedback").glob("*/convolution.html")
    assert f"Score: {LESSON.points}.0 / {LESSON.points}.0" in page.read_text(encoding="utf-8")

    # A new one is collected; the old page is not given out under its name.
    student("ada", *handing_in.split()[1:])
    teach(course, collect)
    assert "something newer" in teach(course, give_back)
    teach(course, grade)
    teach(course, feedback)
    assert "ada gets no page" not in teach(course, give_back)
