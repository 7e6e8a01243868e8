"""Take notebooks out of archives that may have been made to do harm."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO

from cnncourse.intake.files import NOTEBOOK
from cnncourse.intake.reading import MOST_BYTES

DEEPEST = 3
MOST_MEMBERS = 20_000
MOST_UNPACKED = 256 << 20
# Notebooks shrink to a tenth; a bomb to less than a thousandth.
HIGHEST_RATIO = 200
LONGEST_NAME = 500
ARCHIVE = (".zip", ".tar", ".tgz", ".gz")
BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError),
    *(OSError, RuntimeError, ValueError, NotImplementedError, RecursionError),
)


@dataclass(frozen=True)
class Member:
    """A notebook in an archive: its path there, its time in seconds, and what it holds."""

    path: PurePosixPath
    time: float
    data: bytes


@dataclass
class Unpacking:
    """What is left of the caps, and what was left out: (name, reason)."""

    room: int = MOST_UNPACKED
    members: int = MOST_MEMBERS
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, name: str, reason: str) -> None:
        self.skipped.append(
            (name.encode("utf-8", "replace").decode("utf-8")[:LONGEST_NAME], reason)
        )


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE) and not NOTEBOOK.search(name)


def unpack(name: str, data: bytes, state: Unpacking, depth: int = 1) -> Iterator[Member]:
    """The notebooks in an archive, and in the archives in it. Raises nothing for what is in it."""
    if depth > DEEPEST:
        state.skip(name, f"archives are nested deeper than {DEEPEST}")
        return
    try:
        for path, time, packed, file in members(name, data, state):
            state.members -= 1
            if state.members < 0:
                state.skip(name, f"more than {MOST_MEMBERS} files")
                return
            if not NOTEBOOK.search(path.name) and not is_archive(path.name):
                continue
            content = bounded(file, packed, state)
            if content is None:
                state.skip(f"{name}/{path}", "it unpacks to too much")
            elif is_archive(path.name):
                for inner in unpack(f"{name}/{path}", content, state, depth + 1):
                    yield Member(path.parent / inner.path, inner.time, inner.data)
            else:
                yield Member(path, time, content)
    except BROKEN as error:
        state.skip(name, f"it cannot be opened ({type(error).__name__})")


def members(
    name: str, data: bytes, state: Unpacking
) -> Iterator[tuple[PurePosixPath, float, int, IO[bytes]]]:
    """Path, time, packed size and content of each regular file with a harmless name."""
    lower = name.lower()
    if lower.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for one in archive.infolist():
                path = harmless(one.filename, name, state)
                kind = stat.S_IFMT(one.external_attr >> 16)
                if path is None or one.is_dir():
                    continue
                if kind not in (0, stat.S_IFREG) or one.flag_bits & 1:
                    state.skip(f"{name}/{path}", "a link, a device, or encrypted")
                    continue
                with archive.open(one) as file:
                    yield path, seconds(one.date_time), one.compress_size, file
    elif lower.endswith((".tar", ".tar.gz", ".tgz")):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for one in archive:
                path = harmless(one.name, name, state)
                if path is None or one.isdir():
                    continue
                if not one.isreg():
                    state.skip(f"{name}/{path}", "a link or a device")
                    continue
                yield path, float(one.mtime), len(data), archive.extractfile(one)
    else:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            yield PurePosixPath(PurePosixPath(name).stem), 0.0, len(data), file


def harmless(text: str, name: str, state: Unpacking) -> PurePosixPath | None:
    """A member's path, if it stays where it is put."""
    path = PurePosixPath(text.replace("\\", "/"))
    odd = not text.isprintable() or len(text) > LONGEST_NAME or ":" in text
    if odd or path.is_absolute() or ".." in path.parts:
        state.skip(f"{name}/{text!r}"[:LONGEST_NAME], "its path leads elsewhere")
        return None
    return path


def bounded(file: IO[bytes], packed: int, state: Unpacking) -> bytes | None:
    """The content, as far as the caps allow it."""
    most = min(MOST_BYTES, state.room, max(1 << 20, packed * HIGHEST_RATIO))
    data = file.read(most + 1)
    if len(data) > most:
        return None
    state.room -= len(data)
    return data


def seconds(date: tuple[int, int, int, int, int, int]) -> float:
    """A zip's date as seconds since 1970, 0 for an impossible one."""
    from datetime import UTC, datetime

    try:
        return datetime(*date, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
