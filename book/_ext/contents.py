"""The {course-table} directive: all lessons with their exercises, points and minutes.

    ```{course-table}
    ```

It is made from `cnncourse.course.LESSONS`, so that there is no second list to keep. What a person
grades is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cnncourse.course import LESSONS, Lesson

MARK = "✎"


class CourseTable(SphinxDirective):
    """Two tables: one row for each lesson, and, folded away, one for each exercise."""

    def run(self) -> list[nodes.Node]:
        # New lessons and new points show although the page itself has not changed.
        self.env.note_reread()
        container = nodes.container()
        text = StringList(list(lines(LESSONS)), self.get_source_info()[0])
        self.state.nested_parse(text, 0, container)
        return container.children


def lines(lessons: Sequence[Lesson]) -> Iterator[str]:
    """The tables in Markdown, as a page in book/ says it."""
    yield "| Lesson | Chapter | Exercises | Points | About |"
    yield "|---|---|---|---|---|"
    for lesson in lessons:
        one = (*lesson.exercises, *lesson.explanations)
        chapter, notebook = f"[]({lesson.chapter.name})", f"[](../{lesson.exercise.as_posix()})"
        hours = in_words(sum(exercise.minutes for exercise in one))
        yield f"| {lesson.number} | {chapter} | {notebook} | {points(lesson)} | {hours} |"
    total = sum(lesson.points for lesson in lessons)
    yield f"| | | **all together** | **{total}** | |"
    yield ""
    if any(lesson.explanations for lesson in lessons):
        yield f"{MARK} So many of the points are given by a person, for explanations in words."
        yield ""
    yield ":::{dropdown} Every exercise, with points and minutes"
    yield "| Lesson | Exercise | Points | Minutes |"
    yield "|---|---|---|---|"
    for lesson in lessons:
        for exercise in lesson.exercises:
            yield row(lesson, exercise.name, f"{exercise.points}", exercise.minutes)
        for one in lesson.explanations:
            yield row(lesson, one.name, f"{one.points} {MARK}", one.minutes)
    yield ":::"


def row(lesson: Lesson, name: str, points: str, minutes: int) -> str:
    return f"| {lesson.number} | `{name}` | {points} | {minutes} |"


def points(lesson: Lesson) -> str:
    """Of a lesson; in brackets those that a person gives."""
    by_hand = sum(one.points for one in lesson.explanations)
    return f"{lesson.points} ({by_hand} {MARK})" if by_hand else f"{lesson.points}"


def in_words(minutes: int) -> str:
    """Minutes as hours, to the half.

    >>> in_words(50), in_words(100), in_words(240)
    ('1 hour', '1½ hours', '4 hours')
    """
    halves = max(1, round(minutes / 30))
    whole, half = divmod(halves, 2)
    number = f"{whole or ''}{'½' if half else ''}"
    return f"{number} hour" if halves <= 2 else f"{number} hours"


def setup(app: Sphinx) -> None:
    app.add_directive("course-table", CourseTable)
