"""Does the sample class of lesson 9 get what it deserves, graded in sandboxed kernels?"""

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
LESSON = find_lesson("09-efficientnet")
EXPECTED = read_expected(LESSON)

# student, exercise, and the word for it in the class's table
WORDS = [
    ("unusual-style", "MBConv", "right"),
    ("has-relu-everywhere", "SqueezeExcite", "has relu inside"),
    ("has-relu-everywhere", "MBConv", "has relu in the weighing too"),
    ("returns-the-gate", "SqueezeExcite", "returns the gate"),
    ("returns-the-gate", "MBConv", "goes on with the gate alone"),
    ("returns-the-gate", "round_filters", "lets a tenth be lost"),
    ("squeezes-the-wide-ones", "MBConv", "squeezes from the wide channels"),
    ("always-widens", "MBConv", "always widens"),
    ("always-widens", "compound_scale", "pays for width once"),
    ("forgets-the-shortcut", "MBConv", "has no shortcut"),
    ("forgets-the-shortcut", "compound_scale", "grows by the same amount"),
    ("keeps-biases", "MBConv", "has biases in convolutions"),
    ("keeps-biases", "round_repeats", "rounds to the nearest"),
    ("counts-with-floats", "separable_ratio", "rounds to a float"),
    ("counts-with-floats", "round_filters", "returns a float"),
    ("pays-for-one-step", "separable_ratio", "leaves out the depthwise step"),
    ("pays-for-one-step", "compound_scale", "pays for each once"),
    ("crashes", "MBConv", "crashed"),
    ("never-ends", "round_filters", "out of time"),
    ("half-done", "MBConv", "not attempted"),
    ("syntax-error", "round_repeats", "not defined"),
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
