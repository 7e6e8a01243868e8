"""What a person graded is never lost, never doubled, and asked for again only where it must be."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import classroom_fakes
import nbformat
import pytest
from classroom_fakes import ROOT, HereAndNow, announce, grade, make_course

from cnncourse.classroom.command import report_lesson
from cnncourse.classroom.coordinator import ClassRun, Order, grade_class
from cnncourse.classroom.course_settings import load_settings
from cnncourse.classroom.scribe import Scribe
from cnncourse.classroom.workers import Done, GradeJob
from cnncourse.course import find_lesson
from cnncourse.judge.settings import JudgeSettings
from cnncourse.judge.worker import Job

LESSON = find_lesson("12-checklist")
TEXT, OTHER = "explain_dense", "explain_depth"
WAITING = """
select manual_score, auto_score, needs_manual_grade from grade
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join base_cell on base_cell.id = grade.cell_id
where submitted_assignment.student_id = ? and base_cell.name = ?
"""
GIVE = """
update grade set manual_score = ?, needs_manual_grade = 0 where id in (
select grade.id from grade
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join base_cell on base_cell.id = grade.cell_id
where submitted_assignment.student_id = ? and base_cell.name = ?)
"""


@pytest.fixture(scope="module")
def two_students(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with two students: ada explains two things, and bob none."""
    folder = tmp_path_factory.mktemp("two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classroom_fakes, "LESSON", LESSON)
        make_course(folder, [])
        announce(folder)
    hand_in(folder, "ada", **{TEXT: "Too many weights.", OTHER: "It is hard to train."})
    hand_in(folder, "bob")
    return folder


@pytest.fixture
def course(two_students: Path, tmp_path: Path) -> Path:
    """A copy to be graded."""
    return Path(shutil.copytree(two_students, tmp_path / "course"))


def hand_in(folder: Path, student: str, **texts: str) -> None:
    notebook = nbformat.read(ROOT / LESSON.exercise, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = texts.get(name, cell.source)
    target = folder / "submitted" / student / LESSON.id / LESSON.exercise.name
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def run_class(folder: Path, order: Order = Order(seed=7), job=grade) -> ClassRun:  # noqa: B008
    settings = load_settings(ROOT, folder)
    return grade_class(ROOT, settings, LESSON, order, HereAndNow(), print, grade=job)


def give(folder: Path, student: str, name: str, points: float | None) -> None:
    """As Formgrader does."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        assert book.execute(GIVE, (points, student, name)).rowcount == 1
        book.commit()


def row(folder: Path, student: str, name: str = TEXT) -> tuple:
    """Score by hand, automatic score, whether a person is needed."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        [found] = book.execute(WAITING, (student, name))
    return found


def record(folder: Path, student: str) -> dict:
    return json.loads((folder / "records" / LESSON.id / f"{student}.json").read_text())


def table(folder: Path) -> dict[str, dict[str, str]]:
    report_lesson(ROOT, LESSON, root=folder)
    path = folder / "records" / LESSON.id / "grades.csv"
    with path.open(newline="") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


def test_written_texts_wait_and_untouched_ones_do_not(course: Path) -> None:
    run = run_class(course)
    assert row(course, "ada") == (None, None, 1)
    assert row(course, "bob") == (None, 0, 0)
    ada, bob = run.records["ada"], run.records["bob"]
    assert (ada["status"], bob["status"]) == ("needs manual grading", "graded")
    assert ada["by_hand"] == [TEXT, OTHER]
    assert ada["exercises"][TEXT]["points"] is None
    assert bob["exercises"][TEXT] | {"points": 0} == bob["exercises"][TEXT]
    assert bob["exercises"][TEXT]["verdict"] == "not attempted"
    lines = table(course)
    assert (lines["ada"][TEXT], lines["bob"][TEXT]) == ("", "0")
    page = (course / "records" / LESSON.id / "report.html").read_text()
    assert "to grade" in page
    assert f"To be graded by hand: {TEXT}, {OTHER}." in page


def test_report_knows_what_was_given_since(course: Path) -> None:
    total = run_class(course).records["ada"]["exercises"]
    automatic = sum(mark["points"] or 0 for mark in total.values())
    give(course, "ada", TEXT, 2.5)
    ada = table(course)["ada"]
    assert (ada["status"], ada[TEXT], ada[OTHER]) == ("needs manual grading", "2.5", "")
    give(course, "ada", OTHER, 3)
    ada = table(course)["ada"]
    assert (ada["status"], float(ada["total"])) == ("graded", automatic + 5.5)
    assert record(course, "ada")["exercises"][OTHER]["verdict"] == "graded by hand"
    assert record(course, "ada")["by_hand"] == []


def test_score_survives_a_regrade_and_is_not_asked_for_again(course: Path) -> None:
    run_class(course)
    give(course, "ada", TEXT, 2.5)
    for order in (Order(), Order(again=True), Order(again=True)):
        run = run_class(course, order)
        assert row(course, "ada") == (2.5, None, 0)
        assert run.records["ada"]["exercises"][TEXT]["points"] == 2.5
        assert run.records["ada"]["by_hand"] == [OTHER]


def test_another_text_is_to_be_looked_at_again(course: Path) -> None:
    run_class(course)
    for name in (TEXT, OTHER):
        give(course, "ada", name, 2)
    hand_in(course, "ada", **{TEXT: "Another text.", OTHER: "It is hard to train."})
    run = run_class(course)
    assert (row(course, "ada"), row(course, "ada", OTHER)) == ((2, None, 1), (2, None, 0))
    assert run.records["ada"]["by_hand"] == [TEXT]
    assert run.records["ada"]["status"] == "needs manual grading"
    # Not even a text that was taken back loses the score without a person.
    hand_in(course, "ada", **{OTHER: "It is hard to train."})
    run_class(course)
    assert row(course, "ada") == (2, 0, 1)


def test_run_that_is_killed_between_files_and_gradebook_still_asks(course: Path) -> None:
    run_class(course)
    give(course, "ada", TEXT, 2)
    hand_in(course, "ada", **{TEXT: "Another text.", OTHER: "It is hard to train."})
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        Scribe.write_timestamp = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        run_class(course)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    run_class(course)
    assert row(course, "ada") == (2, None, 1)


class FailingWorkers(HereAndNow):
    """The machine fails over everybody."""

    def run(self, grade: GradeJob, jobs: Sequence[Job], settings: JudgeSettings) -> Iterator[Done]:
        for job in jobs:
            yield Done(job, None, "No space left on device.")


def test_failure_of_the_machine_takes_no_score_away(course: Path) -> None:
    run_class(course)
    give(course, "ada", TEXT, 2)
    settings = load_settings(ROOT, course)
    grade_class(ROOT, settings, LESSON, Order(again=True), FailingWorkers(), print, grade=grade)
    assert row(course, "ada") == (2, None, 0)
    assert record(course, "ada")["status"] == "infrastructure error"
    assert table(course)["ada"]["total"] == ""
    run = run_class(course)
    assert row(course, "ada") == (2, None, 0)
    assert run.records["ada"]["exercises"][TEXT]["points"] == 2


def test_score_given_to_an_exercise_counts_in_the_report(course: Path) -> None:
    run_class(course)
    give(course, "bob", "predict_dense", 1.75)
    assert table(course)["bob"]["predict_dense"] == "1.75"
    give(course, "bob", "predict_dense", None)
    automatic = row(course, "bob", "predict_dense")[1]
    assert float(table(course)["bob"]["predict_dense"]) == automatic
