"""Nobody gets a point that was not earned, and no right answer loses one.

All submissions are one class, graded once by the real command; each must end as its case says.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from hostile.case import Hostile
from hostile.forging import FORGING, STEALING
from hostile.lasting import LASTING
from hostile.lying import LYING
from hostile.numerics import NUMERICS
from hostile.resources import RESOURCES
from hostile.structure import STRUCTURE

from cnncourse.course import find_lesson
from cnncourse.sample_class.submissions import Student, fill_in

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("02-convolution")
CASES: tuple[Hostile, ...] = (
    *(*FORGING, *STEALING, *LYING, *LASTING),
    *(*RESOURCES, *NUMERICS, *STRUCTURE),
)
FULL = {exercise.name: float(exercise.points) for exercise in LESSON.exercises}
CANARY = "CANARY-7f3a"
GRADE = """
import sys
from pathlib import Path
if __name__ == "__main__":
    from cnncourse.classroom.command import grade_lesson
    from cnncourse.classroom.coordinator import Order
    from cnncourse.classroom.workers import workers_for
    from cnncourse.course import find_lesson
    course, folder = map(Path, sys.argv[1:3])
    grade_lesson(course, find_lesson("02-convolution"), Order(), workers_for(2), root=folder)
"""


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course folder, after grading and feedback."""
    folder = tmp_path_factory.mktemp("hostile")
    for path in (LESSON.solution.with_suffix(".ipynb"), LESSON.exercise):
        (folder / path).parent.mkdir(parents=True)
        shutil.copy(ROOT / path, folder / path)
    for place in ("solutions/02-convolution/secret.txt", "secret.txt", "submitted/other.txt"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(CANARY)
    solved = nbformat.read(folder / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    for case in CASES:
        released = nbformat.read(folder / LESSON.exercise, as_version=4)
        place = folder / "submitted" / case.name / LESSON.id
        place.mkdir(parents=True)
        case.build(place, fill_in(released, solved, Student(case.name, {})))
    (folder / "grade.py").write_text(GRADE)
    environment = {**os.environ, "SECRET_TOKEN": CANARY}
    for command in (
        [str(folder / "grade.py"), str(ROOT), str(folder)],
        ["-m", "nbgrader", "generate_feedback", LESSON.id, f"--CourseDirectory.root={folder}"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def record_of(folder: Path, case: Hostile) -> dict:
    return json.loads((folder / "records" / LESSON.id / f"{case.name}.json").read_text())


def test_cases_are_told_apart() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert len(names) >= 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_ends_as_it_must(case: Hostile, graded: Path) -> None:
    record = record_of(graded, case)
    got = {name: mark["points"] for name, mark in record["exercises"].items()}
    assert got == pytest.approx({**FULL, **case.points}, abs=1e-6), record
    assert record["status"] == case.status, record
    assert case.says in json.dumps(record)


def test_gradebook_holds_what_the_records_say(graded: Path) -> None:
    query = """select student.id, sum(grade.auto_score), sum(grade.extra_credit),
                      sum(grade.manual_score), count(*)
               from grade join submitted_notebook on submitted_notebook.id = grade.notebook_id
               join submitted_assignment
                 on submitted_assignment.id = submitted_notebook.assignment_id
               join student on student.id = submitted_assignment.student_id group by 1"""
    with closing(sqlite3.connect(graded / "gradebook.db")) as book:
        rows = {row[0]: row[1:] for row in book.execute(query)}
    assert set(rows) == {case.name for case in CASES}
    for case in CASES:
        points = sum(mark["points"] for mark in record_of(graded, case)["exercises"].values())
        assert rows[case.name] == (pytest.approx(points), None, None, len(FULL))


def written(graded: Path) -> dict[str, str]:
    """Everything that grading wrote for people."""
    steps = ("records", "autograded", "feedback")
    paths = [path for step in steps for path in (graded / step).rglob("*") if path.is_file()]
    return {str(path): path.read_text(errors="replace") for path in paths}


def test_no_secret_was_read(graded: Path) -> None:
    reference = (ROOT / "cnncourse/reference/convolution.py").read_text()
    lines = [line for line in reference.splitlines() if "einsum" in line or "windows2d(" in line]
    assert lines
    for path, text in written(graded).items():
        for secret in (CANARY, "BEGIN SOLUTION", *lines):
            assert secret not in text, path


class Active(HTMLParser):
    """Counts what a page could act with."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag, attributes) -> None:
        if tag in ("script", "svg", "iframe", "object", "embed", "form"):
            self.found[tag] += 1
        for name, value in attributes:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found[name] += 1


def active(page: Path) -> Counter[str]:
    parser = Active()
    parser.feed(page.read_text())
    return parser.found


def test_feedback_pages_run_nothing_of_the_students(graded: Path) -> None:
    pages = list((graded / "feedback").rglob("*.html"))
    assert len(pages) == len(CASES)
    by_name = {page.parent.parent.name: page for page in pages}
    plain = active(by_name["scratch-cells"])
    for page in pages:
        assert active(page) == plain, page
    shown = by_name["prints-points"].read_text()
    assert html.escape("<script>alert(1)</script>") in shown


def test_pages_and_notebooks_stay_small(graded: Path) -> None:
    for path, text in written(graded).items():
        assert len(text) < 2 << 20, path


def test_nothing_survives(graded: Path) -> None:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            assert b"hostile-daemon" not in words
            assert str(graded).encode() not in words
