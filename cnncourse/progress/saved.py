"""What a saved notebook holds of a learner's work: answers, and what the checks said of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from cnncourse.grading.fingerprint import of_source
from cnncourse.intake.names import functions
from cnncourse.intake.reading import Reading, SubmittedCell, cell_of, raw_cells
from cnncourse.progress.check_output import Check, check_of

ANSWER = "-answer"
# nbgrader's own words in a cell that nobody has written in.
UNWRITTEN_CODE = re.compile(r"# YOUR CODE HERE\s+raise NotImplementedError\(\)")
UNWRITTEN_TEXT = "YOUR ANSWER HERE"
CHECKS = re.compile(r"check\((\w+)\)")
MOST_OUTPUTS = 100


@dataclass(frozen=True)
class SavedCell:
    """A cell and what it showed when it was saved.

    untouched: as it was released. error: the name of what it stopped with, or "".
    count: its execution count, if it has one.
    """

    cell: SubmittedCell
    untouched: bool
    check: Check | None = None
    error: str = ""
    count: int | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Of the code as Python got it from IPython, magics and all."""
        try:
            return of_source(TransformerManager().transform_cell(self.cell.source))
        except SyntaxError:
            return of_source(self.cell.source)


@dataclass(frozen=True)
class SavedNotebook:
    """The cells of a notebook, and a sentence for each thing that had to be mended."""

    cells: tuple[SavedCell, ...]
    warnings: tuple[str, ...] = ()

    @cached_property
    def code(self) -> frozenset[str]:
        """The fingerprints of all code."""
        return frozenset(one.fingerprint for one in self.cells if one.cell.kind == "code")

    @cached_property
    def places(self) -> dict[str, SavedCell]:
        """Name -> the cell that bears it; see `names_of`."""
        marked: dict[str, SavedCell] = {}
        others: dict[str, SavedCell] = {}
        for one in self.cells:
            places = marked if one.cell.grade_id else others
            for name in names_of(one):
                # Of copies of a cell, the last that somebody has written in or run counts.
                if name not in places or not is_blank(one):
                    places[name] = one
        for name, one in others.items():
            if name not in marked or is_blank(marked[name]):
                marked[name] = one
        return marked

    def check_cell(self, exercise: str) -> SavedCell | None:
        return self.places.get(exercise)

    def answer_cell(self, exercise: str) -> SavedCell | None:
        return self.places.get(exercise + ANSWER)

    def holds(self, exercise: str) -> bool:
        """Whether any cell of an exercise or explanation is there."""
        return exercise in self.places or exercise + ANSWER in self.places


def is_blank(saved: SavedCell) -> bool:
    return saved.untouched and saved.check is None


def read_saved(data: bytes) -> SavedNotebook:
    """Read a notebook's bytes, whatever they are. Unreadable where there are no cells to be had."""
    reading = Reading()
    raws = raw_cells(data, reading)
    # What is mended in single cells concerns those who hand in, not those who look.
    warnings = tuple(reading.warnings)
    found = [(cell_of(raw, reading), raw) for raw in raws]
    return SavedNotebook(tuple(saved(cell, raw) for cell, raw in found if cell), warnings)


def saved(cell: SubmittedCell, raw: dict[str, Any]) -> SavedCell:
    count = raw.get("execution_count")
    outputs = raw.get("outputs")
    outputs = [one for one in outputs if isinstance(one, dict)] if isinstance(outputs, list) else []
    check, error = None, ""
    for output in outputs[:MOST_OUTPUTS]:
        if output.get("output_type") == "error":
            error = one_word(output.get("ename"))
        elif isinstance(output.get("data"), dict):
            check = check_of(output["data"]) or check
    return SavedCell(
        cell,
        is_untouched(cell, raw),
        check,
        error,
        count if type(count) is int else None,
    )


def names_of(saved: SavedCell) -> list[str]:
    """What a cell is called: by its grade_id, or where that was lost, by what stands in it."""
    cell = saved.cell
    if cell.grade_id:
        return [cell.grade_id]
    if cell.kind != "code":
        return []
    check = CHECKS.fullmatch(cell.source.strip())
    return [check[1]] if check else [name + ANSWER for name in sorted(functions(cell.source))]


def is_untouched(cell: SubmittedCell, raw: dict[str, Any]) -> bool:
    """Whether a cell is as it was released, by the checksum that nbgrader gave it.

    Where some service has dropped that, by nbgrader's words for an empty answer.
    """
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(marks, dict) and isinstance(marks.get("checksum"), str):
        return marks["checksum"] == checksum(cell, marks)
    if cell.kind != "code":
        return cell.source.strip() == UNWRITTEN_TEXT
    return UNWRITTEN_CODE.search(cell.source) is not None


def checksum(cell: SubmittedCell, marks: dict[str, Any]) -> str:
    """nbgrader's, which itself is only there for teachers."""
    flags = [str(bool(marks.get(name))) for name in ("grade", "solution", "locked")]
    parts = [cell.source, cell.kind, *flags, cell.grade_id]
    if marks.get("grade"):
        points = marks.get("points")
        parts.append(str(float(points)) if isinstance(points, int | float) else "")
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def one_word(value: Any) -> str:
    return value[:40] if isinstance(value, str) and value.isidentifier() else "an error"
