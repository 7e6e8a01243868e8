"""Does the sample class of lesson 07-architectures get what it deserves, and is told why?

Most answers are graded in this process. Two students go through a confined kernel and the judge.
The one whose loop never ends is left to `cnncourse sample-class`: waiting for it takes a minute.
"""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise, find_lesson
from cnncourse.grading.engine import grade
from cnncourse.judge.judge import Judge
from cnncourse.judge.settings import JudgeSettings
from cnncourse.sample_class.grade import SEED
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    fill_in,
    lesson_folder,
    read_expected,
    read_student,
    read_students,
)

LESSON = find_lesson("07-architectures")
ROOT = lesson_folder(LESSON).parents[2]
EXPECTED = read_expected(LESSON)
JUDGED, LEFT_OUT = ("unusual-style", "syntax-error"), ("never-ends",)
ANSWERS = [
    pytest.param(student, exercise, id=f"{student.name}-{exercise}")
    for student in read_students(LESSON)
    if student.name not in JUDGED + LEFT_OUT
    for exercise, source in student.answers.items()
    if source is not None
]
BELIEFS = {
    ("forgets-the-padding", "LeNet5"): "ForgetsThePadding",
    ("forgets-the-padding", "alexnet_features"): "pads_no_first_layer",
    ("lives-in-another-year", "LeNet5"): "BuildsWhatIsUsualToday",
    ("lives-in-another-year", "alexnet_features"): "has_the_filters_of_2012",
    ("adds-whole-kernels", "stacked_vs_single"): "adds_whole_kernels",
    ("adds-whole-kernels", "vgg"): "leaves_out_the_dropout",
    ("always-five-hundred-and-twelve", "stacked_vs_single"): "puts_the_single_layer_first",
    ("always-five-hundred-and-twelve", "vgg"): "always_has_512_maps",
    ("drops-out-always", "LeNet5"): "EndsInASoftmax",
    ("drops-out-always", "vgg"): "drops_out_in_eval_mode",
    ("returns-the-scores", "stacked_vs_single"): "returns_floats",
}


def test_every_student_is_in_the_table_of_expected_points() -> None:
    assert {page.stem for page in lesson_folder(LESSON).glob("*.md")} == set(EXPECTED)
    names = [exercise.name for exercise in LESSON.exercises]
    answered = {name for student in read_students(LESSON) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= set(names)
    assert all(list(row) == names for row in EXPECTED.values())


@pytest.mark.parametrize(("student", "exercise"), ANSWERS)
def test_answer_gets_its_points_and_is_told_the_belief(student, exercise) -> None:
    notebook: dict[str, Any] = {"torch": torch, "F": F, "nn": nn}
    exec(student.answers[exercise], notebook)
    result = grade(find_exercise(exercise), notebook[exercise], seed=SEED, device="cpu")
    points = result.score * result.points
    assert points == pytest.approx(EXPECTED[student.name][exercise], abs=0.006)
    assert result.misconception == BELIEFS.get((student.name, exercise), "")


@pytest.mark.parametrize("name", JUDGED)
def test_student_gets_the_expected_points_from_the_judge(name: str) -> None:
    student = read_student(lesson_folder(LESSON) / f"{name}.md")
    released = nbformat.read(ROOT / LESSON.exercise, as_version=4)
    solved = nbformat.read(ROOT / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    notebook = fill_in(released, solved, student)
    with Judge(JudgeSettings(seed=SEED)) as judge:
        exercises = judge.judge(notebook, LESSON.id, name)["exercises"]
    got = {exercise: mark["points"] for exercise, mark in exercises.items()}
    assert got == pytest.approx(EXPECTED[name], abs=0.006)
