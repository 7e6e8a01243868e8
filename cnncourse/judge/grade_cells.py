"""The cells of a released notebook that the grader fills in."""

from __future__ import annotations

from nbformat import NotebookNode


def grade_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """exercise -> its automatically graded cell."""
    found = {}
    for node in notebook.cells:
        marks = node.metadata.get("nbgrader", {})
        if marks.get("grade") and not marks.get("solution") and node.cell_type == "code":
            found[marks["grade_id"]] = node
    return found
