"""Does each student of lesson 12-checklist's sample class get what is expected?"""

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
LESSON = find_lesson("12-checklist")
NAMES = [exercise.name for exercise in LESSON.exercises]
TEXTS = [explanation.name for explanation in LESSON.explanations]
EXPECTED = read_expected(LESSON)
BELIEFS = {
    ("forgets-the-biases", "predict_dense"): "forgets_the_biases",
    ("forgets-the-biases", "predict_sharing"): "forgets_the_biases_of_the_places",
    ("thinks-pooling-makes-invariant", "predict_moving"): "thinks_zeros_do_no_harm",
    ("calls-it-overfitting", "predict_depth"): "thinks_deeper_is_better",
    ("takes-the-newest", "predict_backbone"): "takes_the_newest",
    ("trusts-the-place", "ChosenNet"): "trusts_the_place",
    ("over-the-budget", "ChosenNet"): "is_over_the_budget",
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
    assert set(student.answers) - {EVERYTHING_ELSE} <= {*NAMES, *TEXTS}
    released = nbformat.read(ROOT / LESSON.exercise, as_version=4)
    solved = nbformat.read(ROOT / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    notebook = fill_in(released, solved, student)
    expected = dict(EXPECTED[name])
    if name != "all-right" and not {"ChosenNet", EVERYTHING_ELSE} & set(student.answers):
        # The instructor's own network need not be trained for everybody.
        expected.pop("ChosenNet")
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") != "ChosenNet"
        ]
    record = judge.judge(notebook, LESSON.id, name)
    exercises = record["exercises"]
    got = {exercise: exercises[exercise]["points"] for exercise in expected}
    assert got == pytest.approx(expected, abs=0.005)
    for (who, exercise), belief in BELIEFS.items():
        if who == name:
            assert exercises[exercise]["misconception"] == belief
    # Texts: written ones wait for a person, the others are no work for anybody.
    default = student.answers.get(EVERYTHING_ELSE, "the instructor's")
    written = [text for text in TEXTS if student.answers.get(text, default) is not None]
    assert record["by_hand"] == written
    for text in TEXTS:
        verdict = "needs manual grading" if text in written else "not attempted"
        assert exercises[text]["verdict"] == verdict
        assert exercises[text]["points"] == (None if text in written else 0)
    cut_short = name == "never-ends"
    complete = "needs manual grading" if written else "graded"
    assert record["status"] == ("partly graded" if cut_short else complete)
