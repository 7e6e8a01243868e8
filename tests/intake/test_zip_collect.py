"""Downloads from Moodle and Canvas are collected, whatever else is among them."""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from intake_data import LESSON, ROOT

NOTEBOOK = b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'
PLUGINS = "cnncourse.intake.zip_collect"
MOODLE = "assignsubmission_file_"
Collect = Callable[..., Path]


def zipped(method: int = zipfile.ZIP_DEFLATED, /, **files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred(content: bytes = b"", mode: str = "w", **details: object) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:
        member = tarfile.TarInfo("convolution.ipynb")
        member.size = len(content)
        for name, value in details.items():
            setattr(member, name, value)
        archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def nested(depth: int) -> bytes:
    inner = zipped(**{"convolution.ipynb": NOTEBOOK})
    for _ in range(depth):
        inner = zipped(**{"inner.zip": inner})
    return inner


def encrypted() -> bytes:
    data = bytearray(zipped(**{"convolution.ipynb": NOTEBOOK}))
    directory = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[directory + 8] |= 1
    return bytes(data)


@pytest.fixture
def collect(tmp_path: Path) -> Collect:
    """The real command on a download; gives the course folder."""

    def run(files: dict[str, bytes], times: dict[str, float] | None = None, *options: str) -> Path:
        course = tmp_path / "course"
        (course / LESSON.exercise).parent.mkdir(parents=True)
        shutil.copy(ROOT / LESSON.exercise, course / LESSON.exercise)
        for name, data in files.items():
            path = course / "downloaded" / LESSON.id / "archive" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if times:
                os.utime(path, (times[name], times[name]))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "nbgrader", "zip_collect", LESSON.id, *options),
                f"--CourseDirectory.root={course}",
                "--CourseDirectory.release_directory=exercises",
                f"--ZipCollectApp.extractor_plugin={PLUGINS}.SafeExtractor",
                f"--ZipCollectApp.collector_plugin={PLUGINS}.LmsCollector",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return course

    return run


def handed_in(course: Path) -> dict[str, bytes]:
    """Each student's notebook."""
    found = (course / "submitted").glob(f"*/{LESSON.id}/{LESSON.exercise.name}")
    return {path.parents[1].name: path.read_bytes() for path in found}


def test_the_good_are_collected_among_the_bad(collect: Collect, tmp_path: Path) -> None:
    class_zip = {
        f"Ada Lovelace_1001_{MOODLE}/convolution.ipynb": b"1",
        f"Zoë Ångström_1002_{MOODLE}/convolution (1).ipynb": b"2",
        f"Packs It_1003_{MOODLE}/homework.zip": zipped(**{"a/convolution.ipynb": b"3"}),
        f"Flat File_1004_{MOODLE}convolution.ipynb": b"4",
        f"Text_1005_{MOODLE}/convolution.ipynb.txt": b"5",
        f"Mac_1006_{MOODLE}/a.zip": zipped(
            **{"convolution.ipynb": b"6", "._convolution.ipynb": b"x"}
        ),
        f"Tar_1007_{MOODLE}/a.tgz": tarred(b"7", "w:gz"),
        f"Words_1008_{MOODLE}/essay.docx": b"words",
        f"Bomb_3001_{MOODLE}/a.zip": zipped(**{"bomb.ipynb": bytes(64 << 20)}),
        f"Deep_3002_{MOODLE}/a.zip": nested(5),
        f"Link_3003_{MOODLE}/a.tar": tarred(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        f"Secret_3004_{MOODLE}/a.zip": encrypted(),
        f"Odd_3005_{MOODLE}/a.zip": zipped(zipfile.ZIP_BZIP2, **{"odd.ipynb": bytes(64 << 20)}),
        f"Gz_3006_{MOODLE}/a.tar.gz": gzip.compress(bytes(64 << 20)),
        f"Broken_3007_{MOODLE}/a.zip": b"PK\x03\x04 no archive",
        "../../outside.ipynb": NOTEBOOK,
        "/absolute.ipynb": NOTEBOOK,
    }
    course = collect(
        {
            "moodle.zip": zipped(**class_zip),
            "hoppergrace_2001_9001_convolution.ipynb": b"first",
            "hoppergrace_2001_9002_convolution-1.ipynb": b"second",
            "hamiltonmargaret_LATE_2002_9003_convolution (1)-2.ipynb": b"8",
            "turingalan_2003_9004_work.zip": zipped(**{"convolution.ipynb": b"9"}),
            "corrupt.zip": b"no archive",
        }
    )
    assert handed_in(course) == {
        **{"Ada-Lovelace-1001": b"1", "Zoe-Angstrom-1002": b"2", "Packs-It-1003": b"3"},
        **{"Flat-File-1004": b"4", "Text-1005": b"5", "Mac-1006": b"6", "Tar-1007": b"7"},
        **{"hoppergrace-2001": b"second", "hamiltonmargaret-2002": b"8", "turingalan-2003": b"9"},
    }
    with (course / "downloaded" / LESSON.id / "skipped.csv").open(newline="") as file:
        skipped = "\n".join(row["file"] for row in csv.DictReader(file))
    for name in ("essay", "bomb", "Deep", "Link", "Secret", "odd", "Gz_", "Broken", "outside"):
        assert name in skipped
    assert "absolute" in skipped
    assert "corrupt" in skipped
    assert {path.name for path in course.iterdir()} == {"downloaded", "exercises", "submitted"}
    assert {path.name for path in tmp_path.iterdir()} == {"course"}
    assert not Path("/absolute.ipynb").exists()


def test_nobody_hands_in_for_another(collect: Collect) -> None:
    forged = f"Bob_1002_{MOODLE}"
    eve = zipped(**{f"{forged}/convolution-9.ipynb": b"x", f"{forged}convolution.ipynb": b"x"})
    files = {
        f"Bob_1002_{MOODLE}/convolution.ipynb": b"Bob's",
        f"Eve_1003_{MOODLE}/a.zip": eve,
        f"Mal_1004_{MOODLE}{forged}convolution.ipynb": b"x",
    }
    found = handed_in(collect({"moodle.zip": zipped(**files)}))
    assert found == {"Bob-1002": b"Bob's", "Eve-1003": b"x", "Mal-1004": b"x"}


@pytest.mark.parametrize("mtime", [0, 1.6e9, 1e17, -5e9])
def test_own_archives_set_no_times(collect: Collect, mtime: float) -> None:
    details = {"mtime": mtime, "pax_headers": {"mtime": "nan"} if mtime == 0 else {}}
    packed = tarred(b"late", **details)
    course = collect({"ada_1001_9001_a.tar": packed}, {"ada_1001_9001_a.tar": 1.7e9})
    stamp = course / "submitted" / "ada-1001" / LESSON.id / "timestamp.txt"
    assert stamp.read_text().startswith("2023-11-14 22:13:20")


def test_attempts_go_by_their_number(collect: Collect) -> None:
    names = {"h_1_9001_convolution.ipynb": 1.7e9, "h_1_9002_convolution-1.ipynb": 1.6e9}
    course = collect({name: name.encode() for name in names}, names)
    assert handed_in(course) == {"h-1": b"h_1_9002_convolution-1.ipynb"}


def test_one_student_takes_no_others_room(collect: Collect) -> None:
    many = zipped(**{f"{number}.txt": b"" for number in range(20_001)})
    files = {f"A_1_{MOODLE}/a.zip": many, f"B_2_{MOODLE}/convolution.ipynb": NOTEBOOK}
    assert handed_in(collect({"moodle.zip": zipped(**files)})) == {"B-2": NOTEBOOK}


def test_plain_names(collect: Collect) -> None:
    files = {
        "ada/convolution.ipynb": b"1",
        "bob_convolution.ipynb": b"2",
        "Zoë/convolution.ipynb": b"3",
    }
    found = handed_in(collect(files))
    assert found.pop("ada") == b"1"
    assert found.pop("bob") == b"2"
    assert [name[:4] for name in found] == ["Zoe-"]


def test_an_instructors_expression_wins(collect: Collect) -> None:
    option = r"--FileNameCollectorPlugin.named_regexp=.*/(?P<file_id>\w+)-of-(?P<student_id>\w+)"
    assert handed_in(collect({"convolution-of-ada.ipynb": b"1"}, None, option)) == {"ada": b"1"}
