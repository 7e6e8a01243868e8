"""Does the sample class of the TCN lesson get what it deserves, and is told why?

Here the answers are graded in this process, which takes seconds. `cnncourse sample-class` takes
them through the whole of nbgrader.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise, find_lesson
from cnncourse.grading.contract import Arguments, Case, Exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.run_training import Training
from cnncourse.reference.tcn import tcn_receptive_field
from cnncourse.sample_class.grade import SEED
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    lesson_folder,
    read_expected,
    read_students,
)

LESSON = find_lesson("10-tcn")
EXPECTED = read_expected(LESSON)
# These end with their kernel or before they run; and one network is trained elsewhere already,
# as `test_tcn_right_answers.py` has it.
ELSEWHERE = ("never-ends", "syntax-error")
TRAINED_ELSEWHERE = ("unusual-style", "SequenceClassifier")
ANSWERS = [
    pytest.param(student, exercise, id=f"{student.name}-{exercise}")
    for student in read_students(LESSON)
    if student.name not in ELSEWHERE
    for exercise, source in student.answers.items()
    if source is not None and (student.name, exercise) != TRAINED_ELSEWHERE
]
BELIEFS = {
    ("pads-both-ends", "causal_conv1d"): "looks_both_ways",
    ("pads-both-ends", "TemporalBlock"): "pads_both_ends",
    ("peeks", "causal_conv1d"): "peeks_at_the_next_step",
    ("peeks", "is_causal"): "leaves_a_step_unwatched",
    ("counts-one-convolution", "tcn_receptive_field"): "counts_one_convolution",
    ("counts-one-convolution", "min_levels"): "has_one_convolution_a_block",
    ("thinks-of-resnet", "TemporalBlock"): "adds_before_the_second_relu",
    ("demands-the-last-digit", "is_causal"): "demands_the_last_digit",
    ("short-memory", "min_levels"): "stops_one_level_early",
    ("short-memory", "SequenceClassifier"): "asks_the_last_step_of_a_short_memory",
    ("ends-in-a-softmax", "SequenceClassifier"): "ends_in_a_softmax",
    ("too-large", "SequenceClassifier"): "is_too_large",
}


def quickly(exercise: Exercise) -> Exercise:
    """With few signals to train on: a wrong network gets no better by that."""
    run = exercise.run
    if not isinstance(run, Training):
        return exercise

    def fewer(generator: torch.Generator) -> Arguments:
        arguments = exercise.cases[0].make(generator)
        return {**arguments, **{name: arguments[name][:200] for name in run.data[:2]}}

    return dataclasses.replace(exercise, cases=(Case(exercise.cases[0].why, fewer),))


def test_every_student_is_in_the_table_of_expected_points() -> None:
    assert {page.stem for page in lesson_folder(LESSON).glob("*.md")} == set(EXPECTED)
    names = [exercise.name for exercise in LESSON.exercises]
    answered = {name for student in read_students(LESSON) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= set(names)
    assert all(list(row) == names for row in EXPECTED.values())


@pytest.mark.parametrize(("student", "exercise"), ANSWERS)
def test_answer_gets_its_points_and_is_told_the_belief(student, exercise) -> None:
    notebook: dict[str, Any] = {"torch": torch, "F": F, "nn": nn}
    notebook["tcn_receptive_field"] = tcn_receptive_field
    # Answers may call those before them.
    for name, source in student.answers.items():
        exec(source or "", notebook)
        if name == exercise:
            break
    result = grade(quickly(find_exercise(exercise)), notebook[exercise], seed=SEED, device="cpu")
    points = result.score * result.points
    assert points == pytest.approx(EXPECTED[student.name][exercise], abs=0.006)
    assert result.misconception == BELIEFS.get((student.name, exercise), "")
