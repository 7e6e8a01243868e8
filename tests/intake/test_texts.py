"""Texts that a person will grade cross the gate word for word, wherever they were written."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cnncourse.intake.gate import Intake, take_in_bytes

STUB = "YOUR ANSWER HERE"
TEXT = 'It *shifts*.\n\n- <b>one</b> & "two"\n- $x_1 < \\alpha$\n\n```python\n1 / 0\n```'


def asks(name: str) -> NotebookNode:
    marks = {"grade": True, "grade_id": name, "locked": False, "points": 3, "solution": True}
    return new_markdown_cell(STUB, id=name, metadata={"nbgrader": marks})


@pytest.fixture
def paper() -> NotebookNode:
    """Two questions for a text, each below its rubric."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Explain", id="head"),
            new_markdown_cell("Why does it shift? 3 points for the reason.", id="why"),
            asks("explain_shift"),
            new_code_cell("1 + 1", id="between"),
            new_markdown_cell("When does it not? 3 points for the border.", id="when"),
            asks("explain_border"),
            new_markdown_cell("The end.", id="end"),
        ]
    )


def at(notebook: NotebookNode, name: str) -> int:
    return next(index for index, cell in enumerate(notebook.cells) if cell.get("id") == name)


def handed_in(paper: NotebookNode, change: Callable[[NotebookNode], None]) -> Intake:
    mine = copy.deepcopy(paper)
    change(mine)
    return take_in_bytes(json.dumps(mine).encode(), paper)


def texts(intake: Intake) -> tuple[str, str]:
    return tuple(
        intake.notebook.cells[at(intake.notebook, name)].source
        for name in ("explain_shift", "explain_border")
    )


def write(nb: NotebookNode) -> None:
    nb.cells[at(nb, "explain_shift")].source = TEXT


def as_code(nb: NotebookNode) -> None:
    nb.cells[at(nb, "explain_shift")] |= {
        "cell_type": "code",
        "source": TEXT,
        "outputs": [],
        "execution_count": None,
    }


def without_metadata(nb: NotebookNode) -> None:
    write(nb)
    for cell in nb.cells:
        cell.metadata = {}
        cell.pop("id")


def in_a_cell_of_its_own(nb: NotebookNode) -> None:
    del nb.cells[at(nb, "explain_shift")]
    nb.cells.insert(at(nb, "between"), new_markdown_cell(TEXT))


def below_the_stub(nb: NotebookNode) -> None:
    nb.cells.insert(at(nb, "between"), new_markdown_cell(TEXT))


def copied(nb: NotebookNode) -> None:
    write(nb)
    nb.cells.append(copy.deepcopy(nb.cells[at(nb, "explain_shift")]))


@pytest.mark.parametrize(
    "change", [write, as_code, without_metadata, in_a_cell_of_its_own, below_the_stub, copied]
)
def test_text_crosses_word_for_word(paper: NotebookNode, change) -> None:
    intake = handed_in(paper, change)
    assert texts(intake) == (TEXT, STUB)
    kinds = [cell.cell_type for cell in intake.notebook.cells]
    assert kinds == [cell.cell_type for cell in paper.cells]


def test_text_of_two_cells_is_joined(paper: NotebookNode) -> None:
    def in_two(nb: NotebookNode) -> None:
        write(nb)
        nb.cells.insert(at(nb, "between"), new_markdown_cell("And more."))

    intake = handed_in(paper, in_two)
    assert texts(intake) == (f"{TEXT}\n\nAnd more.", STUB)
    assert any("joined" in warning for warning in intake.warnings)


def test_text_in_the_task_itself_is_found(paper: NotebookNode) -> None:
    def in_the_task(nb: NotebookNode) -> None:
        nb.cells[at(nb, "when")].source += f"\n\n{TEXT}"

    intake = handed_in(paper, in_the_task)
    assert texts(intake) == (STUB, f"{paper.cells[at(paper, 'when')].source}\n\n{TEXT}")
    assert any("cell above" in warning for warning in intake.warnings)
    assert intake.notebook.cells[at(paper, "when")].source == paper.cells[at(paper, "when")].source


@pytest.mark.parametrize("source", ["", "  \n", f"{STUB}\n\n", f"\n {STUB}"])
def test_what_says_nothing_is_no_answer(paper: NotebookNode, source: str) -> None:
    def write_nothing(nb: NotebookNode) -> None:
        nb.cells[at(nb, "explain_shift")].source = source

    assert texts(handed_in(paper, write_nothing)) == (STUB, STUB)


def test_notes_elsewhere_stay_where_they_are(paper: NotebookNode) -> None:
    def notes(nb: NotebookNode) -> None:
        nb.cells.insert(0, new_markdown_cell("My notes."))
        nb.cells.append(new_markdown_cell("More notes."))

    assert texts(handed_in(paper, notes)) == (STUB, STUB)


def test_pasted_pictures_are_left_out_with_a_word(paper: NotebookNode) -> None:
    def paste(nb: NotebookNode) -> None:
        write(nb)
        nb.cells[at(nb, "explain_shift")]["attachments"] = {"a.png": {"image/png": "AAAA"}}

    intake = handed_in(paper, paste)
    assert any("Pictures" in warning for warning in intake.warnings)
    assert "attachments" not in json.dumps(intake.notebook)


def test_metadata_of_the_student_has_no_say(paper: NotebookNode) -> None:
    def claim(nb: NotebookNode) -> None:
        write(nb)
        cell = nb.cells[at(nb, "explain_shift")]
        cell.metadata.nbgrader |= {"points": 100, "grade": False, "checksum": "mine"}

    intake = handed_in(paper, claim)
    cell = intake.notebook.cells[at(paper, "explain_shift")]
    assert cell.metadata == paper.cells[at(paper, "explain_shift")].metadata
