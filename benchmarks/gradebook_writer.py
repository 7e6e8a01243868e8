"""How fast the one process that writes the gradebook takes in results, as the gradebook grows.

    python benchmarks/gradebook_writer.py [--students 300 30000] [--results 300]

The results come from one real submission, so that only the writing is measured: the graded
notebook, the record, and the gradebook, as `cnncourse grade` writes them. PostgreSQL is measured
where its server programs are installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from autograde import LESSON, ROOT, make_class, ours
from nbformat import NotebookNode
from nbgrader.api import Base
from sqlalchemy import Connection, func, select

from cnncourse.classroom.backup import back_up
from cnncourse.classroom.batch import Batch
from cnncourse.classroom.by_hand import with_hand_grades
from cnncourse.classroom.coordinator import announce_lesson
from cnncourse.classroom.course_settings import CourseSettings, load_settings
from cnncourse.classroom.gradebook import GradebookWriter
from cnncourse.classroom.report_page import as_page
from cnncourse.classroom.scribe import Scribe
from cnncourse.classroom.summary import summarise
from cnncourse.classroom.tables import write_grades
from cnncourse.classroom.workers import Done
from cnncourse.intake.gate import Intake
from cnncourse.judge.worker import Job, Outcome

# A server for a while, which a test needs as well.
sys.path.insert(0, str(ROOT / "tests"))
from postgresql_server import missing, postgresql

Row = dict[str, Any]
INTAKE = Intake(NotebookNode(), "ready", "", (), datetime(2026, 11, 1, 12), "0" * 64)
WARM = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, nargs="+", default=[30, 300])
    parser.add_argument("--results", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="writer-") as name:
        make_class(Path(name), 1)
        ours(Path(name), 1)
        for row in measure(Path(name), options.students, options.results):
            print(json.dumps(row))


def measure(graded: Path, sizes: list[int], results: int) -> Iterator[Row]:
    """A row for each kind of gradebook and size. graded: a course folder with graded students."""
    warnings.filterwarnings("ignore", module="sqlalchemy")
    with tempfile.TemporaryDirectory(prefix="writer-") as name:
        yield from rows("SQLite", "", graded, Path(name), sizes, results)
    if missing():
        return
    with postgresql() as url, tempfile.TemporaryDirectory(prefix="writer-") as name:
        yield from rows("PostgreSQL", url, graded, Path(name), sizes, results)


def rows(
    kind: str, url: str, graded: Path, folder: Path, sizes: list[int], results: int
) -> Iterator[Row]:
    for path in (LESSON.solution.with_suffix(".ipynb"), LESSON.exercise):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    settings = load_settings(ROOT, folder, url)
    master = nbformat.read(settings.master(LESSON), as_version=4)
    announce_lesson(ROOT, settings, LESSON, master, lambda words: None)
    outcome = first_outcome(graded)
    with GradebookWriter(settings, LESSON) as book:
        scribe = Scribe(settings, LESSON, book, Batch(0, "0" * 64))
        take_in(scribe, outcome, "warm", WARM)
        for size in sorted(sizes):
            engine = book.gradebook.engine
            with engine.begin() as connection:
                fill(connection, size, "warm-0")
            book.gradebook.db.expire_all()
            began = time.perf_counter()
            take_in(scribe, outcome, f"new-{size}", results)
            stored = (time.perf_counter() - began) / results
            yield {
                "gradebook": kind,
                "students": size,
                "seconds_per_result": stored,
                **closing(settings, book, outcome.record, size),
            }


def first_outcome(graded: Path) -> Outcome:
    """What a worker sent back for the first student of a graded class."""
    path = sorted((graded / "records" / LESSON.id).glob("s*.json"))[0]
    notebook = graded / "autograded" / path.stem / LESSON.id / LESSON.exercise.name
    return Outcome(path.stem, notebook.read_text(), json.loads(path.read_text()))


def take_in(scribe: Scribe, outcome: Outcome, name: str, results: int) -> None:
    """So many results, each of another student, written as those of a class are."""
    for number in range(results):
        student = f"{name}-{number}"
        record = {**outcome.record, "student": student}
        scribe.intakes[student] = INTAKE
        job = Job(LESSON.id, student, outcome.notebook)
        scribe.write(Done(job, replace(outcome, student=student, record=record)))


def fill(connection: Connection, size: int, like: str) -> None:
    """So many students in the gradebook, with the same rows as one that is there."""
    tables = Base.metadata.tables
    people, submissions = tables["student"], tables["submitted_assignment"]
    notebooks = tables["submitted_notebook"]

    def rows_of(table: Any, *which: Any) -> list[Row]:
        return [dict(row._mapping) for row in connection.execute(table.select().where(*which))]

    [person] = rows_of(people, people.c.id == like)
    [submission] = rows_of(submissions, submissions.c.student_id == like)
    [notebook] = rows_of(notebooks, notebooks.c.assignment_id == submission["id"])
    inner = {
        name: rows_of(tables[name], tables[name].c.notebook_id == notebook["id"])
        for name in ("grade", "comment")
    }
    there = connection.execute(select(func.count()).select_from(people)).scalar_one()
    new: dict[str, list[Row]] = {}
    for number in range(there, size):
        student, outer, book = f"filled-{number}", uuid.uuid4().hex, uuid.uuid4().hex
        new.setdefault("student", []).append({**person, "id": student})
        new.setdefault("submitted_assignment", []).append(
            {**submission, "id": outer, "student_id": student}
        )
        new.setdefault("submitted_notebook", []).append(
            {**notebook, "id": book, "assignment_id": outer}
        )
        for name, like_these in inner.items():
            new.setdefault(name, []).extend(
                {**row, "id": uuid.uuid4().hex, "notebook_id": book} for row in like_these
            )
    for name, many in new.items():
        connection.execute(tables[name].insert(), many)


def closing(settings: CourseSettings, book: GradebookWriter, record: Row, size: int) -> Row:
    """Seconds of what a run does once for the whole class, and the gradebook's bytes."""
    folder = settings.records / LESSON.id
    began = time.perf_counter()
    copy = back_up(settings.db_url, settings.root / "backups")
    backed_up = time.perf_counter()
    standings = book.standings()
    records = {name: with_hand_grades(record, one) for name, one in standings.items()}
    summary = summarise(records)
    write_grades(folder / "grades.csv", records)
    page = as_page(LESSON, summary, records, lambda student: None)
    ended = time.perf_counter()
    assert len(records) >= size
    assert copy is not None
    return {
        "seconds_of_backup": backed_up - began,
        "seconds_of_report": ended - backed_up,
        "bytes_of_gradebook": copy.stat().st_size,
        "bytes_of_report": len(page.encode()),
    }


if __name__ == "__main__":
    main()
