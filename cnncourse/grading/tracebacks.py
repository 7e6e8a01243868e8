"""A crash, shortened to the student's own lines."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path

LIBRARIES = ("site-packages", "dist-packages", "lib/python")
OURS = str(Path(__file__).parent)


def is_students(filename: str) -> bool:
    """Whether a file is neither a library's, nor Python's, nor the grader's."""
    path = filename.replace("\\", "/")
    return not (
        filename.startswith(OURS)
        or any(library in path for library in LIBRARIES)
        or path.startswith("<frozen")
        or path == "<string>"
        or "/torch/" in path
    )


def place(filename: str) -> str:
    """How to call a file: cells of a notebook have no name worth reading."""
    if "ipykernel_" in filename or filename.startswith("<ipython-input"):
        return "your cell"
    return Path(filename).name


def shortened(error: BaseException) -> str:
    """The lines of the student's code that led to the error, innermost last."""
    lines = []
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if is_students(frame.filename) and frame.lineno
    ]
    # Endless recursion repeats one line a thousand times.
    if len(frames) > 6:
        frames = [*frames[:2], *frames[-3:]]
    for frame in frames:
        source = frame.line or linecache.getline(frame.filename, frame.lineno).strip()
        lines.append(f"{place(frame.filename)}, line {frame.lineno}, in {frame.name}")
        lines.append(f"    {source}")
    lines.append(f"{type(error).__name__}: {one_line(error) or '(no message)'}")
    return "\n".join(lines)


def innermost_student_function(error: BaseException) -> str:
    """The name of the student's function in which an error came up, or ""."""
    names = [
        frame.name
        for frame in traceback.extract_tb(error.__traceback__)
        if is_students(frame.filename)
    ]
    return names[-1] if names else ""


def one_line(error: BaseException) -> str:
    """The first line of an error's text, "" where it has none."""
    try:
        text = str(error).strip()
    except Exception:
        return "(its message cannot be read)"
    return text.splitlines()[0][:300] if text else ""
