"""The report of a graded class as one page that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from cnncourse.classroom.summary import ExerciseSummary, Records, Summary, total
from cnncourse.course import Lesson
from cnncourse.wording import number, prose

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --bar: #3b6fb6; --line: #8886; --mute: #5a6472; }}
@media (prefers-color-scheme: dark) {{ :root {{ --bar: #7aa7e8; --mute: #a8b3c2; }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: .5rem 0 1.5rem; width: 100%; }}
th, td {{ border-bottom: 1px solid var(--line); padding: .35rem .7rem; text-align: left;
  vertical-align: top; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
th[scope=row] {{ white-space: nowrap; }}
td ul {{ margin: 0; min-width: 18rem; padding-left: 1.2rem; }}
.scroll {{ overflow-x: auto; }}
.facts {{ display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; padding: 0; list-style: none; }}
.facts b {{ display: block; font-size: 1.6rem; line-height: 1.2; }}
.mute {{ color: var(--mute); }}
svg rect {{ fill: var(--bar); }}
svg text {{ fill: currentColor; font: 12px system-ui, sans-serif; }}
meter {{ width: 8rem; }}
</style>
<h1>{title}</h1>
{body}
</html>
"""
BINS = 15


def as_page(
    lesson: Lesson, summary: Summary, records: Records, link: Callable[[str], str | None]
) -> str:
    """The page. link: where a student's feedback lies, seen from the page, if there is any."""
    parts = [
        facts(summary),
        "<h2>Points</h2>",
        histogram(summary.totals, summary.out_of),
        "<h2>Exercises</h2>",
        exercise_table(summary.exercises),
        "<h2>For a person to look at</h2>",
        attention_table(summary.look_at, link),
        "<h2>Students</h2>",
        student_table(summary.exercises, records, link),
    ]
    return PAGE.format(title=escape(f"{lesson.id}: report"), body="\n".join(parts))


def facts(summary: Summary) -> str:
    """The few numbers to know first."""
    items = [(f"{number}", name) for name, number in summary.statuses.items()]
    items += [
        (f"{summary.average:.2f}", f"mean, of {summary.out_of:g}"),
        (f"{summary.middle:.2f}", "median"),
    ]
    rows = "".join(f"<li><b>{escape(value)}</b>{escape(name)}</li>" for value, name in items)
    return f'<ul class="facts">{rows}</ul>'


def histogram(totals: Sequence[float], out_of: float) -> str:
    """How many students got how many points."""
    if not totals or out_of <= 0:
        return "<p>Nobody has been graded.</p>"
    bins = min(BINS, max(1, math.ceil(out_of)))
    counts = [0] * bins
    for points in totals:
        counts[min(bins - 1, int(points / out_of * bins))] += 1
    width, height, highest = 40, 120, max(counts)
    bars = "".join(
        f'<rect x="{i * width + 3}" y="{20 + height * (1 - count / highest):.1f}" '
        f'width="{width - 6}" height="{height * count / highest:.1f}"/>'
        f'<text x="{i * width + width / 2}" y="{14 + height * (1 - count / highest):.1f}" '
        f'text-anchor="middle">{count or ""}</text>'
        for i, count in enumerate(counts)
    )
    ticks = "".join(
        f'<text x="{i * width}" y="{height + 36}" text-anchor="middle">{i * out_of / bins:g}</text>'
        for i in range(bins + 1)
    )
    words = ", ".join(
        f"{count} from {i * out_of / bins:g} to {(i + 1) * out_of / bins:g} points"
        for i, count in enumerate(counts)
        if count
    )
    return (
        f'<svg role="img" aria-label="{escape(words)}" width="100%" '
        f'viewBox="-12 0 {bins * width + 24} {height + 44}" style="max-width:48rem">'
        f"{bars}{ticks}</svg>"
    )


def exercise_table(exercises: Sequence[ExerciseSummary]) -> str:
    """Pass rates and what was misunderstood most."""
    rows = []
    for one in exercises:
        beliefs = "".join(
            f"<li>{many} × {escape(name.replace('_', ' '))}"
            f'<div class="mute">{prose(sentence)}</div></li>'
            for name, sentence, many in one.misconceptions[:5]
        )
        rows.append(
            f'<tr><th scope="row"><code>{escape(one.name)}</code></th>'
            f'<td class="number">{one.right:.0%}</td>'
            f'<td><meter value="{one.mean:.3f}" aria-label="share of the points"></meter> '
            f"{one.mean:.0%}</td><td>{one.remark}<ul>{beliefs}</ul></td></tr>"
        )
    return table(("exercise", "all right", "points reached", "misconceptions"), rows)


def attention_table(look_at: Sequence[tuple[str, str]], link: Callable[[str], str | None]) -> str:
    """Who needs a human."""
    if not look_at:
        return "<p>Nobody.</p>"
    rows = [
        f'<tr><th scope="row">{name_of(student, link)}</th><td>{escape(why)}</td></tr>'
        for student, why in look_at
    ]
    return table(("student", "why"), rows)


def student_table(
    exercises: Sequence[ExerciseSummary], records: Records, link: Callable[[str], str | None]
) -> str:
    """Everybody's points."""
    rows = []
    for student, record in records.items():
        cells = "".join(
            points_cell(mark) if mark else "<td></td>"
            for mark in (record["exercises"].get(one.name) for one in exercises)
        )
        points = number(total(record)) if record["exercises"] else ""
        rows.append(
            f'<tr><th scope="row">{name_of(student, link)}</th><td>{escape(record["status"])}</td>'
            f'<td class="number">{points}</td>{cells}</tr>'
        )
    return table(("student", "status", "total", *(one.name for one in exercises)), rows)


def points_cell(mark: Mapping[str, Any]) -> str:
    """A cell with points, or with the word that a person has yet to give some."""
    if mark["points"] is None:
        return '<td class="mute">to grade</td>'
    return f'<td class="number">{number(mark["points"])}</td>'


def name_of(student: str, link: Callable[[str], str | None]) -> str:
    address = link(student)
    name = escape(student)
    return f'<a href="{escape(address)}">{name}</a>' if address else name


def table(head: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "\n".join(rows)
    head_row = f"<thead><tr>{cells}</tr></thead>"
    return f'<div class="scroll"><table>{head_row}<tbody>{body}</tbody></table></div>'
