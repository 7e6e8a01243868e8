"""Is what learners get current, and free of answers?"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import nbformat
import pytest

from cnncourse.course import LESSONS, Lesson

ROOT = Path(__file__).parents[2]
STUB = re.compile(r"# YOUR CODE HERE\n +raise NotImplementedError\(\)$")
SOLVED = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
TEXT = re.compile(r'^# %% \[markdown\] nbgrader=.*"grade": true.*\n((?:#.*\n)*)', re.MULTILINE)

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


def test_notebooks_are_what_the_sources_make(course) -> None:
    done = course.command("release")
    assert done.returncode == 0, done.stderr
    for lesson in LESSONS:
        for notebook in (lesson.solution.with_suffix(".ipynb"), lesson.exercise):
            here, made = (folder / notebook for folder in (ROOT, course.folder))
            assert here.read_bytes() == made.read_bytes(), f"Run: cnncourse release {lesson.id}"


def test_release_opens_no_gradebook(course) -> None:
    assert course.command("release", LESSONS[0].id).returncode == 0
    assert not (course.folder / "gradebook.db").exists()


def test_exercises_hold_the_released_notebooks_and_nothing_else() -> None:
    files = {path.relative_to(ROOT) for path in (ROOT / "exercises").rglob("*") if path.is_file()}
    checkpoints = {path for path in files if ".ipynb_checkpoints" in path.parts}
    assert files - checkpoints == {lesson.exercise for lesson in LESSONS}


@each_lesson
def test_release_shows_no_answer(lesson: Lesson) -> None:
    released = (ROOT / lesson.exercise).read_text(encoding="utf-8")
    cells = nbformat.reads(released, as_version=4).cells
    answers = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    code = [cell for cell in answers if cell.cell_type == "code"]
    assert len(code) == len(lesson.exercises)
    assert all(STUB.search(cell.source) for cell in code)
    texts = [cell.source for cell in answers if cell.cell_type != "code"]
    assert texts == ["YOUR ANSWER HERE"] * len(lesson.explanations)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    for line in secrets(lesson):
        assert json.dumps(line)[1:-1] not in released


def secrets(lesson: Lesson) -> set[str]:
    """Lines of code that only the solution and the reference hold."""
    solution = (ROOT / lesson.solution).read_text(encoding="utf-8")
    bodies = SOLVED.findall(solution)
    assert len(bodies) == len(lesson.exercises)
    for exercise in lesson.exercises:
        # Behind the docstring, which tells no more than the task does.
        bodies.append(inspect.getsource(exercise.reference).rsplit('"""', 1)[1])
    # Texts are answers from their first line to the last.
    bodies += [text.replace("\n# ", "\n") for text in TEXT.findall(solution)]
    lines = {line.strip() for body in bodies for line in body.splitlines()}
    # What stands outside of the bodies, such as a class's first lines, is given.
    lines -= {line.strip() for line in SOLVED.sub("", solution).splitlines()}
    # Shorter ones, such as "else:", could stand anywhere.
    return {line for line in lines if len(line) > 15} | {"BEGIN SOLUTION", "END SOLUTION"}
