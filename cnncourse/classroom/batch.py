"""What a batch must remember to go on after it was killed: its seed, and that it is not through."""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cnncourse.folder import CourseError
from cnncourse.judge.records import write_whole


@dataclass(frozen=True)
class Batch:
    """One run over a lesson's submissions, until all of them are graded.

    resumed: an earlier run was cut off; this one finishes it, with the same inputs.
    """

    seed: int
    release: str
    finished: bool = False
    resumed: bool = False


def open_batch(folder: Path, release: str, seed: int | None, fresh: bool) -> Batch:
    """Go on with an unfinished batch, or start one.

    release: the hash of the released notebook; another one means other exercises, and a new
    batch. seed: a given one always counts. fresh: start a new batch in any case.
    """
    path = folder / "batch.json"
    batch = Batch(secrets.randbits(31) if seed is None else seed, release)
    if path.is_file() and not fresh:
        try:
            old = Batch(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            old = batch
        if not old.finished and old.release == release and seed in (None, old.seed):
            batch = replace(old, resumed=True)
    save_batch(folder, batch)
    return batch


def save_batch(folder: Path, batch: Batch) -> None:
    write_whole(folder / "batch.json", json.dumps(asdict(batch)) + "\n")


def close_batch(folder: Path, batch: Batch) -> None:
    """All submissions have their status."""
    save_batch(folder, replace(batch, finished=True))


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Nobody else grades in this course at the same time. CourseError where somebody does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            # The system frees it when the process ends, however it ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                "This course is being graded by another process. Wait until it is through."
            ) from None
        yield
