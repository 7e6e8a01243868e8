"""Pour answers into the instructor's notebook. Everything but the answers is the instructor's."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from nbformat import NotebookNode

from cnncourse.intake.matching import called, match, questions
from cnncourse.intake.names import defined, tree_of, used
from cnncourse.intake.reading import SubmittedCell

SEPARATOR = "\n\n"


def pour(master: NotebookNode, cells: Sequence[SubmittedCell]) -> tuple[NotebookNode, list[str]]:
    """The master with the answers among the cells in it, and what had to be mended."""
    notebook = copy.deepcopy(master)
    answers = match(master, cells)
    warnings = answers.warnings
    for cell in questions(notebook):
        grade_id = cell.metadata.nbgrader.grade_id
        found = answers.sources.get(grade_id)
        if not found:
            if cells:
                warnings.append(f"There was no answer cell for {called(grade_id)}.")
            continue
        parts = [one.source for one in found if belongs(one, cell, warnings)]
        text = SEPARATOR.join(parts)
        # Blank lines around what was there before are no answer, which a person would have to read.
        if parts and text.strip() != cell.source.strip():
            cell.source = text
    lend(notebook, answers.extra, warnings)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook, warnings


def belongs(answer: SubmittedCell, question: NotebookNode, warnings: list[str]) -> bool:
    """Whether an answer is of the kind that is asked for, if it is turned back."""
    name = called(question.metadata.nbgrader.grade_id)
    if answer.kind == question.cell_type or question.cell_type == "markdown":
        return True
    if tree_of(answer.source) is None:
        warnings.append(f"The answer cell of {name} held text instead of code; it was left out.")
        return False
    warnings.append(f"The answer cell of {name} was marked as text; it was taken as code.")
    return True


def lend(notebook: NotebookNode, extra: list[SubmittedCell], warnings: list[str]) -> None:
    """Put helpers that students keep in cells of their own before the answers that need them."""
    code = [cell for cell in extra if cell.kind == "code" and tree_of(cell.source) is not None]
    known = set().union(*(defined(cell.source) for cell in notebook.cells if is_code(cell)), set())
    for cell in questions(notebook):
        if not is_code(cell):
            continue
        needed = lent_to(cell.source, code, known)
        if not needed:
            continue
        names = sorted(
            set().union(*(defined(one.source) for one in needed)) & used_by(cell, needed)
        )
        cell.source = SEPARATOR.join([*(one.source for one in needed), cell.source])
        known |= set().union(*(defined(one.source) for one in needed))
        code = [one for one in code if one not in needed]
        warnings.append(
            f"The answer for {called(cell.metadata.nbgrader.grade_id)} needs "
            f"{', '.join(names[:5])} from a cell of your own; that cell was put before it. "
            "Keep helpers in the answer cell."
        )


def lent_to(source: str, cells: Sequence[SubmittedCell], known: set[str]) -> list[SubmittedCell]:
    """The cells that define what a source uses and nobody else defines, in their order."""
    chosen: set[int] = set()
    missing = used(source) - known
    while missing:
        more = {
            index
            for index, cell in enumerate(cells)
            if index not in chosen and defined(cell.source) & missing
        }
        if not more:
            break
        chosen |= more
        have = known.union(*(defined(cells[index].source) for index in chosen))
        missing = set().union(*(used(cells[index].source) for index in more)) - have
    return [cells[index] for index in sorted(chosen)]


def used_by(cell: NotebookNode, needed: Sequence[SubmittedCell]) -> set[str]:
    return used(cell.source).union(*(used(one.source) for one in needed))


def is_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code"
