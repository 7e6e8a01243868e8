"""Does each student of lesson 05-depth's sample class get what is expected?"""

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
LESSON = find_lesson("05-depth")
NAMES = [exercise.name for exercise in LESSON.exercises]
EXPECTED = read_expected(LESSON)
BELIEFS = {
    ("looks-at-the-gradient", "relu_backward"): "looks_at_the_gradient",
    ("forgets-the-root", "he_init"): "forgets_the_root",
    ("forgets-the-root", "receptive_field"): "jumps_too_early",
    ("adds-whole-kernels", "receptive_field"): "adds_whole_kernels",
    ("adds-whole-kernels", "conv_macs"): "counts_the_weights",
    ("trusts-a-plain-input", "gradient_receptive_field"): "trusts_a_plain_input",
    ("leaves-eval-mode-on", "gradient_receptive_field"): "leaves_eval_mode_on",
    ("ends-in-a-softmax", "SmallCNN"): "ends_in_a_softmax",
    ("hides-its-layers", "SmallCNN"): "has_nothing_to_learn",
    ("too-large", "SmallCNN"): "is_too_large",
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
    expected = dict(EXPECTED[name])
    if name != "all-right" and not {"SmallCNN", EVERYTHING_ELSE} & set(student.answers):
        # The instructor's own network need not be trained for everybody.
        expected.pop("SmallCNN")
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") != "SmallCNN"
        ]
    exercises = judge.judge(notebook, LESSON.id, name)["exercises"]
    got = {exercise: mark["points"] for exercise, mark in exercises.items()}
    assert got == pytest.approx(expected, abs=0.005)
    for (who, exercise), belief in BELIEFS.items():
        if who == name:
            assert exercises[exercise]["misconception"] == belief
