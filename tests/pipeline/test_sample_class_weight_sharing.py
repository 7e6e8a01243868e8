"""Does the sample class of lesson 3 get what it deserves, graded in sandboxed kernels?

Two of its exercises get functions as arguments: those are named to the kernel and built there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncourse.classroom.command import grade_lesson
from cnncourse.classroom.coordinator import Order
from cnncourse.classroom.workers import workers_for
from cnncourse.course import find_lesson
from cnncourse.sample_class.grade import SEED, make_class
from cnncourse.sample_class.results import Mark, read_marks
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    lesson_folder,
    read_expected,
    read_students,
)

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("03-weight-sharing")
EXPECTED = read_expected(LESSON)

# student, exercise, and the word for it in the class's table
WORDS = [
    ("unusual-style", "equivariance_error", "right"),
    ("flips-the-kernel", "conv_matrix", "flips the kernel"),
    ("flips-the-kernel", "local2d", "flips the kernels"),
    ("end-to-end", "conv_matrix", "lays the rows end to end"),
    ("shares-what-is-not-shared", "untied_params", "shares the biases"),
    ("shares-what-is-not-shared", "local2d", "shares the bias"),
    ("counts-with-floats", "shared_params", "counts with floats"),
    ("takes-one-for-the-other", "equivariance_error", "asks for invariance"),
    ("adds-a-constant", "equivariance_error", "adds the shift to the values"),
    ("adds-a-constant", "invariance_error", "adds the shift to the values"),
    ("forgets-the-stride", "equivariance_error", "moves the output by pixels of the input"),
    ("detaches", "conv_matrix", "cuts off the gradient"),
    ("detaches", "local2d", "cuts off the gradient"),
    ("crashes", "conv_matrix", "crashed"),
    ("never-ends", "local2d", "out of time"),
    ("half-done", "equivariance_error", "not attempted"),
    ("syntax-error", "invariance_error", "not defined"),
]


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Mark]]:
    folder = tmp_path_factory.mktemp("class")
    make_class(ROOT, [LESSON], folder, say=print)
    grade_lesson(ROOT, LESSON, Order(seed=SEED), workers_for(), root=folder)
    return read_marks(folder, LESSON)


def test_every_student_is_in_the_table_of_expected_points() -> None:
    pages = {page.stem for page in lesson_folder(LESSON).glob("*.md")}
    assert pages == set(EXPECTED)
    assert len(pages) >= 10
    names = [exercise.name for exercise in LESSON.exercises]
    answered = {name for student in read_students(LESSON) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= set(names)
    assert all(list(row) == names for row in EXPECTED.values())


@pytest.mark.parametrize("student", EXPECTED)
def test_student_gets_the_expected_points(student: str, marks) -> None:
    got = {name: marks[student][name].points for name in EXPECTED[student]}
    assert got == pytest.approx(EXPECTED[student], abs=0.005)


@pytest.mark.parametrize(("student", "exercise", "word"), WORDS)
def test_table_says_what_went_wrong(student: str, exercise: str, word: str, marks) -> None:
    assert marks[student][exercise].word == word
