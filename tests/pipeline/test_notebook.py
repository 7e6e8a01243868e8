"""Does the instructor's notebook say what the lesson's exercises say?"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from nbformat import NotebookNode

from cnncourse.course import LESSONS, Lesson
from cnncourse.progress.saved import read_saved
from cnncourse.progress.standing import standing

ROOT = Path(__file__).parents[2]
WORTH = re.compile(r"\*(\d+) points?, about (\d+) minutes\.\*")
BY_HAND = re.compile(r"\*(\d+) points?, about (\d+) minutes, graded by a person\.\*")

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


def source(lesson: Lesson) -> NotebookNode:
    return jupytext.read(ROOT / lesson.solution)


def marks(notebook: NotebookNode) -> list[tuple[dict, str]]:
    """nbgrader's metadata and the source of each cell that has some."""
    return [
        (cell.metadata.nbgrader, cell.source)
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    ]


@each_lesson
def test_check_cells_are_the_exercises_in_order(lesson: Lesson) -> None:
    graded = [(mark, text) for mark, text in marks(source(lesson)) if mark["grade"]]
    checks = [(mark, text) for mark, text in graded if not mark["solution"]]
    assert [(mark["grade_id"], mark["points"], text) for mark, text in checks] == [
        (exercise.name, exercise.points, f"check({exercise.name})") for exercise in lesson.exercises
    ]
    assert all(mark["locked"] for mark, _ in checks)


@each_lesson
def test_each_exercise_has_one_answer_cell(lesson: Lesson) -> None:
    solved = [(mark, text) for mark, text in marks(source(lesson)) if mark["solution"]]
    answers = [(mark, text) for mark, text in solved if not mark["grade"]]
    assert [mark["grade_id"] for mark, _ in answers] == [
        f"{exercise.name}-answer" for exercise in lesson.exercises
    ]
    for (_, text), exercise in zip(answers, lesson.exercises, strict=True):
        assert re.search(rf"^(def|class) {exercise.name}\(", text, re.MULTILINE)
        assert text.count("### BEGIN SOLUTION") == text.count("### END SOLUTION") == 1


@each_lesson
def test_text_tells_the_points_and_minutes(lesson: Lesson) -> None:
    text = "\n".join(cell.source for cell in source(lesson).cells if cell.cell_type == "markdown")
    assert [(int(points), int(minutes)) for points, minutes in WORTH.findall(text)] == [
        (exercise.points, exercise.minutes) for exercise in lesson.exercises
    ]


@each_lesson
def test_explanations_stand_below_their_rubrics(lesson: Lesson) -> None:
    cells = source(lesson).cells
    found = [
        (above.source, cell)
        for above, cell in itertools.pairwise(cells)
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.metadata.nbgrader["solution"]
    ]
    assert [cell.metadata.nbgrader["grade_id"] for _, cell in found] == [
        explanation.name for explanation in lesson.explanations
    ]
    for (task, cell), explanation in zip(found, lesson.explanations, strict=True):
        assert cell.cell_type == "markdown"
        assert cell.metadata.nbgrader["points"] == explanation.points
        assert not cell.metadata.nbgrader["locked"]
        assert explanation.table() in task
        [worth] = BY_HAND.findall(task)
        assert worth == (str(explanation.points), str(explanation.minutes))
        assert f"`{explanation.name}`" in task


@each_lesson
def test_colab_installs_from_the_repository_of_the_site(lesson: Lesson) -> None:
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    first = next(cell for cell in source(lesson).cells if cell.cell_type == "code")
    assert f'"install --quiet git+{url}"' in first.source


@each_lesson
def test_solution_runs_top_to_bottom_with_full_points(lesson: Lesson) -> None:
    notebook = nbformat.read(ROOT / lesson.solution.with_suffix(".ipynb"), as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    got = {
        cell.metadata.nbgrader.grade_id: float(cell.outputs[0].data["text/plain"])
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
    }
    assert got == {exercise.name: exercise.points for exercise in lesson.exercises}
    saved = read_saved(nbformat.writes(notebook).encode())
    assert all(saved.check_cell(exercise.name).check.cells for exercise in lesson.exercises)
    assert {standing(exercise, saved).state for exercise in lesson.exercises} == {"right"}
