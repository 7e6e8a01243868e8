"""The picture of the course: lessons as boxes in rows, arrows from what a lesson needs.

All lengths are in the units of the picture, which is as wide as a phone is in pixels.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from statistics import mean

from cnncourse.course import Lesson
from cnncourse.course_map import NEEDS, next_needs, rows

COLUMNS, WIDTH, HEIGHT, GUTTER, GAP, LETTERS = 3, 108, 56, 20, 42, 15
LANE = 4
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A lesson in the picture. row: counted from the top; x, y: its upper left corner."""

    lesson: Lesson
    row: int
    x: float
    y: float

    @property
    def top(self) -> Point:
        return self.x + WIDTH / 2, self.y

    @property
    def bottom(self) -> Point:
        return self.x + WIDTH / 2, self.y + HEIGHT


def boxes(lessons: Sequence[Lesson]) -> dict[str, Box]:
    """A box for each lesson; in a row, each stands near what it needs."""
    found: dict[str, Box] = {}

    def wish(lesson: Lesson) -> float:
        return mean(found[one].x for one in NEEDS[lesson.id]) if lesson.id in NEEDS else 0

    for number, row in enumerate(rows(lessons, COLUMNS)):
        start = GUTTER + (COLUMNS - len(row)) * (WIDTH + GUTTER) / 2
        for column, lesson in enumerate(sorted(row, key=wish)):
            x, y = start + column * (WIDTH + GUTTER), 2 + number * (HEIGHT + GAP)
            found[lesson.id] = Box(lesson, number, x, y)
    return found


def arrows(placed: Mapping[str, Box]) -> dict[tuple[str, str], list[Point]]:
    """The corners of each arrow, from what is needed to who needs it, never through a box."""
    ends = [(one, box.lesson.id) for box in placed.values() for one in next_needs(box.lesson.id)]
    ends.sort(key=lambda pair: placed[pair[0]].x)
    chosen = {pair: gutter(placed[pair[0]], placed[pair[1]]) for pair in ends}
    found = {}
    for pair in ends:
        first, last = (placed[one] for one in pair)
        corners = [first.bottom]
        if last.row - first.row > 1:
            beside = [other for other in ends if chosen[other] == chosen[pair] is not None]
            # Arrows in the same gutter go side by side.
            x = chosen[pair] + LANE * (beside.index(pair) - (len(beside) - 1) / 2)
            corners += [(x, first.y + HEIGHT + GAP), (x, last.y - GAP)]
        found[pair] = [*corners, last.top]
    return found


def gutter(first: Box, last: Box) -> float | None:
    """The middle of the free column in which an arrow passes the rows between; None if none is."""
    if last.row - first.row < 2:
        return None
    middle = (first.top[0] + last.top[0]) / 2
    free = [GUTTER / 2 + column * (WIDTH + GUTTER) for column in range(COLUMNS + 1)]
    return min(free, key=lambda x: abs(x - middle))


def path(corners: Sequence[Point]) -> str:
    """The corners, joined by curves that leave and arrive downwards.

    >>> path([(0, 0), (10, 20)])
    'M0 0C0 10 10 10 10 20'
    """
    steps = [f"M{corners[0][0]:g} {corners[0][1]:g}"]
    for (x0, y0), (x1, y1) in pairwise(corners):
        middle = (y0 + y1) / 2
        steps.append(f"C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {y1:g}")
    return "".join(steps)


def picture(
    lessons: Sequence[Lesson],
    names: Mapping[str, str],
    hours: Mapping[str, str],
    links: Mapping[str, str],
) -> str:
    """The whole picture as SVG; names, hours and addresses by the lesson's id."""
    placed = boxes(lessons)
    width = COLUMNS * (WIDTH + GUTTER) + GUTTER
    height = max(box.y for box in placed.values()) + HEIGHT + 2
    parts = [
        f'<svg class="course-map" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">',
        '<defs><marker id="map-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
        f"<style>{''.join(map(lit, placed))}</style>",
    ]
    for (source, target), corners in arrows(placed).items():
        ends = f'class="from-{source} to-{target}" marker-end="url(#map-arrow)"'
        parts.append(f'<path {ends} d="{path(corners)}"/>')
    for key in (lesson.id for lesson in lessons):  # in the order of the course, for the keyboard
        parts.append(drawn(placed[key], names[key], hours[key], links[key]))
    return "\n".join([*parts, "</svg>"])


def lit(lesson_id: str) -> str:
    """The rule by which the arrows of the box under the pointer, or in focus, stand out."""
    box = f".course-map:has(.at-{lesson_id}:is(:hover,:focus))"
    return f"{box} :is(.from-{lesson_id},.to-{lesson_id}){{stroke:var(--pst-color-accent)}}"


def drawn(box: Box, name: str, hours: str, link: str) -> str:
    """A box, which is a link; its name says in words what the arrows say."""
    lesson = box.lesson
    needs = " and ".join(str(int(one.split("-")[0])) for one in NEEDS.get(lesson.id, ()))
    said = f"{lesson.number} {name}, {hours}" + (f", needs {needs}" if needs else "")
    lines = textwrap.wrap(name, LETTERS)
    return (
        f'<a class="at-{lesson.id}" href="{escape(link)}" aria-label="{escape(said)}">'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text class="map-facts" x="{box.x + 8:g}" y="{box.y + 16:g}">{lesson.number}</text>'
        f'<text class="map-facts" x="{box.x + WIDTH - 8:g}" y="{box.y + 16:g}" '
        f'text-anchor="end">{escape(hours)}</text>'
        + "".join(
            f'<text x="{box.x + 8:g}" y="{box.y + 34 + 15 * number:g}">{escape(line)}</text>'
            for number, line in enumerate(lines)
        )
        + "</a>"
    )
