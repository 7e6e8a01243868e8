"""The picture of the course: every lesson a link, every need an arrow, nothing overlaps."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from cnncourse.course import LESSONS
from cnncourse.course_map import NEEDS, next_needs

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawing(part):
    return part("map_picture")


@pytest.fixture
def picture(drawing):
    by_id = {lesson.id: lesson.id for lesson in LESSONS}
    links = {key: f"{key}.html?a=1&b=2" for key in by_id}
    return ElementTree.fromstring(drawing.picture(LESSONS, by_id, by_id, links))


def test_every_lesson_is_a_link_that_says_what_it_needs(picture) -> None:
    links = picture.findall(f"{SVG}a")
    assert len(links) == len(LESSONS)
    said = {link.get("href").partition(".")[0]: link.get("aria-label") for link in links}
    for lesson in LESSONS:
        numbers = [int(one.split("-")[0]) for one in NEEDS.get(lesson.id, ())]
        assert re.findall(r"\d+", said[lesson.id].partition("needs")[2]) == list(map(str, numbers))


def test_every_need_is_an_arrow(picture) -> None:
    arrows = [path.get("class") for path in picture.findall(f"{SVG}path")]
    wanted = [f"from-{one} to-{lesson.id}" for lesson in LESSONS for one in next_needs(lesson.id)]
    assert sorted(arrows) == sorted(wanted)


def test_boxes_lie_apart_and_inside(drawing, picture) -> None:
    placed = drawing.boxes(LESSONS)
    assert list(placed) != []
    for one, other in combinations(placed.values(), 2):
        apart = abs(one.x - other.x) >= drawing.WIDTH or abs(one.y - other.y) >= drawing.HEIGHT
        assert apart, (one, other)
    _, _, width, height = map(float, picture.get("viewBox").split())
    for box in placed.values():
        assert 0 <= box.x <= width - drawing.WIDTH
        assert 0 <= box.y <= height - drawing.HEIGHT


def test_no_arrow_passes_through_a_box(drawing) -> None:
    placed = drawing.boxes(LESSONS)
    for corners in drawing.arrows(placed).values():
        # Between two corners a curve stays within their rectangle, and inside a row it is straight.
        for (x0, y0), (x1, y1) in pairwise(corners):
            for box in placed.values():
                beside = max(x0, x1) <= box.x or min(x0, x1) >= box.x + drawing.WIDTH
                apart = max(y0, y1) <= box.y or min(y0, y1) >= box.y + drawing.HEIGHT
                assert beside or apart, box


def test_arrows_in_the_same_gutter_lie_side_by_side(drawing) -> None:
    bent = [corners for corners in drawing.arrows(drawing.boxes(LESSONS)).values() if corners[2:]]
    assert len(bent) > 1
    columns = [corners[1][0] for corners in bent]
    assert len(set(columns)) == len(columns)
