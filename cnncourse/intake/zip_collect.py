"""Plugins for `nbgrader zip_collect`: downloads from Moodle and Canvas, with care."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import time
import unicodedata
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.plugins.zipcollect import ExtractorPlugin, FileNameCollectorPlugin

from cnncourse.intake.archives import Level, Room, Trail, Unpacking, is_archive, is_notebook, unpack
from cnncourse.intake.files import NOTEBOOK
from cnncourse.intake.reading import MOST_BYTES

MOST_ARCHIVE = 1 << 30
SKIPPED = "skipped.csv"
# The first id counts: what follows it is a name that the student chose.
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file_(?P<upload>)(?P<file>.*)$")
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<upload>\d\d+)_(?P<file>[^\W\d].*)")
ATTEMPT = re.compile(r"-(\d+)(?=\.|$)")
# Zips without a time say 1980.
EARLIEST = datetime(1980, 1, 3, tzinfo=UTC).timestamp()
LETTERS = str.maketrans("øØłŁđĐı", "oOlLdDi") | {ord("ß"): "ss", ord("æ"): "ae", ord("Æ"): "Ae"}


class SafeExtractor(ExtractorPlugin):
    """Unpacks notebooks only, skips whatever is odd, and says what it skipped."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """From the downloaded archives to a folder of notebooks. One bad file stops nothing."""
        source, target = Path(archive_path), Path(extracted_path)
        paths = [path for path in sorted(source.rglob("*")) if not path.is_dir()]
        packed = [path for path in paths if is_archive(PurePosixPath(path.name))]
        # Several archives without an id are one a student; a single one is the class.
        self.single = sum(labelled(path.name) is None for path in packed) == 1
        rooms: defaultdict[PurePosixPath, Room] = defaultdict(Room)
        rooms[PurePosixPath()] = Room(size=1 << 34, members=1_000_000, notes=10_000)
        state = Unpacking(lambda trail: rooms[self.place(trail)[0]])
        for path in paths:
            at = PurePosixPath(path.relative_to(source).as_posix())
            trail = (Level(at, path.lstat().st_mtime),)
            try:
                self.take(path, trail, target, state)
            except OSError as error:
                state.skip(trail, f"unreadable ({type(error).__name__})")
        self.report(state, target.parent / SKIPPED)

    def take(self, path: Path, trail: Trail, target: Path, state: Unpacking) -> None:
        archive, size = is_archive(trail[0].path), path.lstat().st_size
        if path.is_symlink() or not path.is_file():
            state.skip(trail, "a link or a device")
        elif not archive and not is_notebook(trail[0].path):
            state.skip(trail, "neither a notebook nor an archive")
        elif size > (MOST_ARCHIVE if archive else MOST_BYTES):
            state.skip(trail, "it is too large")
        elif archive:
            for inner, data in unpack(trail, path.read_bytes(), state):
                self.write(inner, data, target, state)
        else:
            self.write(trail, path.read_bytes(), target, state)

    def place(self, trail: Trail) -> tuple[PurePosixPath, float]:
        """The folder for a student's files, "." for nobody's, and when they were handed in."""
        # Only what the learning platform wrote counts, and nothing in a student's own archive.
        for level in trail:
            for part in level.path.parts:
                if labelled(part):
                    folder = PurePosixPath(unpacked(part) if part == level.path.name else part)
                    return folder, level.time
        first = trail[0].path
        if not is_archive(first) or first.parent.name:
            return PurePosixPath(first.parent.name), trail[0].time
        if not self.single:
            return PurePosixPath(unpacked(first.name)), trail[0].time
        if len(trail) == 1:
            return PurePosixPath(), trail[0].time
        path = trail[1].path
        if path.parent.name or is_archive(path):
            return PurePosixPath(path.parent.name or unpacked(path.name)), trail[1].time
        # Nobody's folder: "<student>_convolution.ipynb", or the archive of a class of one.
        return PurePosixPath("" if "_" in path.name else unpacked(first.name)), trail[1].time

    def write(self, trail: Trail, data: bytes, target: Path, state: Unpacking) -> None:
        """A notebook, with the time at which it was handed in. The newest of a name stays."""
        folder, moment = self.place(trail)
        # A time that is none is replaced by that of the download.
        moment = moment if EARLIEST < moment < time.time() else trail[0].time
        moment = min(max(moment, EARLIEST), time.time())
        name = NOTEBOOK.sub(".ipynb", trail[-1].path.name)
        if folder.name == trail[-1].path.name or not folder.name:
            file = target / name
        else:
            # A student's own names in another's style would say that it is the other's.
            while label := labelled(name):
                name = label["file"]
            file = target / folder / name
        try:
            if file.exists():
                state.skip(trail, "another of this name and student; the newest stays")
                if file.stat().st_mtime >= moment:
                    return
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            os.utime(file, (moment, moment))
        except OSError as error:
            state.skip(trail, f"it cannot be written ({type(error).__name__})")

    def report(self, state: Unpacking, path: Path) -> None:
        """A table of what was left out, and one warning about it."""
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["file", "reason"])
            # Spreadsheets run what starts like a formula.
            table.writerows(("'" * (n[:1] in set("=+-@")) + n, r) for n, r in state.skipped)
        if state.skipped:
            self.log.warning("%s files were skipped; %s says why.", len(state.skipped), path)


class LmsCollector(FileNameCollectorPlugin):
    """Knows who handed in a file from how Moodle or Canvas names it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.best: dict[str, tuple[tuple[float, ...], Path]] | None = None

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Student, notebook and time of a file; None for what is none, or for an older attempt."""
        if self.named_regexp:
            return super().collect(submitted_file)
        path = Path(submitted_file)
        # "convolution" for 02-convolution.
        lesson = self.parent.coursedir.assignment_id.split("-", 1)[-1].replace("-", "_")
        root = Path(self.parent._format_collect_path(self.parent.extracted_directory))
        if self.best is None:
            # nbgrader goes by time alone. So it is shown one file of each student.
            self.best = {}
            for file in sorted(root.rglob("*.ipynb")):
                student = student_of(file.relative_to(root), lesson)
                ranked = (rank(file, lesson), file)
                self.best[student] = max(self.best.get(student, ranked), ranked)
        inside = path.is_relative_to(root)
        student = student_of(path.relative_to(root) if inside else Path(*path.parts[-2:]), lesson)
        older = inside and student in self.best and self.best[student][1] != path
        if not student or older or not NOTEBOOK.search(path.name):
            return None
        stamp = f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
        return {"student_id": student, "file_id": lesson, "timestamp": stamp}


def labelled(part: str) -> re.Match[str] | None:
    """What Moodle or Canvas wrote in front of a name."""
    return MOODLE.match(part) or CANVAS.match(part)


def unpacked(name: str) -> str:
    """An archive's name without its ending."""
    return re.sub(r"(\.tar)?\.(zip|tar|tgz|gz)$", "", name, flags=re.IGNORECASE) or name


def student_of(path: Path, lesson: str) -> str:
    """A name for the student that is one folder's name, and nobody else's; "" for nobody.

    >>> student_of(Path("Zoë O'Hara_12345_assignsubmission_file_/a.ipynb"), "a")
    'Zoe-O-Hara-12345'
    >>> student_of(Path("lovelaceada_LATE_77_8801_convolution (1)-2.ipynb"), "convolution")
    'lovelaceada-77'
    """
    for part in path.parts:
        if label := labelled(part):
            return f"{plain(label['name'])}-{label['id'][:20]}".lstrip("-")
    own = re.match(rf"(.+?)_{re.escape(lesson)}\b", path.name, re.IGNORECASE)
    name = path.parent.name or (own[1] if own else "")
    simple = plain(name)
    if simple == name:
        return name
    # Two names may be alike without their accents, and no id tells them apart.
    return f"{simple}-{hashlib.sha256(name.encode()).hexdigest()[:6]}".lstrip("-")


def rank(path: Path, lesson: str) -> tuple[float, ...]:
    """The right name first, then the attempt and upload, as Canvas counts them, then the time."""
    label = next((found for part in path.parts[-2:] if (found := labelled(part))), None)
    upload = int(label["upload"][:18] or 0) if label else 0
    attempt = ATTEMPT.search(label["file"]) if label and upload else None
    right = re.search(rf"(^|_){re.escape(lesson)}\b", path.name, re.IGNORECASE)
    return bool(right), int(attempt[1][:9]) if attempt else 0, upload, path.stat().st_mtime


def plain(text: str) -> str:
    """Letters, digits, hyphens and underscores."""
    simple = unicodedata.normalize("NFKD", text.translate(LETTERS)).encode("ascii", "ignore")
    return re.sub(r"[^A-Za-z0-9_]+", "-", simple.decode()).strip("-_")[:60]
