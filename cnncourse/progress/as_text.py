"""Progress as lines for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cnncourse.progress.report import LessonProgress, Report
from cnncourse.progress.standing import Standing
from cnncourse.progress.wording import (
    LOOKS,
    SAVED_COUNTS,
    by_hand,
    counts,
    left,
    points_of,
    total,
    where_next,
)
from cnncourse.wording import number

WIDTH = 80
BAR = 40
ROW = "{} {:<20} {:<45} {:>8}"
HEAD = ROW.format(" ", "lesson", "exercises", "points")
# What terminals that know nothing but ASCII show instead.
PLAIN = str.maketrans("✓✗○…↻●█░·×–—’“”", '+xo.~*#.-x--\'""')
COLOURS = {"done": "32", "begun": "33", "open": "2", "head": "1"}


def as_text(report: Report, *, colour: bool = False, encoding: str = "utf-8") -> str:
    """The whole report. encoding: of the terminal; signs that it lacks are left out."""
    paint = Paint(colour)
    lines = [paint("head", total(report)), f"{bar(report)} {left(report)}", "", paint("open", HEAD)]
    for progress in report.lessons:
        lines.append(lesson_line(progress, paint))
        # Where all exercises stand alike, the lesson's own line has said it.
        if progress.is_begun and not progress.is_done:
            for one in progress.all:
                lines += standing_lines(one, paint)
    lines.append("")
    name, place = where_next(report)
    lines += wrapped(f"Next: {name}, {place}" if name else place)
    for note in (*report.notes, by_hand(report), SAVED_COUNTS):
        lines += wrapped(note)
    text = "\n".join(lines)
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        text = text.translate(PLAIN).encode("ascii", "replace").decode()
    return text


class Paint:
    """Colours words where colours are wanted."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, kind: str, text: str) -> str:
        return f"\x1b[{COLOURS[kind]}m{text}\x1b[0m" if self.colour else text


def bar(report: Report) -> str:
    """The share of the points."""
    worth = sum(one.worth for one in report.lessons)
    full = int(BAR * sum(one.points for one in report.lessons) / worth) if worth else 0
    return "█" * full + "░" * (BAR - full)


def lesson_line(progress: LessonProgress, paint: Paint) -> str:
    kind = "done" if progress.is_done else "begun" if progress.is_begun else "open"
    sign = {"done": "✓", "begun": "…", "open": "○"}[kind]
    line = ROW.format(sign, progress.lesson.id, counts(progress), points_of(progress))
    return paint(kind, line)


def standing_lines(one: Standing, paint: Paint) -> Iterator[str]:
    """An exercise's state, and below it what there is to say."""
    sign, words, _ = LOOKS[one.state]
    kind = "done" if one.done else "begun" if one.begun else "open"
    by_check = one.state not in ("written", "not written")
    points = f"{number(one.points)} of {one.worth}" if by_check else f"{one.worth} by hand"
    yield "    " + paint(kind, f"{sign} {one.name:<26} {points:>11}   {words}")
    if one.say:
        yield from wrapped(one.say, indent=" " * 8)


def wrapped(text: str, indent: str = "") -> list[str]:
    # A path that is torn apart leads nowhere.
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
