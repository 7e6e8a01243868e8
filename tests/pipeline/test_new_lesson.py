"""Does `cnncourse new` lay out a lesson that works, and disturb nothing?"""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncourse.course import LESSONS, Lesson
from cnncourse.new_lesson.layout import files, missing

ROOT = Path(__file__).parents[2]
NEW = Lesson("04-max-pooling")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_lesson_lines_up(lesson: Lesson) -> None:
    assert missing(ROOT, lesson) == []


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("solutions", "[0-9]*"),
        ("exercises", "[0-9]*"),
        ("book", "[0-9]*.md"),
    ],
)
def test_every_file_belongs_to_a_lesson(folder: str, pattern: str) -> None:
    known = {name for lesson in LESSONS for name in (lesson.id, lesson.slug)}
    assert {path.stem for path in (ROOT / folder).glob(pattern)} <= known


def test_reference_code_belongs_to_a_lesson_or_to_a_network() -> None:
    slugs = {lesson.slug for lesson in LESSONS}
    networks = "".join(path.read_text() for path in (ROOT / "cnncourse/models").glob("*.py"))
    for path in (ROOT / "cnncourse" / "reference").glob("[a-z]*.py"):
        assert path.stem in slugs or f"cnncourse.reference.{path.stem} import" in networks


@pytest.fixture
def joined(course):
    """A copy of the course with a new lesson, joined as the command says."""
    done = course.command("new", NEW.id)
    assert done.returncode == 0, done.stderr
    steps = missing(course.folder, NEW)
    assert all(step in done.stdout for step in steps)
    assert [step.split()[0] for step in steps] == ["Put", "Put", "Put", "Then"]

    lessons = course.folder / "cnncourse" / "course.py"
    text = lessons.read_text()
    assert text.count('Lesson("02-convolution"),') == 1
    lessons.write_text(
        text.replace('Lesson("02-convolution"),', f'Lesson("02-convolution"), Lesson("{NEW.id}"),')
    )
    contents = course.folder / "_toc.yml"
    text = contents.read_text()
    for page, after in (
        (NEW.chapter, "book/02-convolution"),
        (NEW.exercise, "exercises/02-convolution/convolution"),
    ):
        line = f"      - file: {after}\n"
        assert text.count(line) == 1
        text = text.replace(line, f"{line}      - file: {page.with_suffix('').as_posix()}\n")
    contents.write_text(text)
    released = course.command("release", NEW.id)
    assert released.returncode == 0, released.stderr
    return course


def test_new_lesson_keeps_the_whole_contract_at_once(joined) -> None:
    assert missing(joined.folder, NEW) == []
    assert f"{NEW.id}: 1 exercises, 1 points" in joined.command("list").stdout
    tests = joined.run(
        "pytest",
        "-q",
        "-rA",
        "tests/test_lessons.py",
        "tests/test_chapters.py",
        "tests/test_glossary.py",
        "tests/test_voice.py",
        "tests/pipeline/test_notebook.py",
        "tests/pipeline/test_new_lesson.py::test_lesson_lines_up",
        "tests/widgets/test_max_pooling.py",
        "cnncourse/reference/max_pooling.py",
        "cnncourse/widgets/max_pooling.py",
        "-k",
        "max_pooling or max-pooling",
    )
    assert tests.returncode == 0, tests.stdout
    for ran in (
        "test_misconception_is_caught_and_named[max_pooling_example-",
        f"test_solution_runs_top_to_bottom_with_full_points[{NEW.id}]",
        "test_the_description_says_what_the_picture_shows",
        "cnncourse.reference.max_pooling.max_pooling_example",
    ):
        assert ran in tests.stdout
    for tool in (("check",), ("format", "--check")):
        checked = joined.run("ruff", *tool, *(str(path) for path in python_files()))
        assert checked.returncode == 0, checked.stdout


def python_files() -> list[Path]:
    return [path for path in files(NEW).values() if path.suffix == ".py"]


def test_nothing_is_overwritten(course) -> None:
    taken = course.folder / files(NEW)["widget.js"]
    taken.write_text("// mine")
    done = course.command("new", NEW.id)
    assert done.returncode == 1
    assert str(files(NEW)["widget.js"]) in done.stderr
    assert taken.read_text() == "// mine"
    assert not (course.folder / NEW.chapter).exists()
