"""Does Formgrader grade through the gate and the judge, in a real Jupyter server?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from formgrader_server import ask, formgrader

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("02-convolution")
POINTS = sum(exercise.points for exercise in LESSON.exercises)


@pytest.fixture
def address(course) -> Iterator[str]:
    """A server in a course folder, in which one student has handed in the solution."""
    submitted = course.folder / "submitted" / "ada" / LESSON.id / LESSON.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON.solution.with_suffix(".ipynb"), submitted)
    assert course.run("nbgrader", "generate_assignment", LESSON.id).returncode == 0
    with formgrader(course.folder) as url:
        yield url


def test_button_autograde_goes_through_the_judge(address: str, course) -> None:
    api = f"{address}/formgrader/api/submission/{LESSON.id}/ada"
    assert json.loads(ask(f"{api}/autograde", b""))["success"]
    submission = json.loads(ask(api))
    assert (submission["score"], submission["autograded"]) == (POINTS, True)
    record = json.loads((course.folder / "records" / LESSON.id / "ada.json").read_text())
    assert record["status"] == "graded"
    # The page on which a person reviews the submission shows what the judge said.
    listed = json.loads(
        ask(f"{address}/formgrader/api/submitted_notebooks/{LESSON.id}/{LESSON.slug}")
    )
    page = ask(f"{address}/formgrader/submissions/{listed[0]['id']}/").decode()
    assert "cnncourse-result" in page
