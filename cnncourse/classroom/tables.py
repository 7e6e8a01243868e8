"""Grades as CSV: points where there are points, and nothing, never zero, where there are none."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from cnncourse.classroom.summary import NOT_GRADED, Records, total
from cnncourse.judge.records import write_whole

# What makes a spreadsheet take a text for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(text: Any) -> str:
    """A cell that no spreadsheet runs.

    >>> safe("=1+1"), safe("ada"), safe(2.5)
    ("'=1+1", 'ada', '2.5')
    """
    words = str(text)
    return f"'{words}" if isinstance(text, str) and words.startswith(FORMULA) else words


def write_grades(path: Path, records: Records) -> Path:
    """One row for each student: status, points by exercise, total.

    What waits for a person has no points yet, and the total, so far, goes without them.
    """
    names = list(dict.fromkeys(name for record in records.values() for name in record["exercises"]))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "status", *names, "total", "of"])
    for student, record in records.items():
        marks = record["exercises"]
        found = [marks[name]["points"] if name in marks else None for name in names]
        points = ["" if one is None else f"{one:g}" for one in found]
        sums = ["", ""]
        if record["status"] != NOT_GRADED:
            sums = [f"{total(record):g}", f"{sum(mark['of'] for mark in marks.values()):g}"]
        table.writerow([safe(student), record["status"], *points, *sums])
    write_whole(path, text.getvalue())
    return path
