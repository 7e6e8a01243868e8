"""What every chapter keeps to; what only one of them says is tested in a file of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_text import Chapter, choices

from cnncourse.course import LESSONS, Lesson

ROOT = Path(__file__).parents[1]
DRAWS = re.compile(r"plt\.subplots\(|figures\.grid_row\(|pictures\.sheet\(|^show\(", re.MULTILINE)
MOST_COLUMNS, QUIZZES = 70, 5

each_chapter = pytest.mark.parametrize(
    ("lesson", "chapter"),
    [pytest.param(lesson, Chapter(ROOT / lesson.chapter), id=lesson.id) for lesson in LESSONS],
)


@each_chapter
def test_exercise_pointers_name_the_exercises_in_order(lesson: Lesson, chapter: Chapter):
    pointers = re.findall(r"^Exercises? (.*?)\n:::", chapter.text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`(\w+)`", " ".join(pointers))
    assert named == [exercise.name for exercise in lesson.exercises]
    links = set(re.findall(r"\((\.\./exercises/[^)]*)\)", chapter.text))
    assert links == {f"../{lesson.exercise.as_posix()}"}


@each_chapter
def test_every_quiz_has_a_reply_for_every_choice(lesson: Lesson, chapter: Chapter):
    # A lesson that has just been laid out has one exercise.
    assert len(chapter.quizzes) >= min(QUIZZES, len(lesson.exercises))
    for quiz in chapter.quizzes:
        found = choices(quiz)
        assert len(found) == quiz.count("- [") >= 4
        assert any(right for right, _, _ in found)
        assert all(reply for _, _, reply in found)


@each_chapter
def test_every_figure_is_described_in_words(lesson: Lesson, chapter: Chapter):
    for cell in chapter.cells:
        assert bool(DRAWS.search(cell.source)) == bool(cell.alt), cell.source
        assert not cell.alt or len(cell.alt) > 60, cell.alt


@each_chapter
def test_tables_are_read_as_tables(lesson: Lesson, chapter: Chapter):
    for cell in chapter.cells:
        written = re.search(r"^Markdown\(", cell.source, re.MULTILINE)
        reader = cell.metadata.get("mystnb", {}).get("markdown_format")
        assert not written or reader == "gfm", cell.source


@each_chapter
def test_code_that_is_read_fits_the_column(lesson: Lesson, chapter: Chapter):
    visible = [cell.source for cell in chapter.cells if "hide-input" not in str(cell.metadata)]
    lines = [line for source in visible for line in source.splitlines()]
    assert [line for line in lines if len(line) > MOST_COLUMNS] == []


@each_chapter
def test_reference_code_is_included_and_never_copied(lesson: Lesson, chapter: Chapter):
    shown = {name for file, name in chapter.includes if "reference" in file}
    assert {exercise.name for exercise in lesson.exercises} <= shown
    for file, name in chapter.includes:
        source = (ROOT / "book" / file).read_text()
        assert re.search(rf"^(def|class) {name}\(", source, re.MULTILINE), name
        assert f"def {name}(" not in chapter.text
