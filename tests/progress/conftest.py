"""A learner's notebook, worked on in a real kernel."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from progress_data import ANSWERS, HELPER, LESSON, cell, released, run_all


@pytest.fixture(scope="session")
def worked_once() -> NotebookNode:
    notebook = released(LESSON)
    for name, source in ANSWERS.items():
        cell(notebook, f"{name}-answer").source = source.strip()
    notebook.cells.insert(2, nbformat.v4.new_code_cell(HELPER.strip()))
    return run_all(notebook, but=("conv2d",))


@pytest.fixture
def worked(worked_once: NotebookNode) -> NotebookNode:
    """Two exercises right, one wrong by name, one crashed, one not checked, one not begun."""
    return copy.deepcopy(worked_once)


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Saves a notebook where a learner's is, in the folder that this is run in."""
    monkeypatch.chdir(tmp_path)

    def save(notebook: NotebookNode, name: str = LESSON.exercise.as_posix()) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return save
