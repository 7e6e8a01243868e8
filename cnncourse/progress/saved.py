"""What a saved notebook holds of a learner's work: answers, and what the checks said of them."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from cnncourse.grading.fingerprint import of_source
from cnncourse.intake.names import functions
from cnncourse.intake.reading import Reading, SubmittedCell, cell_of, raw_cells

ANSWER = "-answer"
# nbgrader's own words in a cell that nobody has written in.
UNWRITTEN_CODE = re.compile(r"# YOUR CODE HERE\s+raise NotImplementedError\(\)")
UNWRITTEN_TEXT = "YOUR ANSWER HERE"
CHECKS = re.compile(r"check\((\w+)\)")
# What is read of a check's verdict stands at its beginning.
MOST_HTML = 20_000
MOST_OUTPUTS = 100
LONGEST_SENTENCE = 400
FINGERPRINT = re.compile(r"[0-9a-f]{1,64}")


@dataclass(frozen=True)
class Check:
    """What the output of a check says.

    verdict: as in `contract.Verdict`; "" where only the points were left.
    version, cells: the fingerprints of the exercise, and of the cells behind the answer.
    """

    points: float
    verdict: str = ""
    say: str = ""
    version: str = ""
    cells: tuple[str, ...] = ()


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


def check_of(data: dict[str, Any]) -> Check | None:
    """The verdict in one output, or None where it is something else."""
    points = points_in(text_in(data.get("text/plain")))
    if points is None:
        return None
    html = text_in(data.get("text/html"))
    if not html:
        return Check(points)
    head = Head()
    head.feed(html[:MOST_HTML])
    if head.marks is None:
        return None
    marks = head.marks
    return Check(
        points,
        marks.get("data-verdict", ""),
        " ".join("".join(head.words).split())[:LONGEST_SENTENCE],
        marks.get("data-version", ""),
        tuple(FINGERPRINT.findall(marks.get("data-cells", ""))),
    )


class Head(HTMLParser):
    """Takes the marks of a result and its sentence, the first paragraph, out of its HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[str, str] | None = None
        self.words: list[str] = []
        self.inside = self.over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self.marks is None and found.get("class") == "cnncourse-result":
            self.marks = found
        elif tag == "p" and self.marks is not None and not self.over:
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "p" and self.inside:
            self.inside, self.over = False, True

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words.append(data)


def text_in(value: Any) -> str:
    """A text that notebooks store whole or as a list of lines."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def points_in(text: str) -> float | None:
    try:
        points = float(text[:40])
    except ValueError:
        return None
    return points if math.isfinite(points) and points >= 0 else None


def one_word(value: Any) -> str:
    return value[:40] if isinstance(value, str) and value.isidentifier() else "an error"
