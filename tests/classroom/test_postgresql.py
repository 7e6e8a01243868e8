"""The gradebook may be a PostgreSQL database."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom_fakes import LESSON, ROOT, HereAndNow, grade
from postgresql_server import missing, postgresql

from cnncourse.classroom.coordinator import Order, grade_class
from cnncourse.classroom.course_settings import load_settings

warnings.filterwarnings("ignore", module="sqlalchemy")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server."""
    pytest.importorskip("psycopg2")
    if reason := missing():
        pytest.skip(reason)
    with postgresql("-c fsync=off") as url:
        yield url


def test_class_is_graded_backed_up_and_graded_again(course: Path, server: str) -> None:
    from nbgrader.api import Gradebook

    settings = load_settings(ROOT, course, server)
    first = grade_class(
        ROOT, settings, LESSON, Order(seed=7, students=("s03", "s04")), HereAndNow(), print,
        grade=grade,
    )  # fmt: skip
    assert first.problems == []
    run = grade_class(ROOT, settings, LESSON, Order(seed=7), HereAndNow(), print, grade=grade)
    assert (len(run.graded), len(run.kept)) == (28, 2)
    wanted = {
        name: sum(m["points"] for m in r["exercises"].values()) for name, r in run.records.items()
    }
    for url, names in ((server, set(wanted)), (f"sqlite:///{run.backup}", {"s03", "s04"})):
        with Gradebook(url) as book:
            scores = {one.student.id: one.score for one in book.assignment_submissions(LESSON.id)}
        assert scores == pytest.approx({name: wanted[name] for name in names})
