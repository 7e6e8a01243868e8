"""From the bytes of a file to the cells of a notebook, whatever the bytes are. Never executed."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 32 << 20
MOST_CELLS = 1_000
LONGEST_SOURCE = 60_000
# Of all cells together: some of what is done with them takes time with the square of it.
MOST_SOURCE = 1_000_000
DEEPEST = 200
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, whose mark it begins with.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LOOKS_LIKE = (
    (re.compile(rb"\s*<(!doctype|html|\?xml|!--)", re.IGNORECASE), "a web page"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"PK\x03\x04"), "an archive"),
    (re.compile(rb"\x1f\x8b"), "a compressed file"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8"), "a picture"),
    (re.compile(rb"version https://git-lfs"), "a pointer of Git LFS"),
)
# A string that never closes goes on to the end, or looking for it would take quadratic time.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
CELL_TYPES = ("code", "markdown", "raw")


class Unreadable(Exception):
    """Nothing can be taken from this file; says in a sentence why."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as data: its kind, its text, and the ids that it claims to have."""

    kind: str
    source: str
    id: str = ""
    grade_id: str = ""
    is_solution: bool = False


@dataclass
class Reading:
    """What could be read, and what had to be mended for that."""

    cells: list[SubmittedCell] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_notebook(data: bytes) -> Reading:
    """The cells of a submitted notebook. Unreadable where there are none to be had."""
    reading = Reading()
    room = MOST_SOURCE
    for raw in raw_cells(data, reading):
        cell = cell_of(raw, reading)
        if cell is None:
            continue
        room -= len(cell.source)
        if room < 0:
            note(reading, "The notebook is too long; its last cells were not read.")
            break
        reading.cells.append(cell)
    return reading


def raw_cells(data: bytes, reading: Reading) -> list[Any]:
    """The cells as they stand in the file, which may be anything. Unreadable where there are none.

    reading: gets a warning for everything that had to be mended.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES >> 20} MB.")
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("The file is empty.")
    for pattern, what in LOOKS_LIKE:
        if pattern.match(data):
            raise Unreadable(f"The file is {what}, not a notebook.")
    tree = parsed(text_of(data, reading), reading)
    if not isinstance(tree, dict):
        raise Unreadable("The file is JSON, but not a notebook.")
    return cells_of(tree, reading)[:MOST_CELLS]


def text_of(data: bytes, reading: Reading) -> str:
    """Decode, by the mark at the beginning, as UTF-8, or as Western Windows."""
    for mark, name in MARKS:
        if data.startswith(mark):
            reading.warnings.append(f"The file is encoded as {name.upper()}; it was converted.")
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        reading.warnings.append(
            "The file is not encoded as UTF-8; letters that are not English may be wrong."
        )
        return data.decode("cp1252", "replace")


def parsed(text: str, reading: Reading) -> Any:
    """JSON, mended where its end is missing."""
    if depth_of(text) > DEEPEST:
        raise Unreadable("The file is nested deeper than any notebook.")
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        problem = error
    mended = closed_after_last_cell(text)
    if mended is None:
        raise Unreadable(f"The file is no valid JSON ({one_line(problem)}).")
    reading.warnings.append(
        "The file is cut off or damaged; only the cells before that place could be read."
    )
    return mended


def one_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120]


def depth_of(text: str) -> int:
    """How deep brackets are nested, those in strings not counted."""
    depth = deepest = 0
    for match in TOKEN.finditer(text):
        letter = match[0]
        if letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


def closed_after_last_cell(text: str) -> dict[str, Any] | None:
    """A notebook of the cells that are whole, or None where there is none."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    if not start:
        return None
    decoder, cells, place = json.JSONDecoder(strict=False), [], start.end()
    while len(cells) < MOST_CELLS:
        place = re.compile(r"[\s,]*").match(text, place).end()
        try:
            cell, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        cells.append(cell)
    return {"cells": cells, "nbformat": 4} if cells else None


def cells_of(tree: dict[str, Any], reading: Reading) -> list[Any]:
    """The list of cells in notebooks of all ages."""
    version = tree.get("nbformat", 4)
    cells = tree.get("cells")
    if not isinstance(cells, list):
        sheets = tree.get("worksheets")
        if not isinstance(sheets, list):
            raise Unreadable("The file has no cells: it is no notebook.")
        reading.warnings.append("The notebook has an old format (3); it was converted.")
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    if version not in (3, 4):
        reading.warnings.append("The notebook says that it has a newer format; it was read as 4.")
    if len(cells) > MOST_CELLS:
        reading.warnings.append(f"Only the first {MOST_CELLS} cells were read.")
    return cells


def cell_of(raw: Any, reading: Reading) -> SubmittedCell | None:
    """One cell; None for what is none."""
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return None
    if len(source) > LONGEST_SOURCE:
        note(reading, f"A cell was longer than {LONGEST_SOURCE} characters and was cut.")
        source = source[:LONGEST_SOURCE]
    if "\0" in source:
        note(reading, "Characters with the code 0 were taken out.")
        source = source.replace("\0", "")
    whole = source.encode("utf-8", "replace").decode("utf-8")
    if whole != source:
        note(reading, "Halves of characters were replaced by question marks.")
    if raw.get("attachments"):
        note(reading, "Pictures that are pasted into a text are left out: only its words count.")
    kind = raw.get("cell_type")
    kind = kind if kind in CELL_TYPES else "code"
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    marks = marks if isinstance(marks, dict) else {}
    return SubmittedCell(
        kind=kind,
        source=whole,
        id=as_text(raw.get("id")),
        grade_id=as_text(marks.get("grade_id")),
        is_solution=marks.get("solution") is True,
    )


def as_text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def note(reading: Reading, warning: str) -> None:
    if warning not in reading.warnings:
        reading.warnings.append(warning)
