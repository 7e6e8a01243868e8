"""Plugins for nbgrader's exchange: what students put there is theirs, so it is copied with care."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback

from cnncourse.intake.exporter import students
from cnncourse.intake.files import MOST_FILES, SECRET, TIMESTAMP, contents, shown
from cnncourse.intake.gate import time_of
from cnncourse.intake.reading import MOST_BYTES

TOKEN = re.compile(rb"[0-9a-f]{16,256}")
LONGEST = 300
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class SafeCollect(ExchangeCollect):
    """Collects regular files only, and one odd submission stops nobody else's.

    nbgrader follows links. Then a notebook that is a link to the solution would be copied with
    the instructor's rights.
    """

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            return super()._path_to_record(path)
        except ValueError:
            # The time is what the folder's name says, and a student gives folders their names.
            name = Path(path).name
            return {"username": name.split("+")[0], "filename": name, "timestamp": LONG_AGO}

    def copy_files(self) -> None:
        """Copy what is new."""
        there = []
        for record in self.src_records:
            folder = Path(self.inbound_path, record["filename"])
            if folder.is_dir() and not folder.is_symlink():
                there.append(record)
            else:
                self.log.warning("%s is no folder and was left out.", shown(folder.name))
        self.src_records = there
        super().copy_files()

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission's own files, but no link, no folder and nothing too large."""
        warnings: list[str] = []
        target = Path(dest)
        target.mkdir(parents=True)
        try:
            entries = sorted(os.scandir(src), key=lambda entry: entry.name)
        except OSError as error:
            entries = []
            warnings.append(f"it cannot be read ({type(error).__name__}).")
        for entry in entries[:MOST_FILES]:
            data = contents(entry, MOST_BYTES + 1, warnings)
            if data is not None:
                (target / entry.name).write_bytes(data)
        for warning in warnings:
            self.log.warning("%s: %s", shown(Path(src).name), warning)


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Finds each student's secret, with which nbgrader names the page that only they can fetch."""

    def copy_files(self) -> None:
        """Release the pages of everybody who handed in through the exchange."""
        left_out = []
        for student in students(self.coursedir, "feedback"):
            if problem := self.prepare(*map(Path, self.folders(student))):
                left_out.append(student)
                self.log.warning("%s gets no page through the exchange: %s", student, problem)
        excluded = [self.coursedir.student_id_exclude, *left_out]
        self.coursedir.student_id_exclude = ",".join(filter(None, excluded))
        super().copy_files()

    def folders(self, student: str) -> tuple[str, str]:
        """Where a student's submission lies, and where their page."""
        course = self.coursedir
        steps = course.submitted_directory, course.feedback_directory
        handed_in, page = (
            course.format_path(step, student, course.assignment_id) for step in steps
        )
        return handed_in, page

    def prepare(self, handed_in: Path, folder: Path) -> str:
        """Put the secret beside a student's page, where nbgrader looks; why not, or ""."""
        found = read(handed_in, SECRET), read(handed_in, TIMESTAMP)
        if found[0] is None or found[1] is None:
            return "it was not handed in there."
        if not TOKEN.fullmatch(found[0]):
            return f"{SECRET} is not as nbgrader writes it."
        graded = read(folder, TIMESTAMP)
        if time_of(graded, []) != time_of(found[1], []):
            return "something newer has been collected. Grade it, and make the pages again."
        if graded is None:
            shutil.copyfile(handed_in / TIMESTAMP, folder / TIMESTAMP)
        (folder / SECRET).write_bytes(found[0])
        return ""


def read(folder: Path, name: str) -> bytes | None:
    """A small regular file; None where there is none."""
    if not folder.is_dir() or folder.is_symlink():
        return None
    with os.scandir(folder) as entries:
        found = next((entry for entry in entries if entry.name == name), None)
        return contents(found, LONGEST, []) if found else None
