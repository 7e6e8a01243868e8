"""`cnncourse grade`: from a folder of submissions to grades, records and a report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tqdm import tqdm

from cnncourse.classroom.coordinator import ClassRun, Order, grade_class, refreshed
from cnncourse.classroom.course_settings import CourseSettings, load_settings
from cnncourse.classroom.gradebook import GradebookWriter
from cnncourse.classroom.report_page import as_page
from cnncourse.classroom.summary import as_text, summarise
from cnncourse.classroom.tables import write_grades
from cnncourse.classroom.workers import ClusterWorkers, Done, LocalWorkers
from cnncourse.course import Lesson
from cnncourse.folder import CourseError
from cnncourse.judge.grade_cells import BY_HAND
from cnncourse.judge.records import read_record, write_whole


@dataclass(frozen=True)
class Written:
    """The files that a run leaves for people."""

    grades: Path
    report: Path


def grade_lesson(
    course: Path,
    lesson: Lesson,
    order: Order,
    workers: LocalWorkers | ClusterWorkers,
    *,
    db_url: str = "",
    root: Path | None = None,
) -> ClassRun:
    """Grade a lesson, print what came of it; the workers are closed.

    CourseError for what an instructor can put right.
    """
    try:
        settings = load_settings(course, root, db_url)
        run = grade_class(course, settings, lesson, order, workers, print, with_progress)
    finally:
        workers.close()
    written = write_for_people(settings, run)
    if run.resumed:
        print("An earlier run had been cut off; this one has finished it.")
    if run.kept:
        print(f"{len(run.kept)} had been graded before and have not changed (--again grades them).")
    print(as_text(lesson, summarise(run.records), run.absent))
    print(f"\nGrades: {written.grades}\nReport: {written.report}")
    if run.problems:
        raise CourseError(
            f"The machine failed on {', '.join(run.problems)}; they have no grade, not even 0. "
            f"Their records in {settings.records / lesson.id} say why. Run the command again."
        )
    return run


def report_lesson(
    course: Path, lesson: Lesson, *, root: Path | None = None, db_url: str = ""
) -> Written:
    """Write grades.csv and the report again, with new feedback and grades given by hand."""
    settings = load_settings(course, root, db_url)
    records = {}
    for path in sorted((settings.records / lesson.id).glob("*.json")):
        record = read_record(settings.records, lesson.id, path.stem)
        if record and "student" in record:
            records[record["student"]] = record
    if not records:
        raise CourseError(f"{lesson.id} has no records yet. Run `cnncourse grade {lesson.id}`.")
    with GradebookWriter(settings, lesson) as gradebook:
        records = refreshed(settings, gradebook, records)
    return write_for_people(settings, ClassRun(lesson, records))


def with_progress(done: Iterable[Done], total: int) -> Iterator[Done]:
    """A bar with the time that is left, where somebody watches; problems as they come."""
    bar = tqdm(done, total=total, unit=" notebooks", disable=not sys.stderr.isatty() or not total)
    for one in bar:
        record = one.outcome.record if one.outcome else {"status": "not graded"}
        if record["status"] not in ("graded", BY_HAND):
            bar.write(
                f"{one.job.student}: {record['status']}. {record.get('reason') or one.problem}"
            )
        yield one


def write_for_people(settings: CourseSettings, run: ClassRun) -> Written:
    """The table of grades and the report page, of everybody with a record."""
    folder = settings.records / run.lesson.id
    grades = write_grades(folder / "grades.csv", run.records)
    report = folder / "report.html"

    def link(student: str) -> str | None:
        feedback = settings.folder("feedback", student, run.lesson)
        page = feedback / run.lesson.exercise.with_suffix(".html").name
        return quote(os.path.relpath(page, folder)) if page.is_file() else None

    summary = summarise(run.records)
    write_whole(report, as_page(run.lesson, summary, run.records, link))
    return Written(grades, report)
