"""The released notebook, and a submission of it with every answer right."""

from __future__ import annotations

import nbformat
import pytest
from intake_data import LESSON, ROOT
from nbformat import NotebookNode

from cnncourse.intake.matching import questions


@pytest.fixture
def master() -> NotebookNode:
    """As it is released."""
    return nbformat.read(ROOT / LESSON.exercise, as_version=4)


@pytest.fixture
def done(master: NotebookNode) -> NotebookNode:
    """As a diligent student hands it in."""
    solved = nbformat.read(ROOT / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    right = {cell.metadata.nbgrader.grade_id: cell.source for cell in questions(solved)}
    notebook = nbformat.from_dict(master)
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    for cell in questions(notebook):
        cell.source = right[cell.metadata.nbgrader.grade_id].replace("### BEGIN SOLUTION", "#")
    return notebook
