"""Find the notebook in a submission's folder, and open nothing but regular files."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnncourse.intake.reading import MOST_BYTES

TIMESTAMP = "timestamp.txt"
# What nbgrader's exchange puts beside it.
SECRET = "submission_secret.txt"
LONGEST_TIMESTAMP = 200
MOST_FILES = 500
# What editors, browsers and mail programs make of "convolution.ipynb".
NOTEBOOK = re.compile(r"\.ipynb(\.(txt|json|download))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A file that may be the notebook."""

    name: str
    data: bytes


def find_files(
    folder: Path, name: str, warnings: list[str], is_ours: Callable[[bytes], float]
) -> tuple[Found | None, bytes | None]:
    """The notebook, by its name or else by its content, and what the timestamp file holds.

    is_ours: how much content is like the master, 0 to 100.
    """
    if is_link(folder):
        warnings.append("The folder that was handed in is a link and was not opened.")
        return None, None
    if not folder.is_dir():
        return None, None
    timestamp: bytes | None = None
    candidates: list[Found] = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)[:MOST_FILES]:
        if entry.name == TIMESTAMP:
            timestamp = contents(entry, LONGEST_TIMESTAMP, warnings)
        elif entry.name == name or NOTEBOOK.search(entry.name):
            data = contents(entry, MOST_BYTES + 1, warnings)
            if data is not None:
                candidates.append(Found(entry.name, data))
        elif entry.name.lower().endswith(".zip"):
            candidates += from_archive(entry, warnings)
        elif not entry.name.startswith(".") and entry.name != SECRET:
            warnings.append(f"{shown(entry.name)} was not looked at: only the notebook counts.")
    return choose(candidates, name, warnings, is_ours), timestamp


def choose(
    candidates: list[Found], name: str, warnings: list[str], is_ours: Callable[[bytes], float]
) -> Found | None:
    """The candidate of the right name, or the one whose content is most like the master."""
    for one in candidates:
        if one.name == name:
            return one
    best = max(candidates, key=lambda one: (is_ours(one.data), one.name), default=None)
    if best is None or is_ours(best.data) == 0:
        return None
    warnings.append(f"{shown(best.name)} was taken for {name}. Please keep the notebook's name.")
    return best


def contents(entry: os.DirEntry[str], most: int, warnings: list[str]) -> bytes | None:
    """What a regular file holds, up to a limit; None for anything else."""
    what = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFREG: ""}
    try:
        # Not followed, not waited for: a FIFO would block for ever, a link leads anywhere.
        handle = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        kind = "a link" if entry.is_symlink() else "no file that can be read"
        warnings.append(f"{shown(entry.name)} is {kind} and was not opened.")
        return None
    kind = what.get(stat.S_IFMT(os.fstat(handle).st_mode), "no regular file")
    if kind:
        os.close(handle)
        warnings.append(f"{shown(entry.name)} is {kind} and was not opened.")
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(most)


def from_archive(entry: os.DirEntry[str], warnings: list[str]) -> list[Found]:
    """The notebooks in a zip that was handed in as it was."""
    data = contents(entry, 2 * MOST_BYTES, warnings)
    if data is None:
        return []
    import io

    found = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist()[:MOST_FILES]:
                base = member.filename.rsplit("/", 1)[-1]
                if NOTEBOOK.search(base) and member.file_size <= MOST_BYTES and base[0] != ".":
                    with archive.open(member) as file:
                        found.append(Found(base, file.read(MOST_BYTES + 1)))
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError, NotImplementedError):
        warnings.append(f"{shown(entry.name)} is an archive that cannot be opened.")
        return []
    if found:
        warnings.append(f"The notebook was taken out of {shown(entry.name)}.")
    return found


def is_link(folder: Path) -> bool:
    """Whether the folder of a lesson, or the student's above it, is a link."""
    return folder.is_symlink() or folder.parent.is_symlink()


def shown(name: str) -> str:
    """A file's name for people, whatever its bytes are."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:80]
