"""Does the sample class of the pooling lesson get what it deserves, and is told why?

Here the answers are graded in this process, which takes seconds. `cnncourse sample-class` takes
them through the whole of nbgrader.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from cnncourse.course import find_exercise, find_lesson
from cnncourse.grading.engine import grade
from cnncourse.sample_class.grade import SEED
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    lesson_folder,
    read_expected,
    read_students,
)

LESSON = find_lesson("04-pooling")
EXPECTED = read_expected(LESSON)
# These end with their kernel or before they run.
ELSEWHERE = ("never-ends", "syntax-error")
ANSWERS = [
    pytest.param(student, exercise, id=f"{student.name}-{exercise}")
    for student in read_students(LESSON)
    if student.name not in ELSEWHERE
    for exercise, source in student.answers.items()
    if source is not None
]
BELIEFS = {
    ("pads-with-zeros", "max_pool2d"): "lets_zeros_win",
    ("starts-from-zero", "max_pool2d"): "starts_from_zero",
    ("moves-by-one", "max_pool2d"): "moves_by_one_unless_told",
    ("moves-by-one", "avg_pool2d"): "moves_by_one_unless_told",
    ("shares-with-everybody", "avg_pool2d"): "squares_the_first_side",
    ("shares-with-everybody", "max_pool2d_backward"): "gives_all_winners_everything",
    ("keeps-the-axes", "global_avg_pool"): "keeps_axes_of_size_one",
    ("keeps-the-axes", "head_params"): "flattens_always",
    ("overwrites", "max_pool2d_backward"): "overwrites_instead_of_adding",
    ("overwrites", "head_params"): "forgets_the_bias",
    ("detaches", "avg_pool2d"): "cuts_off_the_gradient",
}


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """As the notebook has it."""
    return (size, size) if isinstance(size, int) else tuple(size)


def test_every_student_is_in_the_table_of_expected_points() -> None:
    assert {page.stem for page in lesson_folder(LESSON).glob("*.md")} == set(EXPECTED)
    names = [exercise.name for exercise in LESSON.exercises]
    answered = {name for student in read_students(LESSON) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= set(names)
    assert all(list(row) == names for row in EXPECTED.values())


@pytest.mark.parametrize(("student", "exercise"), ANSWERS)
def test_answer_gets_its_points_and_is_told_the_belief(student, exercise) -> None:
    notebook: dict[str, Any] = {"torch": torch, "F": F, "pair": pair}
    # Answers may call those before them.
    for name, source in student.answers.items():
        exec(source or "", notebook)
        if name == exercise:
            break
    result = grade(find_exercise(exercise), notebook[exercise], seed=SEED, device="cpu")
    points = result.score * result.points
    assert points == pytest.approx(EXPECTED[student.name][exercise], abs=0.006)
    assert result.misconception == BELIEFS.get((student.name, exercise), "")
