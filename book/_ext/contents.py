"""Directives that list the lessons, made from `cnncourse.course.LESSONS`.

    ```{course-table}
    ```

A table: chapter, notebook, points, hours. What a person grades is marked.

    ```{lesson-list}
    ```

A list for a reader who does not know the course yet: what each lesson is about, and how much it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cnncourse.course import LESSONS, Lesson

from .chapters import read_chapter
from .hours import in_words, to_do, to_read

MARK = "✎"


class FromCourse(SphinxDirective):
    """A part of a page that the course writes itself, in Markdown."""

    def run(self) -> list[nodes.Node]:
        # New lessons and new points show although the page itself has not changed.
        self.env.note_reread()
        container = nodes.container()
        text = StringList(list(self.lines(Path(self.env.srcdir))), self.get_source_info()[0])
        self.state.nested_parse(text, 0, container)
        return container.children

    def lines(self, root: Path) -> Iterator[str]:
        """The lines of Markdown, as a page in book/ says it."""
        raise NotImplementedError


class CourseTable(FromCourse):
    """One row for each lesson."""

    def lines(self, root: Path) -> Iterator[str]:
        return table(LESSONS)


class LessonList(FromCourse):
    """One item for each lesson."""

    def lines(self, root: Path) -> Iterator[str]:
        return items(root, LESSONS)


def table(lessons: Sequence[Lesson]) -> Iterator[str]:
    yield "| Lesson | Chapter | Exercises | Points | About |"
    yield "|---|---|---|---|---|"
    for lesson in lessons:
        chapter, notebook = f"[]({lesson.chapter.name})", f"[](../{lesson.exercise.as_posix()})"
        hours = in_words(to_do([lesson]))
        yield f"| {lesson.number} | {chapter} | {notebook} | {points(lesson)} | {hours} |"
    total = sum(lesson.points for lesson in lessons)
    hours = in_words(to_do(lessons))
    yield f"| | | **all together** | **{total}** | **{hours}** |"
    yield ""
    if any(lesson.explanations for lesson in lessons):
        yield f"{MARK} So many of the points are given by a person, for explanations in words."
        yield ""


def points(lesson: Lesson) -> str:
    """Of a lesson; in brackets those that a person gives."""
    by_hand = sum(one.points for one in lesson.explanations)
    return f"{lesson.points} ({by_hand} {MARK})" if by_hand else f"{lesson.points}"


def items(root: Path, lessons: Sequence[Lesson]) -> Iterator[str]:
    yield ":::{div} lessons"
    for lesson in lessons:
        count = len(lesson.tasks)
        facts = (
            in_words(to_read(root, [lesson]) + to_do([lesson])),
            f"{count} exercises" if count > 1 else "1 exercise",
            f"{lesson.points} points",
        )
        start = f"{lesson.number}. "
        yield f"{start}[]({lesson.chapter.name})\\"
        yield " " * len(start) + read_chapter(root, lesson).about + "\\"
        yield " " * len(start) + f'<span class="facts">{" · ".join(facts)}</span>'
    yield ":::"


def setup(app: Sphinx) -> None:
    app.add_directive("course-table", CourseTable)
    app.add_directive("lesson-list", LessonList)
