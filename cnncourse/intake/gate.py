"""What a student handed in -> a notebook that can be judged, whatever was handed in."""

from __future__ import annotations

import copy
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from dateutil.parser import parse
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from cnncourse.intake.files import find_files
from cnncourse.intake.matching import questions
from cnncourse.intake.names import functions
from cnncourse.intake.pouring import pour
from cnncourse.intake.reading import SubmittedCell, Unreadable, read_notebook

Status = Literal["ready", "unreadable", "empty", "missing"]
EARLIEST, LATEST = 1970, 2100
OFFSET = re.compile(r"[+-]\d\d:?\d\d$")


@dataclass(frozen=True)
class Intake:
    """What came of one submission at the gate.

    notebook: the master with the answers in it; blank where nothing could be read.
    reason: a sentence, "" where it is ready. warnings: a sentence for each thing mended.
    timestamp: when it was handed in, as the collector wrote it down.
    fingerprint: changes when what was handed in changes.
    """

    notebook: NotebookNode
    status: Status
    reason: str
    warnings: tuple[str, ...]
    timestamp: datetime | None
    fingerprint: str


def take_in(folder: Path, master: NotebookNode, name: str) -> Intake:
    """Take in the folder of a submission. Raises nothing for what a student can do.

    master: the released notebook. name: what the notebook is called.
    """
    warnings: list[str] = []
    found, written = find_files(folder, name, warnings, lambda data: kinship(data, master))
    timestamp = time_of(written, warnings)
    digest = hashlib.sha256(written or b"")
    if found is None:
        reason = f"There is no notebook {name} in what was handed in."
        return blank(master, "missing", reason, warnings, timestamp, digest.hexdigest())
    digest.update(found.data)
    taken = take_in_bytes(found.data, master)
    return Intake(
        taken.notebook,
        taken.status,
        taken.reason,
        (*warnings, *taken.warnings),
        timestamp,
        digest.hexdigest(),
    )


def take_in_bytes(data: bytes, master: NotebookNode) -> Intake:
    """Take in a notebook file."""
    fingerprint = hashlib.sha256(data).hexdigest()
    try:
        reading = read_notebook(data)
    except Unreadable as problem:
        return blank(master, "unreadable", str(problem), [], None, fingerprint)
    if not any(cell.source.strip() for cell in reading.cells):
        reason = "The notebook has no cells with anything in them."
        return blank(master, "empty", reason, reading.warnings, None, fingerprint)
    notebook, warnings = pour(master, reading.cells)
    said = tuple(dict.fromkeys((*reading.warnings, *warnings)))
    return Intake(notebook, "ready", "", said, None, fingerprint)


def blank(
    master: NotebookNode,
    status: Status,
    reason: str,
    warnings: list[str],
    timestamp: datetime | None,
    fingerprint: str,
) -> Intake:
    notebook = copy.deepcopy(master)
    return Intake(notebook, status, reason, tuple(warnings), timestamp, fingerprint)


def kinship(data: bytes, master: NotebookNode) -> float:
    """How many of the master's questions a file has something to say to; 0 for another's."""
    try:
        cells = read_notebook(data).cells
    except Unreadable:
        return 0.0
    return float(sum(has_a_part(cells, question) for question in questions(master)))


def has_a_part(cells: list[SubmittedCell], question: NotebookNode) -> bool:
    grade_id = question.metadata.nbgrader.grade_id
    names = functions(question.source) if question.cell_type == "code" else set()
    return any(
        cell.grade_id == grade_id or (names and names <= functions(cell.source)) for cell in cells
    )


def time_of(written: bytes | None, warnings: list[str]) -> datetime | None:
    """The time in a timestamp file; None, with a warning, where it holds none."""
    if written is None:
        return None
    try:
        text = written.decode("utf-8").strip()
        # nbgrader takes the offset +0100 for a hundred seconds.
        time = parse_utc(parse(text) if OFFSET.search(text) else text)
    except (ValueError, OverflowError, TypeError):
        time = None
    if time is None or not EARLIEST <= time.year <= LATEST:
        warnings.append("The time in timestamp.txt cannot be read, so it was not used.")
        return None
    return time
