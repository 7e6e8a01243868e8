"""The {exercise-table} directive: everything there is to do in the course, one row each.

    ```{exercise-table}
    ```

Without JavaScript it is the whole table. With it, there are boxes above to choose what to see.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from cnncourse.course import LESSONS, Lesson
from cnncourse.grading.contract import Exercise, Explanation
from cnncourse.kinds import kind_of

from .chapters import Chapter, Task, read_chapter, read_tasks
from .contents import MARK, FromCourse

CLASS = "exercise-table"


class ExerciseTable(FromCourse):
    """One row for each exercise and explanation."""

    def run(self) -> list[nodes.Node]:
        return [nodes.container("", *super().run(), classes=[CLASS])]

    def lines(self, root: Path) -> Iterator[str]:
        return table(root, LESSONS)


def table(root: Path, lessons: Sequence[Lesson]) -> Iterator[str]:
    yield "| Exercise | Lesson | Difficulty | Kind | Points | Minutes |"
    yield "|---|---|---|---|---|---|"
    for lesson in lessons:
        chapter, tasks = read_chapter(root, lesson), read_tasks(root, lesson)
        for one in lesson.tasks:
            points = f"{one.points} {MARK}" if isinstance(one, Explanation) else f"{one.points}"
            cells = (
                asked(lesson, one, tasks[one.name], chapter),
                f"[{lesson.number} {chapter.short}]({lesson.chapter.name})",
                one.difficulty,
                kind_of(one),
                points,
                f"{one.minutes}",
            )
            yield f"| {' | '.join(cells)} |"
    yield ""


def asked(lesson: Lesson, one: Exercise | Explanation, task: Task, chapter: Chapter) -> str:
    """Name, what it asks, and the section that it comes after."""
    notebook = f"../{lesson.exercise.as_posix()}#{task.place.anchor}"
    question = first_line(one) if isinstance(one, Exercise) else task.question
    text = f"[`{one.name}`]({notebook})<br>{question}"
    if section := chapter.places.get(one.name):
        text += f"<br>After: [{section.heading}]({lesson.chapter.name}#{section.anchor})"
    return text.replace("|", "\\|")


def first_line(exercise: Exercise) -> str:
    """What the course's own answer says that it does."""
    return (inspect.getdoc(exercise.reference) or "").partition("\n")[0]


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Only the page with the table loads the script."""
    if f'class="{CLASS} ' in context.get("body", ""):
        app.add_js_file("course/exercise_table.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_directive("exercise-table", ExerciseTable)
    app.connect("html-page-context", add_script)
