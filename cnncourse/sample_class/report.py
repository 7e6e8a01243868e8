"""A graded class as a table for the terminal and as a page with links to the feedback."""

from __future__ import annotations

from html import escape
from pathlib import Path
from textwrap import fill

from cnncourse.course import Lesson
from cnncourse.judge.grade_cells import BY_HAND, GRADED_BY_HAND
from cnncourse.sample_class.results import Mark, Marks

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #8886; padding: .4rem .8rem; text-align: left; }}
small {{ display: block; }}
</style>
<h1>{title}</h1>
{tables}
</html>
"""
TABLE = """<h2>{lesson}</h2>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
"""


def as_table(lesson: Lesson, marks: Marks) -> str:
    """Points, student by exercise, and below what went wrong, student by student."""
    names = columns(lesson)
    head = ["student", *names, f"of {lesson.points}"]
    rows = [
        [student, *(in_short(row[name]) for name in names), points(total(row))]
        for student, row in marks.items()
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)]
    remarks = [
        fill(f"{student}: {what_went_wrong(row)}.", width=100, subsequent_indent="    ")
        for student, row in marks.items()
        if what_went_wrong(row)
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *remarks])


def columns(lesson: Lesson) -> list[str]:
    """What there are points for, those that a person gives last."""
    return [one.name for one in (*lesson.exercises, *lesson.explanations)]


def in_short(mark: Mark) -> str:
    """The points, or a dash where a person has yet to give some.

    >>> in_short(Mark(1.5, "wrong")), in_short(Mark(0, "needs manual grading"))
    ('1.5', '–')
    """
    return "–" if mark.word == BY_HAND else points(mark.points)


def what_went_wrong(row: dict[str, Mark]) -> str:
    """Words and the exercises that got them.

    >>> what_went_wrong({"a": Mark(1, "right"), "b": Mark(0, "crashed"), "c": Mark(0, "crashed")})
    'crashed (b, c)'
    """
    exercises: dict[str, list[str]] = {}
    for name, mark in row.items():
        if mark.word not in ("right", GRADED_BY_HAND):
            exercises.setdefault(mark.word, []).append(name)
    return ", ".join(f"{word} ({', '.join(names)})" for word, names in exercises.items())


def points(number: float) -> str:
    """To hundredths, without needless digits.

    >>> points(2.0), points(0.363636)
    ('2', '0.36')
    """
    return f"{round(number, 2):g}"


def total(row: dict[str, Mark]) -> float:
    """The points of a student."""
    return sum(mark.points for mark in row.values())


def surprises(marks: Marks, expected: dict[str, dict[str, float]]) -> list[str]:
    """One sentence for each score that is not the expected one."""
    found = []
    for student, row in expected.items():
        for name, points in row.items():
            got = marks[student][name].points
            if abs(got - points) > 0.005:
                found.append(f"{student} got {got:g} for {name}, not {points:g}.")
    return found


def feedback_page(lesson: Lesson, student: str) -> Path:
    """Where nbgrader puts a student's feedback, seen from the class's folder."""
    return Path("feedback", student, lesson.id, lesson.exercise.with_suffix(".html").name)


def write_index(folder: Path, classes: dict[Lesson, Marks]) -> Path:
    """The tables of all lessons as a page, each student's name a link to their feedback."""
    tables = "".join(html_table(lesson, marks) for lesson, marks in classes.items())
    page = folder / "index.html"
    page.write_text(PAGE.format(title="The sample class", tables=tables), encoding="utf-8")
    return page


def html_table(lesson: Lesson, marks: Marks) -> str:
    """`as_table` as HTML."""
    names = columns(lesson)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ["student", *names, "total"])
    rows = []
    for student, row in marks.items():
        link = f'<a href="{feedback_page(lesson, student).as_posix()}">{escape(student)}</a>'
        cells = "".join(
            f"<td>{in_short(row[name])}<small>{escape(row[name].word)}</small></td>"
            for name in names
        )
        rows.append(f'<tr><th scope="row">{link}</th>{cells}<td>{points(total(row))}</td></tr>')
    return TABLE.format(lesson=lesson.id, head=head, rows="\n".join(rows))
