"""Does each student of lesson 06-representations' sample class get what is expected?

All its exercises get networks as arguments, which are named to the kernel and built there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from cnncourse.course import find_lesson
from cnncourse.judge.judge import Judge
from cnncourse.judge.settings import JudgeSettings
from cnncourse.sample_class.grade import SEED
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    fill_in,
    lesson_folder,
    read_expected,
    read_student,
)

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("06-representations")
NAMES = [exercise.name for exercise in LESSON.exercises]
EXPECTED = read_expected(LESSON)
BELIEFS = {
    ("all-hooks-one-name", "record_activations"): "all_hooks_use_the_last_name",
    ("leaves-hooks", "record_activations"): "leaves_hooks_after_a_failure",
    ("goes-down", "maximise_activation"): "descends",
    ("fills-gradients", "maximise_activation"): "fills_the_parameters_gradients",
    ("drifts", "freeze_backbone"): "lets_batchnorm_drift",
    ("freezes-last", "freeze_backbone"): "freezes_the_head_too",
    ("penalises-the-bias", "linear_probe"): "penalises_the_bias",
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(seed=SEED)) as running:
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
    # What is only to be looked at takes training, and no points.
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "code" or needed(cell)]
    exercises = judge.judge(notebook, LESSON.id, name)["exercises"]
    got = {exercise: mark["points"] for exercise, mark in exercises.items()}
    assert got == pytest.approx(EXPECTED[name], abs=0.005)
    for (who, exercise), belief in BELIEFS.items():
        if who == name:
            assert exercises[exercise]["misconception"] == belief


def needed(cell: nbformat.NotebookNode) -> bool:
    """An answer, a check, or the first cell, which imports."""
    return "nbgrader" in cell.metadata or "from cnncourse import check" in cell.source
