"""Can an instructor follow the page on adopting the course to the letter, and is all well then?"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from pipeline_course import Course, copy_course

from cnncourse.course import Lesson, find_lesson
from cnncourse.new_lesson.rename import texts

LINK = re.compile(r"\]\(([\w./-]+\.(?:md|ipynb))\)|literalinclude\} ([\w./-]+)")
# Id and module; the number alone.
RENAMED, MOVED = Lesson("04-subsampling"), Lesson("13-tcn")
PAGE = Path(__file__).parents[2] / "book" / "teach" / "adopt.md"
BLOCKS = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
OURS, YOURS = "github.com/cnncourse/cnncourse", "github.com/you/your-course"


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy in which somebody has run all commands of the page, one after the other."""
    course = Course(copy_course(tmp_path_factory.mktemp("adopted")))
    commands = "".join(BLOCKS.findall(PAGE.read_text(encoding="utf-8"))).splitlines()
    assert [command.split()[1] for command in commands[1:]] == [
        *("release", "rename", "rename", "release")
    ]
    for command in commands:
        program, *words = shlex.split(command)
        if program == "cnncourse":
            done = course.command(*words)
        else:
            done = subprocess.run(
                command, shell=True, cwd=course.folder, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        if "rename" in words:
            assert f"{words[1]} is {words[2]} now" in done.stdout
            assert ("`TemporalBlock` in lesson 10" in done.stdout) == (words[2] == MOVED.id)
    return course


def test_the_repository_is_yours(adopted: Course) -> None:
    for path in texts(adopted.folder):
        if path.suffix in {".ipynb", ".yml"} or path.match("solutions/*/*.py"):
            assert OURS not in path.read_text(encoding="utf-8"), path
    for notebook in (adopted.folder / "exercises").glob("*/*.ipynb"):
        assert YOURS in notebook.read_text(encoding="utf-8"), notebook


def test_nothing_has_the_old_name(adopted: Course) -> None:
    old = re.compile(
        r"(?<![\w-])(04-pooling|10-tcn)(?![\w-])|(lessons|reference|widgets).pooling\b"
    )
    for path in texts(adopted.folder):
        assert not old.search(path.read_text(encoding="utf-8")), path
    for page in (adopted.folder / "book").rglob("*.md"):
        for link in LINK.finditer(page.read_text(encoding="utf-8")):
            assert (page.parent / (link[1] or link[2])).exists(), f"{page}: {link[0]}"


def test_lessons_are_whole_and_in_order(adopted: Course) -> None:
    done = adopted.run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_course.py")
    assert done.returncode == 0, done.stdout
    listed = re.findall(r"^(\d\d-\S+):", adopted.command("list").stdout, re.MULTILINE)
    assert listed == sorted(listed)
    assert {RENAMED.id, MOVED.id} < set(listed)


def test_class_is_graded_under_the_new_name(adopted: Course) -> None:
    submitted = adopted.folder / "submitted" / "ada" / RENAMED.id / RENAMED.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(adopted.folder / RENAMED.solution.with_suffix(".ipynb"), submitted)
    done = adopted.command("grade", RENAMED.id)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((adopted.folder / "records" / RENAMED.id / "ada.json").read_text())
    points = sum(mark["points"] for mark in record["exercises"].values())
    assert points == find_lesson("04-pooling").points

    done = adopted.command("rename", RENAMED.id, "14-subsampling")
    assert done.returncode == 1
    assert "Rename lessons before a term" in done.stderr


def test_points_change_where_the_page_says(adopted: Course) -> None:
    lesson = find_lesson("02-convolution")
    rows = re.findall(r"^\| `(cnncourse|solutions)/.*\| `(.*)` \|$", PAGE.read_text(), re.MULTILINE)
    worth = {"cnncourse": "cnncourse/lessons/convolution/layer.py", "solutions": lesson.solution}
    for folder, old in rows:
        path = adopted.folder / worth[folder]
        text = path.read_text(encoding="utf-8")
        # From where conv2d begins; the exercise behind it is worth 4, too.
        at = text.index("## Exercise 5") if folder == "solutions" else 0
        changed = text[at:].replace(old, old.replace("4", "6", 1), 1)
        assert changed != text[at:], old
        path.write_text(text[:at] + changed, encoding="utf-8")
    assert len(rows) == 3
    assert adopted.command("release", lesson.id).returncode == 0
    done = adopted.run(
        "pytest", "-q", "-p", "no:cacheprovider", "tests/pipeline/test_notebook.py", "-k", lesson.id
    )
    assert done.returncode == 0, done.stdout

    submitted = adopted.folder / "submitted" / "ada" / lesson.id / lesson.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(adopted.folder / lesson.solution.with_suffix(".ipynb"), submitted)
    done = adopted.command("grade", lesson.id)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((adopted.folder / "records" / lesson.id / "ada.json").read_text())
    assert record["exercises"]["conv2d"]["points"] == 6


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
