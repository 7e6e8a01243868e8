"""Progress as HTML for a notebook.

Colours are written out for light and dark alike, because an output carries no style sheet.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from cnncourse.progress.report import LessonProgress, Report
from cnncourse.progress.standing import Standing
from cnncourse.progress.wording import (
    LOOKS,
    SAVED_COUNTS,
    by_hand,
    left,
    points_of,
    total,
    where_next,
)
from cnncourse.wording import number, prose

CELL = "padding:.25em .5em;vertical-align:top;border-bottom:1px solid #8884"
LEFT = f'style="text-align:left;{CELL}"'
RIGHT = f'style="text-align:right;font-variant-numeric:tabular-nums;{CELL}"'
LESSON = (
    *(("lesson", LEFT), ("right", RIGHT), ("begun", RIGHT), ("not begun", RIGHT)),
    ("points", RIGHT),
)
EXERCISE = (("exercise", LEFT), ("state", LEFT), ("points", RIGHT), ("minutes", RIGHT))


def as_html(report: Report) -> str:
    """A summary, what to do next, a table of lessons, and a table of exercises for each."""
    parts = [
        '<div class="cnncourse-progress" style="line-height:1.45;max-width:56em">',
        f'<p style="margin:.4em 0;font-size:1.1em"><b>{escape(total(report))}</b>, '
        f"{escape(left(report))}</p>",
        bar(report),
        f'<p style="margin:.6em 0">{next_step(report)}</p>',
        lesson_table(report),
    ]
    under_way = [one for one in report.lessons if one.is_begun and not one.is_done]
    others = [one for one in report.lessons if one not in under_way]
    parts += [exercise_table(one) for one in under_way]
    parts.append(folded("Exercises of the other lessons", "".join(map(exercise_table, others))))
    for note in (*report.notes, by_hand(report), SAVED_COUNTS):
        parts.append(f'<p style="margin:.4em 0">{escape(note)}</p>' if note else "")
    return "".join([*parts, "</div>"])


def bar(report: Report) -> str:
    """The share of the points, which the sentence above it tells in numbers."""
    points = sum(one.points for one in report.lessons)
    worth = sum(one.worth for one in report.lessons)
    return (
        '<div aria-hidden="true" style="height:.6em;border:1px solid #8888;border-radius:4px">'
        f'<div style="height:100%;width:{100 * points / max(worth, 1):.1f}%;background:#1a7f4b">'
        "</div></div>"
    )


def next_step(report: Report) -> str:
    name, place = where_next(report)
    if not name:
        return escape(place)
    progress, _ = report.next
    link = ""
    if progress.path is not None:
        link = f' <a href="{address(progress.path)}">Open the notebook</a>'
    return f"Next: <code>{escape(name)}</code>, {escape(place)}{link}"


def address(path: Path) -> str:
    """Where a notebook is, seen from the one that shows this."""
    return escape(quote(Path(os.path.relpath(path)).as_posix().encode("utf-8", "surrogateescape")))


def lesson_table(report: Report) -> str:
    rows = []
    for progress in report.lessons:
        name = escape(progress.lesson.id)
        if progress.path is not None:
            name = f'<a href="{address(progress.path)}">{name}</a>'
        cells = (progress.right, progress.begun, progress.not_begun, points_of(progress))
        numbers = "".join(f"<td {RIGHT}>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row" {LEFT}>{name}</th>{numbers}</tr>')
    return table("Exercises of each lesson", LESSON, rows)


def folded(summary: str, html: str) -> str:
    """What there is nothing to do about now."""
    if not html:
        return ""
    return (
        # Old style sheets hide the triangle.
        '<details style="margin:.4em 0"><summary style="display:list-item;cursor:pointer">'
        f"{escape(summary)}</summary>{html}</details>"
    )


def exercise_table(progress: LessonProgress) -> str:
    what = f"{progress.right} of {len(progress.exercises)} exercises right"
    if progress.texts:
        what += f", {progress.written} of {len(progress.texts)} texts written"
    rows = [exercise_row(one) for one in progress.all]
    return table(f"{progress.lesson.id}: {what}", EXERCISE, rows)


def exercise_row(one: Standing) -> str:
    sign, words, colour = LOOKS[one.state]
    by_check = one.state not in ("written", "not written")
    points = f"{number(one.points)} of {one.worth}" if by_check else f"{one.worth} by hand"
    badge = (
        f'<span style="background:{colour};color:#fff;border-radius:4px;padding:.1em .5em;'
        f'display:inline-block">{sign} {escape(words)}</span>'
    )
    # Long names are broken where a page is narrow.
    name = f"<code>{escape(one.name).replace('_', '_<wbr>')}</code>"
    say = f'<div style="margin:.3em 0;max-width:36em">{prose(one.say)}</div>' if one.say else ""
    return (
        f'<tr><th scope="row" {LEFT}>{name}</th>'
        f"<td {LEFT}>{badge}{say}</td><td {RIGHT}>{points}</td><td {RIGHT}>{one.minutes}</td></tr>"
    )


def table(caption: str, head: tuple[tuple[str, str], ...], rows: list[str]) -> str:
    names = "".join(f'<th scope="col" {style}>{escape(name)}</th>' for name, style in head)
    return (
        '<table style="margin:.8em 0;border-collapse:collapse">'
        f'<caption style="text-align:left;font-weight:600">{escape(caption)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
