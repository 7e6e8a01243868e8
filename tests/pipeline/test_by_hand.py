"""A person grades explanations in a real Formgrader; the rest of the course knows, and keeps it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import nbformat
import pytest
from formgrader_server import ask, formgrader

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("12-checklist")
AUTOMATIC = sum(exercise.points for exercise in LESSON.exercises)
TEXTS = [explanation.name for explanation in LESSON.explanations]
EVIL = (
    "*Mine* <script>alert(1)</script> <div class='nbgrader_cell'>"
    "<input class='score' id='explain_sharing'></div> $\\href{javascript:alert(1)}{x}$"
)
COMMENT = "The shuffle is missing: what does it show? <b>Look</b> again."


def hand_in(folder: Path, student: str, texts: dict[str, str], solved: bool = True) -> None:
    """The solution, or the release, with these texts and no others."""
    notebook = LESSON.solution.with_suffix(".ipynb") if solved else LESSON.exercise
    released = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in nbformat.read(ROOT / LESSON.exercise, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    mine = nbformat.read(ROOT / notebook, as_version=4)
    for cell in mine.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in TEXTS:
            cell.source = texts.get(name, released[name])
    target = folder / "submitted" / student / LESSON.id / LESSON.exercise.name
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(mine, target)


class Person:
    """Somebody who grades by hand, through the addresses that Formgrader's page uses."""

    def __init__(self, address: str) -> None:
        self.address = address

    def submission(self, student: str) -> dict:
        return json.loads(ask(f"{self.address}/formgrader/api/submission/{LESSON.id}/{student}"))

    def notebook(self, student: str) -> str:
        """The id under which Formgrader knows a student's notebook."""
        place = f"submitted_notebooks/{LESSON.id}/{LESSON.slug}"
        listed = json.loads(ask(f"{self.address}/formgrader/api/{place}"))
        return next(one["id"] for one in listed if one["student"] == student)

    def page(self, student: str) -> str:
        return ask(f"{self.address}/formgrader/submissions/{self.notebook(student)}/").decode()

    def rows(self, kind: str, student: str) -> dict[str, dict]:
        place = f"{kind}s?submission_id={self.notebook(student)}"
        found = json.loads(ask(f"{self.address}/formgrader/api/{place}"))
        return {one["name"]: one for one in found}

    def give(self, student: str, text: str, points: float, comment: str = "") -> None:
        given = {"grade": {"manual_score": points, "extra_credit": None}}
        if comment:
            given["comment"] = {"manual_comment": comment}
        for kind, what in given.items():
            place = f"{kind}/{self.rows(kind, student)[text]['id']}"
            ask(f"{self.address}/formgrader/api/{place}", json.dumps(what).encode(), "PUT")


@pytest.fixture
def person(course) -> Iterator[Person]:
    """A graded class: ada wrote two texts and all programs, bob nothing."""
    hand_in(course.folder, "ada", {"explain_dense": EVIL, "explain_depth": "Hard to train."})
    hand_in(course.folder, "bob", {}, solved=False)
    done = course.command("grade", LESSON.id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 graded, 1 needs manual grading" in done.stdout
    assert "ada: To be graded by hand: explain_dense, explain_depth." in done.stdout
    with formgrader(course.folder) as url:
        yield Person(url)


def test_explanations_are_graded_by_a_person_and_stay_graded(person: Person, course) -> None:
    ada = person.submission("ada")
    assert (ada["score"], ada["needs_manual_grade"]) == (AUTOMATIC, True)
    bob = person.submission("bob")
    assert (bob["score"], bob["needs_manual_grade"]) == (0, False)

    # The page shows the rubric, and the text, which does nothing and takes no other's place.
    page = person.page("ada")
    for criterion in LESSON.explanations[0].rubric:
        assert escape(criterion.what, quote=False) in page
    assert "<em>Mine</em> &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count('id="explain_sharing"') == 1
    assert "\\href" not in page

    person.give("ada", "explain_dense", 1.5, COMMENT)
    person.give("ada", "explain_depth", 3)
    ada = person.submission("ada")
    assert (ada["score"], ada["needs_manual_grade"]) == (AUTOMATIC + 4.5, False)

    # Graded again by the course's command: the texts are the same, so nothing is asked twice.
    done = course.command("grade", LESSON.id, "--again")
    assert done.returncode == 0, done.stderr
    assert "2 graded" in done.stdout
    ada = person.submission("ada")
    assert (ada["score"], ada["needs_manual_grade"]) == (AUTOMATIC + 4.5, False)

    assert course.run("nbgrader", "generate_feedback", LESSON.id).returncode == 0
    feedback = course.folder / "feedback" / "ada" / LESSON.id / "checklist.html"
    text = feedback.read_text(encoding="utf-8")
    assert "The shuffle is missing" in text
    assert "<script>alert(1)" not in text
    assert "\\href" not in text
    assert f"Score: {AUTOMATIC + 4.5} / {LESSON.points}.0" in text
    empty = feedback.parents[2] / "bob" / LESSON.id / "checklist.html"
    assert empty.read_text(encoding="utf-8").count("No response.") >= len(TEXTS)

    assert course.command("report", LESSON.id).returncode == 0
    with (course.folder / "records" / LESSON.id / "grades.csv").open(newline="") as file:
        lines = {line["student"]: line for line in csv.DictReader(file)}
    assert (lines["ada"]["status"], lines["ada"]["explain_dense"]) == ("graded", "1.5")
    assert float(lines["ada"]["total"]) == AUTOMATIC + 4.5

    # Graded again by the stock command: it asks a person to look, and takes nothing away.
    done = course.run("nbgrader", "autograde", LESSON.id, "--force", "--student=ada")
    assert done.returncode == 0, done.stderr
    grades = person.rows("grade", "ada")
    assert grades["explain_dense"]["manual_score"] == 1.5
    assert person.submission("ada")["score"] == AUTOMATIC + 4.5

    # A new text keeps the score until somebody has read it.
    hand_in(course.folder, "ada", {"explain_dense": "All new.", "explain_depth": "Hard to train."})
    person.give("ada", "explain_depth", 3)
    done = course.command("grade", LESSON.id)
    assert done.returncode == 0, done.stderr
    assert "ada: To be graded by hand: explain_dense." in done.stdout
    grades = person.rows("grade", "ada")
    dense = grades["explain_dense"]
    assert (dense["manual_score"], dense["needs_manual_grade"]) == (1.5, True)
    assert not grades["explain_depth"]["needs_manual_grade"]

    done = course.run("nbgrader", "export", "--to", str(course.folder / "grades.csv"))
    assert done.returncode == 0, done.stderr
    assert "ada waits for somebody" in done.stderr
    with (course.folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: row["needs_manual_grade"] for name, row in rows.items()} == {
        "ada": "True",
        "bob": "False",
    }
    assert float(rows["ada"]["score"]) == AUTOMATIC + 4.5
