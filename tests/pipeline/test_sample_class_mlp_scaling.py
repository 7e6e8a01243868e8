"""Does the sample class of lesson 01-mlp-scaling get what it deserves, kernel, judge and all?"""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncourse.course import find_exercise, find_lesson
from cnncourse.sample_class.grade import grade_class, make_class
from cnncourse.sample_class.results import Mark, read_marks
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    lesson_folder,
    read_expected,
    read_students,
)

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("01-mlp-scaling")
EXPECTED = read_expected(LESSON)

# student, exercise, and the word for it in the class's table
WORDS = [
    ("unusual-style", "mlp_backward", "right"),
    ("counts-the-dots", "dense_params", "adds the sides"),
    ("counts-the-dots", "training_bytes", "counts the weights only"),
    ("forgets-biases", "dense_params", "forgets the bias"),
    ("forgets-biases", "mlp_forward", "forgets the biases"),
    ("forgets-biases", "mlp_backward", "forgets the biases"),
    ("relu-everywhere", "mlp_forward", "applies relu to the output"),
    ("relu-everywhere", "mlp_backward", "puts a relu behind the output"),
    ("forgets-relu-backwards", "training_bytes", "takes any other name for adam"),
    ("forgets-relu-backwards", "mlp_backward", "forgets the relu"),
    ("an-order-for-each", "permute_pixels", "shuffles each image in its own order"),
    ("an-order-for-each", "rewire", "connects the other way round"),
    ("detaches", "mlp_forward", "cuts off the gradient"),
    ("detaches", "permute_pixels", "cuts off the gradient"),
    ("uses-the-library", "mlp_forward", "not allowed"),
    ("uses-the-library", "mlp_backward", "not allowed"),
    ("half-done", "rewire", "not attempted"),
    ("blank", "permute_pixels", "not attempted"),
    ("crashes", "dense_params", "takes tuples only"),
    ("crashes", "mlp_forward", "does not transpose"),
    ("never-ends", "permute_pixels", "out of time"),
    ("syntax-error", "rewire", "not defined"),
]


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Mark]]:
    folder = tmp_path_factory.mktemp("class")
    make_class(ROOT, [LESSON], folder, say=print)
    grade_class(ROOT, [LESSON], folder, say=print)
    return read_marks(folder, LESSON)


def test_every_student_is_in_the_table_of_expected_points() -> None:
    pages = {page.stem for page in lesson_folder(LESSON).glob("*.md")}
    assert pages == set(EXPECTED)
    assert len(pages) >= 10
    names = {exercise.name for exercise in LESSON.exercises}
    answered = {name for student in read_students(LESSON) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= names
    assert all(set(row) == names for row in EXPECTED.values())


@pytest.mark.parametrize("student", EXPECTED)
def test_student_gets_the_expected_points(student: str, marks) -> None:
    got = {name: marks[student][name].points for name in EXPECTED[student]}
    assert got == pytest.approx(EXPECTED[student], abs=0.005)


@pytest.mark.parametrize(("student", "exercise", "word"), WORDS)
def test_table_says_what_went_wrong(student: str, exercise: str, word: str, marks) -> None:
    assert marks[student][exercise].word == word


def test_every_belief_named_here_is_one_of_the_exercise() -> None:
    other = {"right", "not allowed", "not attempted", "out of time", "not defined"}
    for _, name, word in WORDS:
        beliefs = {belief.name for belief in find_exercise(name).misconceptions}
        assert word in other or word.replace(" ", "_") in beliefs
