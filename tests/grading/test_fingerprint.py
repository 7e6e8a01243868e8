"""Does a check know which cells it has seen, in a real kernel?"""

from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient

from cnncourse.course import LESSONS
from cnncourse.grading.fingerprint import cells_behind, of_exercise, of_source

CELLS = {
    "base": "import functools\nclass Base:\n    def size(self): return far()",
    "far": "def far(): return 1",
    "lonely": "def lonely(): return 2",
    "decorate": (
        "def decorate(f):\n    @functools.wraps(f)\n    def inner(*a): return f(*a)\n"
        "    return inner"
    ),
    "plain": "def plain(n):\n    return [far() for _ in range(n)]",
    "decorated": "@decorate\ndef decorated(n): return n",
    "of class": (
        "class Mine(Base):\n    @staticmethod\n    def two(): return 2\n    @property\n"
        "    def three(self): return 3\n    limit = 4"
    ),
    "added": "def more(self): return plain(1)\nMine.more = more",
    "round": "def one(n): return two(n)\ndef two(n): return one(n)",
    "timed": "%%time\ndef timed(): return far()",
}
SEEN = {
    "plain": {"plain", "far"},
    "decorated": {"decorated"},
    "Mine": {"of class", "added", "base", "far", "plain"},
    "one": {"round"},
    # Python has not kept its text.
    "timed": set(),
    "len": set(),
    "functools.partial(plain, 1)": set(),
    "'plain'": set(),
    "None": set(),
}


@pytest.fixture(scope="module")
def seen() -> dict[str, list[str]]:
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    asked = "[" + ", ".join(f"cells_behind({answer})" for answer in SEEN) + "]"
    cells.append(
        nbformat.v4.new_code_cell(
            f"from cnncourse.grading.fingerprint import cells_behind\n{asked}"
        )
    )
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    answers = eval(notebook.cells[-1].outputs[-1].data["text/plain"], {})
    return dict(zip(SEEN, answers, strict=True))


@pytest.mark.parametrize("answer", SEEN)
def test_all_cells_that_an_answer_leans_on_are_seen(answer: str, seen) -> None:
    names = {of_source(source): name for name, source in CELLS.items()}
    assert {names[one] for one in seen[answer]} == SEEN[answer]


def test_functions_of_no_notebook_have_no_cells() -> None:
    assert cells_behind(of_source) == ()


@given(st.text())
def test_trailing_spaces_and_blank_lines_do_not_count(source: str) -> None:
    spaced = "\n \n".join(line + "  " for line in source.splitlines())
    assert of_source(spaced) == of_source(source)


def test_exercises_have_their_own_fingerprints() -> None:
    exercises = [exercise for lesson in LESSONS for exercise in lesson.exercises]
    assert len({of_exercise(exercise) for exercise in exercises}) == len(exercises)


@pytest.mark.parametrize(
    ("part", "changes"),
    [("points", True), ("cases", True), ("forbids", True), ("hints", False), ("minutes", False)],
)
def test_only_what_is_asked_changes_an_exercise(part: str, changes: bool) -> None:
    exercise = LESSONS[1].exercises[0]
    other = {
        "points": 9,
        "cases": exercise.cases[1:],
        "forbids": ("aten.add",),
        "hints": ("Think.",),
        "minutes": 1,
    }
    changed = replace(exercise, **{part: other[part]})
    assert (of_exercise(changed) != of_exercise(exercise)) == changes
