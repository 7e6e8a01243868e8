"""A learner's own answers from earlier notebooks: found, tried, and never in the way."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import torch
from nbformat import NotebookNode

from cnncourse.course import find_lesson
from cnncourse.earlier import my_answer
from cnncourse.reference.depth import relu, relu_backward

ROOT = Path(__file__).parents[1]
DEPTH = find_lesson("05-depth")


def beside(folder: Path, **answers: str) -> Path:
    """A lesson's folder, with a notebook of lesson 05 beside it that has these answers."""
    notebook: NotebookNode = nbformat.read(ROOT / DEPTH.exercise, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers.get(name, cell.source)
    target = folder / DEPTH.id / DEPTH.exercise.name
    target.parent.mkdir()
    nbformat.write(notebook, target)
    here = folder / "12-checklist"
    here.mkdir()
    return here


OWN = """
TWICE = 2

def half(x):
    return x / TWICE

def relu(x):
    return half(x + torch.abs(x))
"""


def test_own_answer_comes_with_its_helpers_and_imports(tmp_path: Path, capsys) -> None:
    mine = my_answer("relu", beside(tmp_path, relu=OWN))
    assert mine is not relu
    assert mine(torch.tensor([-2.0, 3.0])).tolist() == [0, 3]
    assert capsys.readouterr().out == "relu: your own, from depth.ipynb.\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def relu(x):\n    return x", "not right yet (wrong)"),
        ("def relu(x):\n    return y", "not right yet (crashed)"),
        ("def relu(x):\n    raise NotImplementedError()", "not right yet (not attempted)"),
        ("def relu(x)\n    return x", "does not define it"),
        ("relu = 3", "does not define it"),
        ("raise SystemError\n", "does not define it"),
    ],
)
def test_the_courses_own_steps_in_with_a_word(tmp_path: Path, capsys, source, why) -> None:
    assert my_answer("relu", beside(tmp_path, relu=source)) is relu
    assert why in capsys.readouterr().out


def test_without_a_notebook_it_is_the_courses_own(tmp_path: Path, capsys) -> None:
    assert my_answer("relu_backward", tmp_path) is relu_backward
    assert "no depth.ipynb beside" in capsys.readouterr().out


def test_notebook_that_is_no_notebook_does_no_harm(tmp_path: Path, capsys) -> None:
    here = beside(tmp_path)
    (tmp_path / DEPTH.id / DEPTH.exercise.name).write_text("{")
    assert my_answer("relu", here) is relu
    assert "cannot be loaded" in capsys.readouterr().out


def test_all_notebooks_may_lie_in_one_folder(tmp_path: Path, capsys) -> None:
    beside(tmp_path, relu=OWN)
    assert my_answer("relu", tmp_path / DEPTH.id) is not relu


def test_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no exercise 'conv9d'"):
        my_answer("conv9d")
