"""The lists of the whole course, made from its lessons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError

from cnncourse.course import LESSONS
from cnncourse.kinds import kind_of

ROOT = Path(__file__).parents[2]
TASKS = [one for lesson in LESSONS for one in lesson.tasks]


def test_table_has_every_lesson_with_its_points(part) -> None:
    text = "\n".join(part("contents").table(LESSONS))
    for lesson in LESSONS:
        assert f"[](../{lesson.exercise.as_posix()})" in text
        assert f"[]({lesson.chapter.name})" in text
        assert re.search(rf"^\| {lesson.number} \|.*\| {lesson.points}\b", text, re.MULTILINE)
    assert f"**{sum(lesson.points for lesson in LESSONS)}**" in text


def test_list_has_every_lesson_with_its_sentence(part) -> None:
    text = "\n".join(part("contents").items(ROOT, LESSONS))
    for lesson in LESSONS:
        about = part("chapters").read_chapter(ROOT, lesson).about
        assert f"{lesson.number}. []({lesson.chapter.name})" in text
        assert about.endswith((".", "?"))
        assert text.count(about) == 1
        assert f"{len(lesson.tasks)} exercises · {lesson.points} points" in text


def test_exercise_table_has_every_exercise(part) -> None:
    lines = list(part("exercise_table").table(ROOT, LESSONS))[2:-1]
    assert len(lines) == len(TASKS)
    for task, line in zip(TASKS, lines, strict=True):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        name, question, *_ = cells[0].split("<br>")
        assert name.startswith(f"[`{task.name}`](../exercises/")
        assert question
        assert cells[2:4] == [task.difficulty, kind_of(task)]
        assert cells[4].removesuffix(" ✎") == f"{task.points}"
        assert cells[4].endswith("✎") == (kind_of(task) == "explanation")
        assert cells[5] == f"{task.minutes}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_places_are_where_the_exercises_are(part, lesson) -> None:
    chapters = part("chapters")
    chapter, tasks = chapters.read_chapter(ROOT, lesson), chapters.read_tasks(ROOT, lesson)
    assert list(tasks) == [name for name in tasks if name in {one.name for one in lesson.tasks}]
    assert set(tasks) == {one.name for one in lesson.tasks}
    anchors = [task.place.anchor for task in tasks.values()]
    assert len(set(anchors)) == len(anchors)
    assert list(chapter.places) == [one.name for one in lesson.exercises]


CHAPTER = """---
about: Small things.
---

# Small: a chapter

{words}

## One

```{{code-cell}} ipython3
## Not a section
```

:::{{admonition}} Now you can do it
Exercises 1 and 2 of the [notebook](a.ipynb): `dense_params` and
`training_bytes`.
:::

## One

### Deep

:::{{admonition}} Now you can do it
Exercise 3 of the [notebook](a.ipynb): `mlp_forward`.
:::
"""


def test_chapter_is_read_as_its_readers_do(part, tmp_path) -> None:
    chapters, lesson = part("chapters"), LESSONS[0]
    path = tmp_path / lesson.chapter
    path.parent.mkdir()
    words = []
    for count in (0, 238):
        path.write_text(CHAPTER.format(words="word " * count))
        chapter = chapters.read_chapter(tmp_path, lesson)
        words.append(chapter.minutes)
        assert (chapter.title, chapter.short) == ("Small: a chapter", "Small")
        assert chapter.about == "Small things."
        assert {name: place.anchor for name, place in chapter.places.items()} == {
            "dense_params": "one",
            "training_bytes": "one",
            "mlp_forward": "deep",
        }
    # 238 words take a minute elsewhere, and two here.
    assert words[1] - words[0] == pytest.approx(2)


def test_chapter_that_says_not_what_it_is_about_is_refused(part, tmp_path) -> None:
    path = tmp_path / LESSONS[0].chapter
    path.parent.mkdir()
    path.write_text("---\nkernelspec: {}\n---\n\n# Title\n")
    with pytest.raises(ExtensionError, match="needs a line 'about"):
        part("chapters").read_chapter(tmp_path, LESSONS[0])


def test_hours_are_halves_and_add_up(part) -> None:
    hours = part("hours")
    assert hours.to_do(LESSONS) == sum(one.minutes for one in TASKS)
    read = [hours.to_read(ROOT, [lesson]) for lesson in LESSONS]
    assert hours.to_read(ROOT, LESSONS) == pytest.approx(sum(read))
    # A chapter has thousands of words, and nobody reads more than a book's page in a minute.
    assert all(10 < minutes < 60 for minutes in read)


def test_numbers_are_those_of_the_course(part) -> None:
    numbers = part("numbers").numbers(ROOT)
    exercises = [one for lesson in LESSONS for one in lesson.exercises]
    assert numbers["lessons"] == f"{len(LESSONS)}"
    assert numbers["points"] == f"{sum(one.points for one in TASKS)}"
    assert numbers["wrong_answers"] == f"{sum(len(one.misconceptions) for one in exercises)}"


def test_page_is_built_with_the_table_and_numbers(build, tmp_path) -> None:
    (tmp_path / "index.md").write_text("# Page\n\n```{course-table}\n```\n")
    done = build(
        *("myst_parser", "sphinx_design", "_ext.contents"),
        myst_enable_extensions=["colon_fence"],
        suppress_warnings=["myst.xref_missing"],
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "_build" / "html" / "index.html").read_text()
    # A head, and the line with the sum.
    assert len(re.findall("<tr", page)) == len(LESSONS) + 2
