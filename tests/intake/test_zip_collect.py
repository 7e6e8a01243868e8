"""Downloads from Moodle and Canvas are collected, whatever else is among them."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from intake_data import LESSON, ROOT

NOTEBOOK = b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def bomb() -> bytes:
    return zipped(**{"bomb.ipynb": bytes(300 << 20)})


def nested() -> bytes:
    inner = zipped(**{"convolution.ipynb": NOTEBOOK})
    for _ in range(5):
        inner = zipped(**{"inner.zip": inner})
    return inner


def linked() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        link = tarfile.TarInfo("convolution.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return data.getvalue()


MOODLE = {
    "Ada Lovelace_1001_assignsubmission_file_/convolution.ipynb": NOTEBOOK,
    "Zoë Ångström_1002_assignsubmission_file_/convolution (1).ipynb": NOTEBOOK,
    "Packs It_1003_assignsubmission_file_/homework.zip": zipped(
        **{"a/convolution.ipynb": NOTEBOOK}
    ),
    "Flat File_1004_assignsubmission_file_convolution.ipynb": NOTEBOOK,
    "Sends Words_1005_assignsubmission_file_/essay.docx": b"words",
    "../../outside.ipynb": NOTEBOOK,
    "/absolute.ipynb": NOTEBOOK,
}
CANVAS = {
    "hoppergrace_2001_9001_convolution.ipynb": b"first",
    "hoppergrace_2001_9002_convolution-1.ipynb": b"second",
    "hamiltonmargaret_LATE_2002_9003_convolution.ipynb": NOTEBOOK,
}
BAD = {
    "corrupt.zip": b"PK\x03\x04 no archive",
    "links.tar": linked(),
    "words.txt": b"words",
    "nobody.ipynb": NOTEBOOK,
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """A course folder after the real command."""
    course = tmp_path_factory.mktemp("collect")
    (course / LESSON.exercise).parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON.exercise, course / LESSON.exercise)
    archive = course / "downloaded" / LESSON.id / "archive"
    archive.mkdir(parents=True)
    (archive / "moodle.zip").write_bytes(zipped(**MOODLE))
    for name, data in {**CANVAS, **BAD}.items():
        (archive / name).write_bytes(data)
    (archive / "turing").mkdir()
    (archive / "turing" / "convolution.ipynb").write_bytes(NOTEBOOK)
    (archive / "noether_convolution.ipynb").write_bytes(NOTEBOOK)
    (archive / "Bomb_3001_assignsubmission_file_.zip").write_bytes(bomb())
    (archive / "Deep_3002_assignsubmission_file_.zip").write_bytes(nested())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "nbgrader", "zip_collect", LESSON.id),
            f"--CourseDirectory.root={course}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return course


def test_everybody_with_a_notebook_is_collected(collected: Path) -> None:
    found = {path.name for path in (collected / "submitted").iterdir()}
    assert found == {
        "Ada-Lovelace-1001",
        "Zoe-Angstrom-1002",
        "Packs-It-1003",
        "Flat-File-1004",
        "hoppergrace-2001",
        "hamiltonmargaret-2002",
        "turing",
        "noether",
    }
    for name in found:
        folder = collected / "submitted" / name / LESSON.id
        assert (folder / LESSON.exercise.name).is_file()


def test_last_attempt_counts(collected: Path) -> None:
    place = collected / "submitted" / "hoppergrace-2001" / LESSON.id / LESSON.exercise.name
    assert place.read_bytes() == b"second"


def test_what_was_left_out_is_written_down(collected: Path) -> None:
    with (collected / "downloaded" / LESSON.id / "skipped.csv").open(newline="") as file:
        reasons = {row["file"]: row["reason"] for row in csv.DictReader(file)}
    words = " ".join(f"{name}: {reason}" for name, reason in reasons.items())
    for expected in (
        "corrupt.zip: it cannot be opened",
        "links.tar/convolution.ipynb: a link",
        "words.txt: neither a notebook",
        "outside.ipynb': its path leads elsewhere",
        "absolute.ipynb': its path leads elsewhere",
        "bomb.ipynb: it unpacks to too much",
        "nested deeper",
    ):
        assert expected in words


def test_nothing_is_written_outside(collected: Path) -> None:
    assert not list(collected.parent.glob("outside*"))
    assert not Path("/absolute.ipynb").exists()
    assert {path.name for path in collected.iterdir()} == {"downloaded", "exercises", "submitted"}
