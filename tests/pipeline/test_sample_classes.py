"""Does each lesson's sample class get what it deserves: kernel, judge, gradebook and all?

Lesson 02's class goes through stock nbgrader, in test_sample_class.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from cnncourse.classroom.command import grade_lesson
from cnncourse.classroom.coordinator import Order
from cnncourse.classroom.workers import workers_for
from cnncourse.course import LESSONS, Lesson
from cnncourse.judge.grade_cells import BY_HAND, NOT_ATTEMPTED
from cnncourse.judge.records import read_record
from cnncourse.sample_class.grade import SEED, make_class
from cnncourse.sample_class.results import REASONS, read_marks
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    lesson_folder,
    read_expected,
    read_students,
    read_words,
)

ROOT = Path(__file__).parents[2]
BY_STOCK = "02-convolution"
VERDICTS = {"right", "wrong", "crashed", "not allowed", NOT_ATTEMPTED, BY_HAND, *REASONS.values()}

WITH_A_CLASS = [lesson for lesson in LESSONS if lesson_folder(lesson).is_dir()]

each_lesson = pytest.mark.parametrize("lesson", WITH_A_CLASS, ids=lambda lesson: lesson.id)


@dataclass(frozen=True)
class Graded:
    """A lesson's class in a folder of its own, graded."""

    lesson: Lesson
    folder: Path


@pytest.fixture(
    scope="module",
    params=[lesson for lesson in WITH_A_CLASS if lesson.id != BY_STOCK],
    ids=lambda lesson: lesson.id,
)
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("class")
    make_class(ROOT, [request.param], folder, say=print)
    grade_lesson(ROOT, request.param, Order(seed=SEED), workers_for(), root=folder)
    return Graded(request.param, folder)


@each_lesson
def test_every_student_is_in_the_table_of_expected_points(lesson: Lesson) -> None:
    expected = read_expected(lesson)
    assert {page.stem for page in lesson_folder(lesson).glob("*.md")} == set(expected)
    assert len(expected) >= 10
    names = [exercise.name for exercise in lesson.exercises]
    texts = [explanation.name for explanation in lesson.explanations]
    answered = {name for student in read_students(lesson) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= {*names, *texts}
    assert all(set(row) == set(names) for row in expected.values())


@each_lesson
def test_words_name_beliefs_of_their_exercises(lesson: Lesson) -> None:
    words = read_words(lesson)
    assert {student for student, _ in words} <= set(read_expected(lesson))
    beliefs = {
        exercise.name: {belief.name.replace("_", " ") for belief in exercise.misconceptions}
        for exercise in lesson.exercises
    }
    named = [word for (_, name), word in words.items() if word in beliefs.get(name, ())]
    assert len(named) >= 7
    assert {word for (_, name), word in words.items() if word not in beliefs.get(name, ())} <= (
        VERDICTS
    )


def test_students_get_the_expected_points(graded: Graded) -> None:
    marks = read_marks(graded.folder, graded.lesson)
    got = {
        student: {name: marks[student][name].points for name in row}
        for student, row in read_expected(graded.lesson).items()
    }
    for student, row in read_expected(graded.lesson).items():
        assert got[student] == pytest.approx(row, abs=0.006), student


def test_table_says_what_went_wrong(graded: Graded) -> None:
    marks, words = read_marks(graded.folder, graded.lesson), read_words(graded.lesson)
    assert words == {key: marks[key[0]][key[1]].word for key in words}


def test_explanations_wait_for_a_person_where_something_was_written(graded: Graded) -> None:
    texts = [explanation.name for explanation in graded.lesson.explanations]
    for student in read_students(graded.lesson):
        default = student.answers.get(EVERYTHING_ELSE, "the instructor's")
        written = [text for text in texts if student.answers.get(text, default) is not None]
        record = read_record(graded.folder / "records", graded.lesson.id, student.name)
        assert record["by_hand"] == written, student.name
        for text in texts:
            expected = (BY_HAND, None) if text in written else (NOT_ATTEMPTED, 0)
            found = record["exercises"][text]
            assert (found["verdict"], found["points"]) == expected, student.name
