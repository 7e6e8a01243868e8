"""Take notebooks out of archives that may have been made to do harm."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO

from cnncourse.intake.files import NOTEBOOK

DEEPEST = 3
MOST_MEMBERS = 20_000
MOST_UNPACKED = 256 << 20
MOST_IN_MEMBER = 32 << 20
MOST_IN_TAR = 1 << 30
# Notebooks shrink to a tenth; a bomb to less than a thousandth.
HIGHEST_RATIO = 200
LONGEST_PATH = 500
# What file systems allow for one name, less a little.
LONGEST_NAME = 200
ARCHIVE = (".zip", ".tar", ".tgz", ".gz")


@dataclass(frozen=True)
class Level:
    """A file's path in the archive (or folder) around it, and its time there in seconds."""

    path: PurePosixPath
    time: float


# From the outermost archive to the file itself.
Trail = tuple[Level, ...]
# A file in an archive, its packed size, its content.
Opened = tuple[Level, int, IO[bytes]]


@dataclass
class Room:
    """What is left of the caps of one student."""

    size: int = MOST_UNPACKED
    members: int = MOST_MEMBERS
    notes: int = 50


@dataclass
class Unpacking:
    """Whose room a file takes, and what was left out: (name, reason)."""

    room_of: Callable[[Trail], Room]
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, trail: Trail, reason: str, name: str = "") -> None:
        """Write down what was left out, but not everything that one student can think of."""
        room = self.room_of(trail)
        room.notes -= 1
        if room.notes >= 0:
            text = "/".join([*(str(level.path) for level in trail), *([name] if name else [])])
            whole = "".join(letter if letter.isprintable() else "?" for letter in text)
            self.skipped.append((whole[:LONGEST_PATH], reason if room.notes else f"{reason}, ..."))


def is_hidden(path: PurePosixPath) -> bool:
    """Whether it is a copy that a system or Jupyter hid there."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def is_notebook(path: PurePosixPath) -> bool:
    return bool(NOTEBOOK.search(path.name)) and not is_hidden(path)


def is_archive(path: PurePosixPath) -> bool:
    return path.name.lower().endswith(ARCHIVE)


def unpack(trail: Trail, data: bytes, state: Unpacking) -> Iterator[tuple[Trail, bytes]]:
    """The notebooks in an archive, and in the archives in it. Raises nothing for what is in it."""
    if len(trail) > DEEPEST:
        state.skip(trail, f"archives are nested deeper than {DEEPEST}")
        return
    # Broken archives raise nearly anything, and one student's may not stop the class.
    try:
        for level, packed, file in members(trail, data, state):
            inner = (*trail, level)
            content = content_of(inner, packed, file, state)
            if content is not None and is_notebook(level.path):
                yield inner, content
            elif content is not None:
                yield from unpack(inner, content, state)
    except Exception as error:
        state.skip(trail, f"unreadable ({type(error).__name__})")


def content_of(trail: Trail, packed: int, file: IO[bytes], state: Unpacking) -> bytes | None:
    """A notebook's or an archive's content, as far as the caps allow it."""
    path, room = trail[-1].path, state.room_of(trail)
    room.members -= 1
    if room.members < 0:
        state.skip(trail, f"more than {MOST_MEMBERS} files")
        return None
    if not is_notebook(path) and not is_archive(path):
        if not is_hidden(path):
            state.skip(trail, "neither a notebook nor an archive")
        return None
    most = min(MOST_IN_MEMBER, room.size, max(1 << 20, packed * HIGHEST_RATIO))
    try:
        data = file.read(most + 1)
    # Damage to one file hides no other.
    except Exception as error:
        state.skip(trail, f"unreadable ({type(error).__name__})")
        return None
    room.size -= min(len(data), most)
    if len(data) > most:
        state.skip(trail, "it unpacks to too much")
        return None
    return data


def members(trail: Trail, data: bytes, state: Unpacking) -> Iterator[Opened]:
    """Each regular file with a harmless name, its packed size and its content."""
    name = trail[-1].path.name.lower()
    if name.endswith(".zip"):
        yield from zip_members(trail, data, state)
    elif name.endswith((".tar", ".tar.gz", ".tgz")):
        yield from tar_members(trail, data, state)
    else:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            path = PurePosixPath(trail[-1].path.stem)
            yield Level(path, trail[-1].time), len(data), file


def zip_members(trail: Trail, data: bytes, state: Unpacking) -> Iterator[Opened]:
    """Those of a zip. Damage to one hides no other."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for one in archive.infolist():
            kind = stat.S_IFMT(one.external_attr >> 16)
            # zipfile bounds what it unpacks at once for no other method.
            usual = one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            path = harmless(one.orig_filename, trail, state)
            if path is None or one.is_dir():
                continue
            if kind not in (0, stat.S_IFREG) or one.flag_bits & 1 or not usual:
                state.skip(trail, "a link, a device, encrypted or oddly packed", str(path))
                continue
            try:
                file = archive.open(one)
            except Exception as error:
                state.skip(trail, f"unreadable ({type(error).__name__})", str(path))
                continue
            with file:
                yield Level(path, zip_time(one.date_time)), one.compress_size, file


def tar_members(trail: Trail, data: bytes, state: Unpacking) -> Iterator[Opened]:
    """Those of a tar. It is unpacked first, as tarfile sets no bounds to what it passes over."""
    if data[:2] == b"\x1f\x8b":
        most = min(state.room_of(trail).size, MOST_IN_TAR, max(1 << 20, len(data) * HIGHEST_RATIO))
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            data = packed.read(most + 1)
        if len(data) > most:
            state.skip(trail, "it unpacks to too much")
            return
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for one in archive:
            path = harmless(one.name, trail, state)
            if path is None or one.isdir():
                continue
            file = archive.extractfile(one) if one.isreg() and not one.issparse() else None
            if file is None:
                state.skip(trail, "a link or a device", str(path))
                continue
            yield Level(path, float(one.mtime)), len(data), file


def harmless(text: str, trail: Trail, state: Unpacking) -> PurePosixPath | None:
    """A member's path, if it stays where it is put."""
    path = PurePosixPath(text.replace("\\", "/"))
    odd = not text.isprintable() or ":" in text or path.is_absolute() or ".." in path.parts
    # fsencode takes printable text only.
    if odd or len(text) > LONGEST_PATH or len(os.fsencode(path.name)) > LONGEST_NAME:
        state.skip(trail, "its path leads elsewhere, is too long or has odd characters", text)
        return None
    return path


def zip_time(date: tuple[int, int, int, int, int, int]) -> float:
    """A zip's date, which is in local time, in seconds; 0 for an impossible one."""
    try:
        return datetime(*date).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
