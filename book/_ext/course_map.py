"""Directives that show how the lessons hang together, from `cnncourse.course_map`.

    ```{course-map}
    ```

A picture: every lesson a box that leads to it, with an arrow from what it needs.

    ```{course-ways}
    ```

A list of ways through the course, with the hours that each takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from cnncourse.course import LESSONS, Lesson, find_lesson
from cnncourse.course_map import NEEDS, WAYS

from .chapters import read_chapter
from .contents import FromCourse
from .hours import in_words, to_do, to_read
from .map_picture import picture


class CourseMap(FromCourse):
    """The picture, and the same in words."""

    def run(self) -> list[nodes.Node]:
        root, builder = Path(self.env.srcdir), self.env.app.builder
        pages = {one.id: one.chapter.with_suffix("").as_posix() for one in LESSONS}
        svg = picture(
            LESSONS,
            {one.id: read_chapter(root, one).short for one in LESSONS},
            {one.id: hours(root, one) for one in LESSONS},
            {key: builder.get_relative_uri(self.env.docname, page) for key, page in pages.items()},
        )
        html = f'<div class="course-map-box" role="group" aria-label="Course map">\n{svg}\n</div>'
        return [nodes.raw("", html, format="html"), *super().run()]

    def lines(self, root: Path) -> Iterator[str]:
        yield ":::{dropdown} The same in words"
        for lesson in LESSONS:
            needs = [link(root, find_lesson(one)) for one in NEEDS.get(lesson.id, ())]
            yield f"- {link(root, lesson)} needs {', '.join(needs) or 'no other lesson'}."
        yield ":::"


class CourseWays(FromCourse):
    """One item for each way."""

    def lines(self, root: Path) -> Iterator[str]:
        yield ":::{div} ways"
        for way in WAYS:
            read, do = to_read(root, way.lessons), to_do(way.lessons)
            yield f"- **{way.name}, {in_words(read + do)}.** {way.whom}\\"
            yield "  " + " → ".join(link(root, lesson) for lesson in way.lessons) + "\\"
            yield f'  <span class="facts">{in_words(read)} to read, {in_words(do)} to do</span>'
        yield ":::"


def hours(root: Path, lesson: Lesson) -> str:
    return (
        in_words(to_read(root, [lesson]) + to_do([lesson])).replace("hour", "h").removesuffix("s")
    )


def link(root: Path, lesson: Lesson) -> str:
    return f"[{lesson.number} {read_chapter(root, lesson).short}]({lesson.chapter.name})"


def setup(app: Sphinx) -> None:
    app.add_directive("course-map", CourseMap)
    app.add_directive("course-ways", CourseWays)
