"""Does a lesson with another number or name still work, and is the old one gone?"""

from __future__ import annotations

import json
import re
import shutil

import pytest

from cnncourse.course import Lesson, find_lesson
from cnncourse.new_lesson.rename import texts

LINK = re.compile(r"\]\(([\w./-]+\.(?:md|ipynb))\)|literalinclude\} ([\w./-]+)")
# Id and module; the number alone.
RENAMED, MOVED = Lesson("14-subsampling"), Lesson("13-tcn")


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory):
    from pipeline_course import Course, copy_course

    course = Course(copy_course(tmp_path_factory.mktemp("renamed")))
    for old, new in (("04-pooling", RENAMED), ("10-tcn", MOVED)):
        done = course.command("rename", old, new.id)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{old} is {new.id} now" in done.stdout
    assert "BasicBlock" not in done.stdout
    assert "`TemporalBlock` in lesson 10" in done.stdout
    return course


def test_nothing_has_the_old_name(renamed) -> None:
    old = re.compile(
        r"(?<![\w-])(04-pooling|10-tcn)(?![\w-])|(lessons|reference|widgets).pooling\b"
    )
    for path in texts(renamed.folder):
        assert not old.search(path.read_text(encoding="utf-8")), path
    for page in (renamed.folder / "book").rglob("*.md"):
        for link in LINK.finditer(page.read_text(encoding="utf-8")):
            assert (page.parent / (link[1] or link[2])).exists(), f"{page}: {link[0]}"


def test_lessons_are_whole_and_in_order(renamed) -> None:
    done = renamed.run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_course.py")
    assert done.returncode == 0, done.stdout
    listed = re.findall(r"^(\d\d-\S+):", renamed.command("list").stdout, re.MULTILINE)
    assert listed == sorted(listed)
    assert {RENAMED.id, MOVED.id} < set(listed)


def test_class_is_graded_under_the_new_name(renamed) -> None:
    submitted = renamed.folder / "submitted" / "ada" / RENAMED.id / RENAMED.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(renamed.folder / RENAMED.solution.with_suffix(".ipynb"), submitted)
    done = renamed.command("grade", RENAMED.id)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((renamed.folder / "records" / RENAMED.id / "ada.json").read_text())
    points = sum(mark["points"] for mark in record["exercises"].values())
    assert points == find_lesson("04-pooling").points

    done = renamed.command("rename", RENAMED.id, "15-subsampling")
    assert done.returncode == 1
    assert "Rename lessons before a term" in done.stderr


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("10-tcn", "tcn"), "An id is like"),
        (("10-tcn", "11-tcn"), "11-vit has that number already"),
        (("10-tcn", "13-vit"), "11-vit has that name already"),
        (("9-tcn", "13-tcn"), "There is no lesson"),
    ],
)
def test_what_cannot_be_is_refused(course, words: tuple[str, str], answer: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in texts(course.folder)}
    done = course.command("rename", *words)
    assert done.returncode != 0
    assert answer in done.stderr
    assert {path: path.stat().st_mtime_ns for path in texts(course.folder)} == before
