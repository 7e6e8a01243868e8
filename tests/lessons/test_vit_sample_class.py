"""Does the sample class of lesson 11-vit get what it deserves, and is told why?

Here the answers are graded in this process, which takes seconds. `cnncourse sample-class` takes
them through the whole of nbgrader.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from torch import nn

from cnncourse.course import find_exercise, find_lesson
from cnncourse.grading.engine import grade
from cnncourse.sample_class.grade import SEED
from cnncourse.sample_class.submissions import (
    EVERYTHING_ELSE,
    MARKER,
    answer_cells,
    lesson_folder,
    read_expected,
    read_students,
)

LESSON = find_lesson("11-vit")
EXPECTED = read_expected(LESSON)
# These end with their kernel or before they run.
ELSEWHERE = ("never-ends", "syntax-error")
SOLVED = answer_cells(
    nbformat.read(Path(__file__).parents[2] / LESSON.solution.with_suffix(".ipynb"), as_version=4)
)
ANSWERS = [
    pytest.param(student, exercise, id=f"{student.name}-{exercise}")
    for student in read_students(LESSON)
    if student.name not in ELSEWHERE
    for exercise in SOLVED
    if student.answers.get(exercise, student.answers.get(EVERYTHING_ELSE, "")) is not None
]
BELIEFS = {
    ("only-reshapes", "patchify"): "reshapes_and_no_more",
    ("only-reshapes", "unpatchify"): "reshapes_and_no_more",
    ("turns-patches-around", "patchify"): "goes_down_the_columns",
    ("turns-patches-around", "unpatchify"): "reads_the_channels_last",
    ("scales-by-the-whole-width", "attention"): "scales_by_the_whole_width",
    ("scales-by-the-whole-width", "EncoderBlock"): "scales_by_the_whole_width",
    ("norms-afterwards", "attention"): "lets_the_queries_compete",
    ("norms-afterwards", "EncoderBlock"): "norms_afterwards",
    ("looks-across-the-batch", "EncoderBlock"): "looks_across_the_batch",
    ("looks-across-the-batch", "attention_macs"): "forgets_the_projection_at_the_end",
    ("forgets-small-things", "vit_params"): "is_short_by_one_vector",
    ("forgets-small-things", "choose_backbone"): "takes_the_fastest",
}


def test_every_student_is_in_the_table_of_expected_points() -> None:
    assert {page.stem for page in lesson_folder(LESSON).glob("*.md")} == set(EXPECTED)
    names = [exercise.name for exercise in LESSON.exercises]
    answered = {name for student in read_students(LESSON) for name in student.answers}
    assert answered - {EVERYTHING_ELSE} <= set(names)
    assert all(list(row) == names for row in EXPECTED.values())


@pytest.mark.parametrize(("student", "exercise"), ANSWERS)
def test_answer_gets_its_points_and_is_told_the_belief(student, exercise) -> None:
    notebook: dict[str, Any] = {"torch": torch, "nn": nn}
    # The instructor's block calls the attention of whoever's notebook it stands in.
    for name in ("attention", exercise):
        exec(student.answers.get(name) or MARKER.sub("", SOLVED[name].source), notebook)
    result = grade(find_exercise(exercise), notebook[exercise], seed=SEED, device="cpu")
    points = result.score * result.points
    assert points == pytest.approx(EXPECTED[student.name][exercise], abs=0.006), str(result)
    assert result.misconception == BELIEFS.get((student.name, exercise), "")
