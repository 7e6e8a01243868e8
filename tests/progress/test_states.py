"""Does progress say of each exercise what is so?"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from dataclasses import replace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum
from progress_data import ANSWERS, HELPER, LESSON, cell, released, run_all

from cnncourse.course import LESSONS, find_lesson
from cnncourse.intake.reading import Unreadable
from cnncourse.progress.finding import FoundNotebook
from cnncourse.progress.report import progress_in
from cnncourse.progress.saved import SavedNotebook, read_saved
from cnncourse.progress.standing import Standing, standing, standing_of_text

EXERCISES = {exercise.name: exercise for exercise in LESSON.exercises}
CHECKLIST = find_lesson("12-checklist")


def read(notebook: NotebookNode) -> SavedNotebook:
    # Not written by nbformat, which refuses what is forged.
    return read_saved(json.dumps(notebook).encode())


def stands(notebook: NotebookNode, name: str) -> Standing:
    return standing(EXERCISES[name], read(notebook))


def states(notebook: NotebookNode) -> dict[str, str]:
    return {name: stands(notebook, name).state for name in EXERCISES}


WORKED = {
    "output_size": "right",
    "cross_correlate2d": "right",
    "convolve2d": "wrong",
    "sobel_edges": "crashed",
    "conv2d": "not checked",
    "conv2d_backward": "not attempted",
}


def test_each_exercise_is_as_its_check_left_it(worked: NotebookNode) -> None:
    assert states(worked) == WORKED
    assert stands(worked, "output_size").points == EXERCISES["output_size"].points
    wrong = stands(worked, "convolve2d")
    sentences = {one.name: one.say for one in EXERCISES["convolve2d"].misconceptions}
    assert wrong.say == sentences["does_not_flip"]
    assert 0 <= wrong.points < 1
    assert "LookupError" in stands(worked, "sobel_edges").say


def test_released_notebooks_are_not_begun() -> None:
    for lesson in LESSONS:
        notebook = read(released(lesson))
        found = [standing(one, notebook) for one in lesson.exercises]
        found += [standing_of_text(one, notebook) for one in lesson.explanations]
        assert {one.state for one in found} <= {"not attempted", "not written"}


def edit(grade_id: str, old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        one = cell(notebook, grade_id)
        assert old in one.source
        one.source = one.source.replace(old, new)

    return change


def in_helper(notebook: NotebookNode) -> None:
    [one] = [one for one in notebook.cells if one.source == HELPER.strip()]
    one.source = one.source.replace("image, kernel.shape", "image, kernel.shape[:2]")


def without_outputs(notebook: NotebookNode) -> None:
    for one in notebook.cells:
        if one.cell_type == "code":
            one.outputs, one.execution_count = [], None


def without_metadata(notebook: NotebookNode) -> None:
    for one in notebook.cells:
        one.metadata = {}


def without_html(notebook: NotebookNode) -> None:
    for one in notebook.cells:
        for output in one.get("outputs", []):
            output.get("data", {}).pop("text/html", None)


def without_fingerprints(notebook: NotebookNode) -> None:
    for one in notebook.cells:
        for output in one.get("outputs", []):
            if "text/html" in output.get("data", {}):
                html = output.data["text/html"]
                output.data["text/html"] = html.replace("data-cells", "data-nothing")


def without_fingerprints_run_later(notebook: NotebookNode) -> None:
    without_fingerprints(notebook)
    cell(notebook, "output_size-answer").execution_count = 100


def moved_to_another_cell(notebook: NotebookNode) -> None:
    answer = cell(notebook, "output_size-answer")
    own = nbformat.v4.new_code_cell(answer.source)
    answer.source = cell(released(LESSON), "output_size-answer").source
    notebook.cells.append(own)


def begun_anew(notebook: NotebookNode) -> None:
    answer = cell(notebook, "output_size-answer")
    answer.source = cell(released(LESSON), "output_size-answer").source


def copied_blank(notebook: NotebookNode) -> None:
    notebook.cells += [
        copy.deepcopy(cell(released(LESSON), name))
        for name in ("output_size-answer", "output_size")
    ]


def stopped(notebook: NotebookNode) -> None:
    check = cell(notebook, "output_size")
    check.outputs = [nbformat.v4.new_output("error", ename="NameError", evalue="", traceback=[])]


def lost(notebook: NotebookNode) -> None:
    notebook.cells = [
        one
        for one in notebook.cells
        if "output_size" not in one.metadata.get("nbgrader", {}).get("grade_id", "")
    ]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (edit("output_size-answer", "stride + 1", "stride + 2"), {"output_size": "changed"}),
        (edit("output_size-answer", "    room = n", "\n    # room\n    room = n"), {}),
        # Both call the helper, one of them through the other.
        (in_helper, {"cross_correlate2d": "changed", "convolve2d": "changed"}),
        (
            edit("cross_correlate2d-answer", "float", "int"),
            {"cross_correlate2d": "changed", "convolve2d": "changed"},
        ),
        (
            edit("conv2d_backward-answer", "raise NotImplementedError()", "return x"),
            {"conv2d_backward": "not checked"},
        ),
        (
            without_outputs,
            dict.fromkeys(ANSWERS, "not checked"),
        ),
        (without_metadata, {}),
        (without_html, {"sobel_edges": "wrong", "conv2d_backward": "wrong"}),
        (without_fingerprints, {}),
        (without_fingerprints_run_later, {"output_size": "changed"}),
        (moved_to_another_cell, {}),
        (begun_anew, {"output_size": "changed"}),
        (copied_blank, {}),
        (stopped, {"output_size": "not checked"}),
        (lost, {"output_size": "missing"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_change_after_the_check_is_noticed(
    worked: NotebookNode, change: Callable[[NotebookNode], None], state: dict[str, str]
) -> None:
    change(worked)
    assert states(worked) == WORKED | state


def test_running_all_again_brings_every_check_up_to_date(worked: NotebookNode) -> None:
    edit("output_size-answer", "stride + 1", "stride + 2")(worked)
    in_helper(worked)
    assert states(run_all(worked)) == WORKED | {"output_size": "wrong", "conv2d": "wrong"}


def test_changed_answers_have_no_points_until_they_are_checked(worked: NotebookNode) -> None:
    edit("output_size-answer", "stride + 1", "stride + 2")(worked)
    changed = stands(worked, "output_size")
    assert changed.points == 0
    assert changed.say == "It was right. Run its cells and the check again."


def test_started_answer_that_still_raises_is_begun(worked: NotebookNode) -> None:
    change = edit("conv2d_backward-answer", "    # YOUR CODE HERE", "    n = len(x)")
    change(worked)
    assert stands(worked, "conv2d_backward").state == "not checked"
    ran = run_all(worked)
    assert stands(ran, "conv2d_backward").state == "unfinished"
    assert stands(ran, "conv2d_backward").begun


def test_check_of_another_version_of_the_exercise_is_older(worked: NotebookNode) -> None:
    saved = read(worked)
    exercise = EXERCISES["output_size"]
    fewer = replace(exercise, cases=exercise.cases[:-1])
    assert standing(fewer, saved).state == "older"
    assert standing(fewer, saved).points == 0
    empty = EXERCISES["conv2d_backward"]
    assert standing(replace(empty, points=9), saved).state == "not attempted"
    worded_anew = replace(exercise, hints=("Think.",), minutes=1)
    assert standing(worded_anew, saved).state == "right"


@pytest.mark.parametrize(
    ("source", "state"),
    [(None, "not written"), ("", "not written"), (" \n", "not written"), ("A layer", "written")],
)
def test_explanation_is_written_or_not(source: str | None, state: str) -> None:
    notebook = released(CHECKLIST)
    explanation = CHECKLIST.explanations[0]
    if source is not None:
        cell(notebook, explanation.name).source = source
    saved = read(notebook)
    assert standing_of_text(explanation, saved).state == state
    others = [standing_of_text(one, saved).state for one in CHECKLIST.explanations[1:]]
    assert set(others) == {"not written"}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_checksum_is_that_of_nbgrader(lesson) -> None:
    notebook = released(lesson)
    for one in notebook.cells:
        if "nbgrader" in one.metadata:
            one.source += "\n# ä"
            one.metadata.nbgrader.checksum = compute_checksum(one)
    saved = read(notebook)
    marked = [one for one in saved.cells if one.cell.grade_id]
    assert len(marked) >= 2 * len(lesson.exercises)
    assert all(one.untouched for one in marked)


FORGED = [
    {"text/plain": "2", "text/html": '<div class="cnncourse-result" data-verdict="crowned">'},
    {"text/plain": "99", "text/html": '<div class="cnncourse-result" data-verdict="right">'},
    {"text/plain": "nan", "text/html": '<div class="cnncourse-result" data-verdict="right">'},
    {"text/plain": "-1"},
    {"text/plain": ["2", "\n"]},
    {"text/plain": {"2": 2}, "text/html": 3},
    {"text/html": "<p>" * 10_000},
    {},
]


@pytest.mark.parametrize("data", FORGED, ids=lambda data: str(data)[:40])
def test_forged_results_cost_nothing_and_give_no_more_than_all_points(
    worked: NotebookNode, data: dict
) -> None:
    cell(worked, "output_size").outputs = [{"output_type": "display_data", "data": data}]
    found = standing(EXERCISES["output_size"], read(worked))
    assert found.state in ("right", "not checked")
    assert 0 <= found.points <= found.worth


names = st.sampled_from([*EXERCISES, *(f"{name}-answer" for name in EXERCISES), "", None, 3])
outputs = st.fixed_dictionaries(
    {
        "output_type": st.sampled_from(["error", "execute_result", "stream", None]),
        "ename": st.one_of(st.text(max_size=5), st.none()),
        "data": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {
                    "text/plain": st.one_of(st.text(max_size=4), st.floats().map(str)),
                    "text/html": st.one_of(
                        st.none(),
                        st.sampled_from(["right", "wrong", "not attempted", "none"]).map(
                            '<div class="cnncourse-result" data-verdict="{}"'.format
                        ),
                        st.text(alphabet="<p>/=\"' adiv", max_size=60),
                    ),
                }
            ),
        ),
    }
)
cells = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "markdown", 7]),
        "source": st.one_of(
            st.text(max_size=30),
            st.lists(st.text(max_size=5), max_size=3),
            st.sampled_from([f"check({name})" for name in EXERCISES]),
            st.sampled_from([f"def {name}(): pass" for name in EXERCISES]),
        ),
        "metadata": st.one_of(
            st.none(), names.map(lambda name: {"nbgrader": {"grade_id": name, "checksum": "x"}})
        ),
        "outputs": st.one_of(st.none(), st.lists(outputs, max_size=2)),
        "execution_count": st.one_of(st.none(), st.integers(), st.booleans()),
    }
)


@given(st.lists(st.one_of(cells, st.integers(), st.none()), max_size=8))
def test_any_notebook_gives_each_exercise_one_state(found: list) -> None:
    notebook = read_saved(json.dumps({"cells": found, "nbformat": 4}).encode())
    progress = progress_in(LESSON, FoundNotebook(None, LESSON, notebook, 0.0))
    assert progress.right + progress.begun + progress.not_begun == len(EXERCISES)
    assert min(progress.right, progress.begun, progress.not_begun) >= 0
    assert 0 <= progress.points <= progress.worth
    assert progress.minutes_left <= sum(one.minutes for one in LESSON.exercises)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_notebook_or_unreadable(data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(read_saved(data), SavedNotebook)
