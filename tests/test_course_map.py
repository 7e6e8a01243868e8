"""What needs what is said once in code, and the chapters say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_text import Chapter

from cnncourse.course import LESSONS, Lesson
from cnncourse.course_map import NEEDS, WAYS, all_needs, next_needs, rows

ROOT = Path(__file__).parents[1]
NUMBER = {lesson.id: lesson.number for lesson in LESSONS}
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


@each_lesson
def test_chapter_says_which_chapters_it_needs(lesson: Lesson) -> None:
    text = Chapter(ROOT / lesson.chapter).text
    paragraphs = re.findall(r"^You need .*?\n\n", text, re.MULTILINE | re.DOTALL)
    opening = paragraphs[0] if paragraphs else ""
    linked = tuple(re.findall(r"\]\((\d\d-[\w-]+)\.md[#)]", opening))
    assert linked == NEEDS.get(lesson.id, ())


def test_only_lessons_need_and_are_needed_and_only_later_ones_need() -> None:
    assert NEEDS.keys() <= NUMBER.keys()
    for lesson_id, needs in NEEDS.items():
        assert all(NUMBER[one] < NUMBER[lesson_id] for one in needs)


@each_lesson
def test_arrows_lead_to_all_that_a_lesson_needs_and_none_can_be_left_out(lesson: Lesson) -> None:
    def reached(arrows: tuple[str, ...]) -> set[str]:
        return set(arrows).union(*(reached(next_needs(one)) for one in arrows))

    arrows = next_needs(lesson.id)
    assert reached(arrows) == all_needs(lesson.id)
    for one in arrows:
        assert reached(tuple(other for other in arrows if other != one)) != all_needs(lesson.id)


@pytest.mark.parametrize("most", [1, 2, 3, 12])
def test_every_lesson_has_a_row_below_all_that_it_needs(most: int) -> None:
    found = rows(LESSONS, most)
    row_of = {lesson.id: number for number, row in enumerate(found) for lesson in row}
    assert row_of.keys() == NUMBER.keys()
    assert all(len(row) <= most for row in found)
    for lesson_id, needs in NEEDS.items():
        assert all(row_of[one] < row_of[lesson_id] for one in needs)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_way_brings_along_what_its_lessons_need(way) -> None:
    ids = [lesson.id for lesson in way.lessons]
    assert ids == [lesson.id for lesson in LESSONS if lesson.id in ids]
    assert set(way.goals) <= set(ids)
    assert all(all_needs(one) <= set(ids) for one in ids)


def test_one_way_is_the_whole_course_and_the_others_are_shorter() -> None:
    lengths = sorted(len(way.lessons) for way in WAYS)
    assert lengths[-1] == len(LESSONS)
    assert lengths[-2] < len(LESSONS)
    assert {way.name for way in WAYS if "07-architectures" not in way.goals} == {"The core"}
