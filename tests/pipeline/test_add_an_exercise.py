"""Can a contributor follow the page on adding an exercise to the letter?"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from cnncourse.course import find_lesson

PAGE = Path(__file__).parents[2] / "book" / "teach" / "add-an-exercise.md"
BLOCK = re.compile(
    r'^```\{code-block\} (?:python|diff)\n:caption: "(?P<caption>[^"]*)"\n\n(?P<code>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
# Where the page's words mean; None is the end of the file.
PLACES = {
    "at the end": None,
    "above EXERCISES": "EXERCISES = (",
    "above exercise 2": "# %% [markdown]\n# ## Exercise 2:",
}


@pytest.fixture
def extended(course):
    """A copy of the course in which somebody has followed the page."""
    edited = set()
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        name, _, place = block["caption"].partition(", ")
        path = course.folder / name
        edited.add(name)
        text = path.read_text(encoding="utf-8")
        path.write_text(edit(text, block["code"], place), encoding="utf-8")
    assert len(edited) == 3
    return course


def edit(text: str, code: str, place: str) -> str:
    """The file's text with a block of the page put in."""
    if not place:
        lines = code.splitlines(keepends=True)
        for old, new in zip(lines[::2], lines[1::2], strict=True):
            assert (old[0], new[0]) == ("-", "+")
            assert text.count(old[1:]) == 1
            text = text.replace(old[1:], new[1:])
        return text
    marker = PLACES[place]
    if marker is None:
        return f"{text}\n\n{code}"
    assert text.count(marker) == 1
    return text.replace(marker, f"{code}\n\n{marker}")


def test_page_adds_an_exercise_that_keeps_the_contract(extended) -> None:
    lesson = find_lesson("02-convolution")
    released = extended.command("release", lesson.id)
    assert released.returncode == 0, released.stderr
    cells = nbformat.read(extended.folder / lesson.exercise, as_version=4).cells
    checks = [cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert checks[:2] == ["check(output_size)", "check(same_padding)"]

    assert "same_padding" in extended.command("list").stdout
    [command] = re.findall(r"^pytest (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    *paths, _, chosen = command.split(maxsplit=4)
    tests = extended.run("pytest", "-q", "-rA", *paths, "-k", chosen.strip('"'))
    assert tests.returncode == 0, tests.stdout
    assert "test_misconception_is_caught_and_named[same_padding-" in tests.stdout
