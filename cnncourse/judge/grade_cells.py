"""The cells of a released notebook that get points: from the grader, or from a person."""

from __future__ import annotations

from nbformat import NotebookNode

# Verdicts on what only a person can grade; the first is a submission's status, too.
BY_HAND, GRADED_BY_HAND, NOT_ATTEMPTED = "needs manual grading", "graded by hand", "not attempted"


def grade_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """exercise -> its automatically graded cell."""
    return {
        name: node
        for name, node in cells_with_points(notebook).items()
        if not node.metadata.nbgrader.get("solution") and node.cell_type == "code"
    }


def hand_graded_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """explanation -> the cell in which a student answers, and a person grades."""
    return {
        name: node
        for name, node in cells_with_points(notebook).items()
        if node.metadata.nbgrader.get("solution")
    }


def cells_with_points(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """All of them by name, in the order of the notebook."""
    found = {}
    for node in notebook.cells:
        marks = node.metadata.get("nbgrader", {})
        if marks.get("grade"):
            found[marks["grade_id"]] = node
    return found


def is_untouched(cell: NotebookNode) -> bool:
    """Whether an answer cell is as it was released: by nbgrader's own rule, the checksum."""
    # It costs a second, and few notebooks have such cells.
    from nbgrader.utils import compute_checksum

    return cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
