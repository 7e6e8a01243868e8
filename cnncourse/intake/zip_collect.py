"""Plugins for `nbgrader zip_collect`: downloads from Moodle and Canvas, with care."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.plugins.zipcollect import ExtractorPlugin, FileNameCollectorPlugin

from cnncourse.intake.archives import Unpacking, is_archive, unpack
from cnncourse.intake.files import NOTEBOOK
from cnncourse.intake.reading import MOST_BYTES

MOST_ARCHIVE = 1 << 30
SKIPPED = "skipped.csv"
# As nbgrader calls the folder into which it has archives unpacked.
EXTRACTED = "extracted"
MOODLE = re.compile(r"^(?P<name>[^/]+)_(?P<id>\d+)_assignsubmission_file_/?(?P<file>.*)$")
CANVAS = re.compile(r"^(?P<name>[^_/]+)_(?:LATE_)?(?P<id>\d+)_(?P<upload>\d+)_(?P<file>[^/]+)$")
ATTEMPT = re.compile(r"-(\d+)(?=\.ipynb)", re.IGNORECASE)


class SafeExtractor(ExtractorPlugin):
    """Unpacks notebooks only, skips whatever is odd, and says what it skipped."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """From the downloaded archives to a folder of notebooks. One bad file stops nothing."""
        state = Unpacking()
        target = Path(extracted_path)
        for path in sorted(Path(archive_path).rglob("*")):
            place = path.relative_to(archive_path)
            if path.is_symlink() or not path.is_file():
                if path.is_symlink():
                    state.skip(str(place), "a link")
            elif is_archive(path.name):
                self.extract_one(path, target / place.parent, state)
            elif NOTEBOOK.search(path.name):
                self.copy(path, target / place, state)
            else:
                state.skip(str(place), "neither a notebook nor an archive")
        self.report(state, target.parent / SKIPPED)

    def extract_one(self, path: Path, folder: Path, state: Unpacking) -> None:
        """The notebooks of one archive, in a folder of its name."""
        if path.stat().st_size > MOST_ARCHIVE:
            state.skip(path.name, "it is too large")
            return
        for member in unpack(path.name, path.read_bytes(), state):
            # The whole class in one archive is not one student's folder.
            self.write(folder / path.stem / member.path, member.data, member.time)

    def copy(self, path: Path, target: Path, state: Unpacking) -> None:
        if path.stat().st_size > MOST_BYTES:
            state.skip(path.name, "it is too large")
            return
        self.write(target, path.read_bytes(), path.stat().st_mtime)

    def write(self, target: Path, data: bytes, time: float) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.stat().st_mtime > time:
            return
        target.write_bytes(data)
        os.utime(target, (time, time))

    def report(self, state: Unpacking, path: Path) -> None:
        """A table of what was left out, and a word about it."""
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["file", "reason"])
            table.writerows(state.skipped)
        if state.skipped:
            self.log.warning("%s files were skipped; %s says why.", len(state.skipped), path)


class LmsCollector(FileNameCollectorPlugin):
    """Knows who handed in a file from how Moodle or Canvas names it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.attempts: dict[str, tuple[int, float]] = {}

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Student, notebook and time of a file; None for what is none, or an older attempt."""
        if self.named_regexp:
            return super().collect(submitted_file)
        path = Path(submitted_file)
        if not NOTEBOOK.search(path.name):
            return None
        student = student_of(path, self.notebook())
        if not student:
            self.log.warning("Whose is %s? It was skipped.", path)
            return None
        number = ATTEMPT.search(path.name)
        attempt = (int(number[1]) if number else 0, path.stat().st_mtime)
        # nbgrader stops where two files of a student cannot be ordered by time.
        best = self.attempts.get(student)
        if best is not None and best >= attempt:
            return None
        self.attempts[student] = attempt
        # Later attempts get later times, whatever the files' own times are.
        time = datetime.fromtimestamp(max(attempt[1], 0.0) + attempt[0] * 1e-3, UTC)
        return {
            "student_id": student,
            "file_id": self.notebook(),
            "timestamp": time.strftime("%Y-%m-%d %H:%M:%S.%f UTC"),
        }

    def notebook(self) -> str:
        """The name of the lesson's notebook: "convolution" for 02-convolution."""
        lesson = self.parent.coursedir.assignment_id
        return lesson.split("-", 1)[-1].replace("-", "_")


def student_of(path: Path, notebook: str) -> str:
    """A name for the student that is one folder's name, and nobody else's; "" for nobody's.

    >>> student_of(Path("Zoë O'Hara_12345_assignsubmission_file_/a/b.ipynb"), "b")
    'Zoe-O-Hara-12345'
    >>> student_of(Path("extracted/lovelaceada_LATE_77_8801_convolution-1.ipynb"), "convolution")
    'lovelaceada-77'
    >>> student_of(Path("extracted/ada/convolution.ipynb"), "convolution")
    'ada'
    >>> student_of(Path("extracted/ada_convolution.ipynb"), "convolution")
    'ada'
    """
    for text in (path.name, *reversed(path.parts[:-1])):
        for pattern in (MOODLE, CANVAS):
            found = pattern.match(text)
            if found:
                return plain(f"{found['name']}-{found['id']}")
    alone = re.match(rf"(?P<student>.+)_{re.escape(notebook)}", path.name)
    if alone:
        return plain(alone["student"])
    return "" if path.parent.name == EXTRACTED else plain(path.parent.name)


def plain(text: str) -> str:
    """Letters, digits, hyphens and underscores."""
    simple = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^\w]+", "-", simple).strip("-_")[:80]
