"""One lesson, one name: ids, files, modules, tables of contents line up."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

from cnncourse.course import LESSONS, find_exercise, find_lesson

ROOT = Path(__file__).parents[1]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


def in_the_book() -> list[str]:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    return [chapter["file"] for part in parts for chapter in part["chapters"]]


@each_lesson
def test_every_lesson_is_whole(lesson):
    for path in (lesson.chapter, lesson.solution, lesson.exercise):
        assert (ROOT / path).is_file(), path
    for part in ("reference", "lessons", "widgets"):
        importlib.import_module(f"cnncourse.{part}.{lesson.slug}")
    assert (ROOT / "cnncourse" / "widgets" / f"{lesson.slug}.js").is_file()
    assert lesson.points >= 10


def test_the_book_has_the_lessons_in_their_order():
    pages = in_the_book()
    for folder in ("chapter", "exercise"):
        wanted = [getattr(lesson, folder).with_suffix("").as_posix() for lesson in LESSONS]
        assert [page for page in pages if page in wanted] == wanted
    assert {page for page in pages if re.match(r"book/\d\d-", page)} == {
        lesson.chapter.with_suffix("").as_posix() for lesson in LESSONS
    }


def test_no_lesson_is_left_over_in_a_folder():
    ids = {lesson.id for lesson in LESSONS}
    for folder in ("solutions", "exercises"):
        found = {path.name for path in (ROOT / folder).glob("[!._]*") if path.is_dir()}
        assert found == ids


def test_ids_are_numbered_in_order():
    numbers = [lesson.number for lesson in LESSONS]
    assert numbers == sorted(set(numbers))
    assert all(re.fullmatch(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*", lesson.id) for lesson in LESSONS)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="02-convolution"):
        find_lesson("2-convolution")
    with pytest.raises(ValueError, match="conv2d_backward"):
        find_exercise("conv3d")


def test_requirements_and_package_agree_on_what_is_needed():
    def names(text: str) -> set[str]:
        found = re.findall(r'^\s*"?([A-Za-z][\w-]*)\s*(?:[=><].*)?"?,?$', text, re.MULTILINE)
        return {name.lower() for name in found}

    project = (ROOT / "pyproject.toml").read_text()
    needed = names(re.search(r"^dependencies = \[(.*?)^\]", project, re.M | re.S)[1])
    assert needed - {"ipython"} <= names((ROOT / "requirements.txt").read_text())


def test_requirements_are_pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    for line in lines:
        assert not line or line.startswith(("#", "-e .")) or re.fullmatch(r"[\w-]+==[\w.]+", line)
