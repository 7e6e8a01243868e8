"""The {zoo} directive: for each grader, all wrong answers that it recognises by name.

    ```{zoo}
    ```

One section for each lesson. What learners are not to read by accident is folded away.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cnncourse.course import LESSONS, Lesson
from cnncourse.experiments.check_times import in_words
from cnncourse.experiments.records import read_record
from cnncourse.grading.contract import Exercise
from cnncourse.wording import prose

from .chapters import read_chapter

TABLES = ("RIGHT", "ANSWERS")


class Zoo(SphinxDirective):
    """A section for each lesson, with a box for each exercise."""

    def run(self) -> list[nodes.Node]:
        # New wrong answers show although the page itself has not changed.
        self.env.note_reread()
        root = Path(self.env.srcdir)
        times = read_record("check_times", root / "book" / "_data")["results"]["exercises"]
        return [section(root, lesson, times) for lesson in LESSONS]


def section(root: Path, lesson: Lesson, times: dict[str, Any]) -> nodes.section:
    styles = other_right_answers(root, lesson)
    title = f"{lesson.number} {read_chapter(root, lesson).short}"
    found = nodes.section(ids=[f"zoo-{lesson.id}"], names=[f"zoo-{lesson.id}"])
    found += nodes.title("", title)
    parts = [
        box(one, facts(one, times.get(one.name), styles.get(one.name, 0)))
        for one in lesson.exercises
    ]
    found += nodes.raw("", "\n".join(parts), format="html")
    return found


def facts(exercise: Exercise, times: dict[str, Any] | None, styles: int) -> Iterator[str]:
    """What there is to say of a grader in numbers.

    styles: how many unusual right answers are known to be tried on it; 0 where nobody counts them.
    """
    yield f"{len(exercise.cases)} cases" if len(exercise.cases) > 1 else "1 case"
    yield "an independent oracle" if exercise.oracle else "no oracle"
    if styles:
        yield f"{styles} right answers in other styles"
    if times:
        right, wrong = in_words(times["right"]), in_words(times["wrong"])
        yield f"{right} for a right answer, {wrong} for a wrong one"


def box(exercise: Exercise, said: Iterator[str]) -> str:
    """An exercise: its numbers, and folded away what it recognises."""
    count = len(exercise.misconceptions)
    beliefs = "".join(
        f"<li><strong>{escape(one.name.replace('_', ' '))}</strong>: {prose(one.say)}</li>"
        for one in exercise.misconceptions
    )
    return (
        f'<div class="zoo-exercise" id="zoo-{exercise.name}">'
        f"<p><code>{exercise.name}</code> {', '.join(said)}</p>"
        f"<details><summary>{count} wrong answers to <code>{exercise.name}</code></summary>"
        f"<ul>{beliefs}</ul></details></div>"
    )


def other_right_answers(root: Path, lesson: Lesson) -> dict[str, int]:
    """How many right answers in unusual styles the tests try, where a table lists them.

    The tables are read as text, because the tests need more than the site does.
    """
    path = root / "tests" / "lessons" / f"test_{lesson.slug}_right_answers.py"
    if not path.is_file():
        return {}
    found: dict[str, int] = {}
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Dict):
            [name] = (target.id for target in line.targets if isinstance(target, ast.Name))
            if name in TABLES:
                found |= dict(entries(line.value))
    return found


def entries(table: ast.Dict) -> Iterator[tuple[str, int]]:
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(value, ast.List | ast.Tuple):
            yield key.value, len(value.elts)


def setup(app: Sphinx) -> None:
    app.add_directive("zoo", Zoo)
