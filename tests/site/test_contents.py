"""The table of the whole course, made from its lessons."""

from __future__ import annotations

import re

from cnncourse.course import LESSONS

PAGE = "# Page\n\n```{course-table}\n```\n"


def test_table_has_every_exercise_with_its_points(part) -> None:
    text = "\n".join(part("contents").lines(LESSONS))
    for lesson in LESSONS:
        assert f"[](../{lesson.exercise.as_posix()})" in text
        assert f"[]({lesson.chapter.name})" in text
        for one in lesson.exercises:
            assert f"| {lesson.number} | `{one.name}` | {one.points} | {one.minutes} |" in text
        for one in lesson.explanations:
            assert f"| {lesson.number} | `{one.name}` | {one.points} ✎ | {one.minutes} |" in text
    assert f"**{sum(lesson.points for lesson in LESSONS)}**" in text


def test_page_is_built_with_both_tables(build, tmp_path) -> None:
    (tmp_path / "index.md").write_text(PAGE)
    done = build(
        *("myst_parser", "sphinx_design", "_ext.contents"),
        myst_enable_extensions=["colon_fence"],
        suppress_warnings=["myst.xref_missing"],
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "_build" / "html" / "index.html").read_text()
    assert page.count("<table") == 2
    assert "<details" in page
    rows = len(re.findall("<tr", page))
    exercises = sum(len(lesson.exercises) + len(lesson.explanations) for lesson in LESSONS)
    # Two heads, and the line with the sum.
    assert rows == len(LESSONS) + exercises + 3
