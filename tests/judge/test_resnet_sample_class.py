"""Does each student of lesson 08-resnet's sample class get what is expected, in a confined kernel?

Its exercises get blocks, networks and layers as arguments, which are named to the kernel and built
there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from cnncourse.course import find_lesson
from cnncourse.judge.judge import Judge
from cnncourse.judge.settings import Budgets, JudgeSettings
from cnncourse.sample_class.grade import SEED
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    fill_in,
    lesson_folder,
    read_expected,
    read_student,
)

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("08-resnet")
NAMES = [exercise.name for exercise in LESSON.exercises]
EXPECTED = read_expected(LESSON)
BELIEFS = {
    ("forgets-the-shortcut", "BasicBlock"): "forgets_the_shortcut",
    ("forgets-the-shortcut", "cifar_resnet_params"): "leaves_out_batch_norm",
    ("adds-too-late", "BasicBlock"): "adds_behind_the_relu",
    ("adds-too-late", "Bottleneck"): "always_projects",
    ("detaches", "BasicBlock"): "detaches_the_shortcut",
    ("detaches", "fold_batch_norm"): "takes_the_usual_epsilon",
    ("never-projects", "BasicBlock"): "never_projects",
    ("strides-everywhere", "resnet"): "strides_in_every_block",
    ("leaves-traces", "gradient_ratio"): "lets_the_norms_remember",
    ("leaves-traces", "fold_batch_norm"): "changes_the_convolution",
    ("turns-it-round", "gradient_ratio"): "turns_the_ratio_round",
    ("turns-it-round", "cifar_resnet_params"): "counts_projections",
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    # Somebody's loop never ends; nobody else needs as long for an exercise.
    with Judge(JudgeSettings(seed=SEED, budgets=Budgets(call=8.0, exercise=12.0))) as running:
        yield running


def test_every_student_is_in_the_table_of_expected_points() -> None:
    assert {page.stem for page in lesson_folder(LESSON).glob("*.md")} == set(EXPECTED)
    assert all(list(row) == NAMES for row in EXPECTED.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_student_gets_the_expected_points(name: str, judge: Judge) -> None:
    student = read_student(lesson_folder(LESSON) / f"{name}.md")
    assert set(student.answers) - {EVERYTHING_ELSE} <= set(NAMES)
    released = nbformat.read(ROOT / LESSON.exercise, as_version=4)
    solved = nbformat.read(ROOT / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    notebook = fill_in(released, solved, student)
    exercises = judge.judge(notebook, LESSON.id, name)["exercises"]
    got = {exercise: mark["points"] for exercise, mark in exercises.items()}
    assert got == pytest.approx(EXPECTED[name], abs=0.005)
    for (who, exercise), belief in BELIEFS.items():
        if who == name:
            assert exercises[exercise]["misconception"] == belief
