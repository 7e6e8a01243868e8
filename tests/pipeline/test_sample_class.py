"""Does stock nbgrader give the sample class what it deserves?"""

from __future__ import annotations

import csv
import hashlib
import html
import re
from pathlib import Path

import pytest

from cnncourse.course import LESSONS, find_exercise, find_lesson
from cnncourse.folder import CourseError
from cnncourse.sample_class.grade import MARK, make_class, nbgrader
from cnncourse.sample_class.report import as_table, surprises, write_index
from cnncourse.sample_class.results import Mark, read_marks
from cnncourse.sample_class.submissions import read_expected, read_words

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("02-convolution")
FULL = sum(exercise.points for exercise in LESSON.exercises)
EXPECTED = read_expected(LESSON)
WORDS = [(*key, word) for key, word in read_words(LESSON).items()]


@pytest.fixture(scope="module")
def marks(graded) -> dict[str, dict[str, Mark]]:
    return read_marks(graded.folder, LESSON)


@pytest.mark.parametrize("student", EXPECTED)
def test_student_gets_the_expected_points(student: str, marks) -> None:
    got = {name: marks[student][name].points for name in EXPECTED[student]}
    assert got == pytest.approx(EXPECTED[student], abs=0.005)


@pytest.mark.parametrize(("student", "exercise", "word"), WORDS)
def test_table_says_what_went_wrong(student: str, exercise: str, word: str, marks) -> None:
    assert marks[student][exercise].word == word


@pytest.mark.parametrize(
    ("tamperer", "points"),
    [("skips_its_checks", 0), ("loses_a_check", FULL), ("edits_a_check", 0)],
)
def test_tampering_with_check_cells_changes_nothing(tamperer: str, points: float, marks) -> None:
    assert sum(mark.points for mark in marks[tamperer].values()) == points


@pytest.mark.parametrize(
    ("student", "exercise", "belief"),
    [
        (student, exercise, word.replace(" ", "_"))
        for student, exercise, word in WORDS
        if word.replace(" ", "_") in {m.name for m in find_exercise(exercise).misconceptions}
    ],
)
def test_feedback_page_names_the_misconception(
    student: str, exercise: str, belief: str, graded
) -> None:
    sentences = {wrong.name: wrong.say for wrong in find_exercise(exercise).misconceptions}
    page = re.sub(r"<[^>]+>", "", graded.feedback(student).read_text(encoding="utf-8"))
    assert sentences[belief].replace("`", "") in html.unescape(page)


def test_feedback_shows_no_reference_code(graded) -> None:
    page = graded.feedback("blank").read_text(encoding="utf-8")
    assert "def windows2d" not in page
    assert "BEGIN SOLUTION" not in page


def test_feedback_asks_no_other_server_for_anything(graded) -> None:
    page = graded.feedback("all-right").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?(https?:)?//(?!github\.com)""", page)
    assert "cdn" not in page


def test_export_has_the_totals(graded, marks) -> None:
    with (graded.folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(marks)
    for student, row in rows.items():
        total = sum(mark.points for mark in marks[student].values())
        assert float(row["score"]) == pytest.approx(total)
        assert float(row["max_score"]) == FULL


def test_autograding_again_changes_nothing(graded, marks) -> None:
    def state() -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((graded.folder / "autograded").rglob("*.ipynb"))
        }

    before = state()
    nbgrader(ROOT, graded.folder, "autograde", LESSON.id, say=print)
    assert state() == before
    # And so does really grading one of them again.
    force = ("--force", "--student", "flips-the-kernel")
    nbgrader(ROOT, graded.folder, "autograde", LESSON.id, *force, say=print)
    assert read_marks(graded.folder, LESSON) == marks


def test_instructors_own_class_is_left_alone(graded) -> None:
    assert (graded.folder / "gradebook.db").is_file()
    for step in ("submitted", "autograded", "feedback"):
        assert not any((ROOT / step / student).exists() for student in EXPECTED)


def test_index_links_every_feedback_page(graded, marks, browser) -> None:
    index = write_index(graded.folder, {LESSON: marks})
    page = browser.new_page()
    page.goto(index.as_uri())
    links = page.locator("tbody th a")
    assert links.count() == len(marks)
    assert all((index.parent / link.get_attribute("href")).is_file() for link in links.all())
    links.first.click()
    assert "Exercise 1" in page.content()
    page.close()


def test_surprising_score_is_reported(marks) -> None:
    row = {**marks["blank"], "conv2d": Mark(4.0, "right")}
    expected = {"blank": EXPECTED["blank"]}
    assert surprises({"blank": row}, expected) == ["blank got 4 for conv2d, not 0."]
    assert surprises(marks, EXPECTED) == []


def test_table_has_a_row_for_everybody(marks) -> None:
    lines = as_table(LESSON, marks).splitlines()
    assert [line.split()[0] for line in lines[2 : 2 + len(marks)]] == list(marks)
    worth = [f"{exercise.points}" for exercise in LESSON.exercises]
    assert lines[2].split() == ["all-right", *worth, f"{FULL}"]


def test_class_replaces_no_folder_but_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CourseError, match="holds something else"):
        make_class(ROOT, LESSONS, tmp_path, say=print)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert not (tmp_path / MARK).exists()
