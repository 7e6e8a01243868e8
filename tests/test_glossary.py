"""The glossary is the one place of every definition, and each of its links leads to one."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from chapter_text import Chapter

from cnncourse.course import LESSONS, Lesson

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "book" / "glossary.md"
sys.path.insert(0, str(ROOT / "book"))
ENTRIES = list(importlib.import_module("_ext.words").entries(PAGE.read_text()))
CHAPTERS = {Path(lesson.chapter).stem: Chapter(ROOT / lesson.chapter) for lesson in LESSONS}
LESSON_OF = {Path(lesson.chapter).stem: lesson.number for lesson in LESSONS}

each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.names[0])


def plain(text: str) -> str:
    """Text as it is read: no emphasis, no line breaks, small letters."""
    return re.sub(r"\s+", " ", re.sub(r"[*`]", "", text)).lower()


def test_entries_go_from_a_to_z_and_no_name_comes_twice():
    first = [entry.names[0].lower() for entry in ENTRIES]
    assert first == sorted(first)
    names = [name.lower() for entry in ENTRIES for name in entry.names]
    assert len(names) == len(set(names))


@each_entry
def test_definitions_are_short(entry):
    assert 1 <= len(re.findall(r"[.)](?= |$)", entry.text)) <= 4, entry.text
    assert len(entry.text) < 240


@each_entry
def test_the_section_that_an_entry_leads_to_says_the_word(entry):
    assert entry.lesson == LESSON_OF[entry.page]
    section = plain(CHAPTERS[entry.page].sections[entry.anchor])
    assert entry.names[0].lower() in section
    whole = plain(CHAPTERS[entry.page].text)
    for other in entry.names[1:]:
        assert re.sub(r" layer$", "", other.lower()) in whole, other


@each_entry
def test_the_chapter_that_explains_a_word_lists_it(entry):
    assert entry.names[0] in CHAPTERS[entry.page].words


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_chapter_lists_words_of_the_glossary_and_defines_none_itself(lesson: Lesson):
    chapter = CHAPTERS[Path(lesson.chapter).stem]
    assert set(chapter.words) <= {entry.names[0] for entry in ENTRIES}
    assert len(chapter.words) == len(set(chapter.words))
    assert re.findall(r"^: ", chapter.text, re.MULTILINE) == []
    # What a chapter does not explain, it uses.
    for word in chapter.words:
        assert word.lower() in plain(chapter.text.split("## What you can do now")[0]), word


# The last chapter is a list of questions to take along. It has no words of its own.
WITH_WORDS = [lesson for lesson in LESSONS if lesson.slug != "checklist"]


@pytest.mark.parametrize("lesson", WITH_WORDS, ids=lambda lesson: lesson.id)
def test_a_chapter_ends_in_what_one_can_do_the_words_the_exercises_and_the_sources(lesson: Lesson):
    text = CHAPTERS[Path(lesson.chapter).stem].text
    end = (
        "## What you can do now\n",
        "The words, once more:\n\n```{words}\n",
        ":::{admonition} The exercises\n",
        "## Sources\n",
    )
    places = [text.index(part) for part in end]
    assert places == sorted(places)
    assert [text.count(part) for part in end] == [1] * 4
