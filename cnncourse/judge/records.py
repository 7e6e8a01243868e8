"""The structured record of each submission, a JSON file beside the gradebook."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def record_path(records: Path, lesson: str, student: str) -> Path:
    """Where the record of a submission lies."""
    return records / lesson / f"{student}.json"


def write_record(records: Path, record: dict[str, Any]) -> Path:
    """Write a record whole or not at all, and return its path."""
    path = record_path(records, record["lesson"], record["student"])
    write_whole(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return path


def read_record(records: Path, lesson: str, student: str) -> dict[str, Any] | None:
    """The record of a submission, or None where there is none."""
    path = record_path(records, lesson, student)
    if not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))


def write_whole(path: Path, text: str) -> None:
    """Replace a file; whoever reads it, and whatever happens, finds the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
