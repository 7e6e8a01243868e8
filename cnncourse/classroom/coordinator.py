"""Grade a lesson's submissions: the only process that writes, and one that may be killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from cnncourse.classroom.backup import back_up
from cnncourse.classroom.batch import Batch, close_batch, only_one, open_batch
from cnncourse.classroom.by_hand import with_hand_grades
from cnncourse.classroom.course_settings import CourseSettings
from cnncourse.classroom.gradebook import GradebookWriter
from cnncourse.classroom.scribe import Scribe
from cnncourse.classroom.summary import NOT_GRADED
from cnncourse.classroom.workers import ClusterWorkers, Done, GradeJob, LocalWorkers
from cnncourse.course import Lesson
from cnncourse.folder import CourseError
from cnncourse.intake.exporter import with_intake
from cnncourse.intake.gate import Intake, take_in
from cnncourse.judge.grade_cells import cells_with_points
from cnncourse.judge.records import read_record, write_record
from cnncourse.judge.settings import JudgeSettings
from cnncourse.judge.worker import Job, grade_job
from cnncourse.kernels.running import SandboxError
from cnncourse.nbgrader_commands import run_nbgrader

REFUSAL = f"{SandboxError.__name__}: "


@dataclass
class ClassRun:
    """What one run over a class came to.

    records: of everybody who handed in. graded, kept: who was graded now, and who was before.
    """

    lesson: Lesson
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    graded: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    backup: Path | None = None
    resumed: bool = False

    @property
    def problems(self) -> list[str]:
        """Who could not be graded, through no fault of theirs."""
        return [name for name, record in self.records.items() if record["status"] == NOT_GRADED]


@dataclass(frozen=True)
class Order:
    """What the instructor asked for.

    students: only these; none means all. again: grade also what has been graded before.
    """

    students: Sequence[str] = ()
    again: bool = False
    seed: int | None = None
    sandbox: str = "on"


def grade_class(
    course: Path,
    settings: CourseSettings,
    lesson: Lesson,
    order: Order,
    workers: LocalWorkers | ClusterWorkers,
    say: Callable[[str], None],
    progress: Callable[[Iterable[Done], int], Iterable[Done]] = lambda done, total: done,
    grade: GradeJob = grade_job,
) -> ClassRun:
    """Grade everybody who handed in the lesson and has not been graded yet.

    Killed at any moment, it can be run again, and ends with the same gradebook. CourseError for
    what the instructor can put right.
    """
    folder = settings.records / lesson.id
    with only_one(settings.records):
        run = ClassRun(lesson)
        master_file = settings.master(lesson)
        master = nbformat.read(master_file, as_version=4)
        release = hashlib.sha256(master_file.read_bytes()).hexdigest()
        selected = chosen(settings.students(lesson), order, lesson)
        run.backup = back_up(settings.db_url, settings.root / "backups")
        announce_lesson(course, settings, lesson, master, say)
        batch = open_batch(folder, release, order.seed, order.again)
        run.resumed = batch.resumed
        with GradebookWriter(settings, lesson) as gradebook:
            run.absent = sorted(set(gradebook.students()) - set(settings.students(lesson)))
            scribe = Scribe(settings, lesson, gradebook, batch)
            jobs = []
            for student in selected:
                handed_in = settings.folder("submitted", student, lesson)
                intake = take_in(handed_in, master, lesson.exercise.name)
                record = read_record(settings.records, lesson.id, student)
                if not order.again and still_holds(record, intake, batch):
                    run.records[student] = record
                    run.kept.append(student)
                    if batch.resumed:
                        scribe.store_again(student, intake)
                    continue
                jobs.append(job_of(lesson, student, intake))
                # Of a large class, the poured notebooks would fill the memory.
                scribe.intakes[student] = replace(intake, notebook=NotebookNode())
            judging = JudgeSettings(batch.seed, order.sandbox)
            for done in progress(workers.run(grade, jobs, judging), len(jobs)):
                if done.problem.startswith(REFUSAL):
                    # It will be the same for everybody.
                    raise CourseError(done.problem.removeprefix(REFUSAL))
                run.records[done.job.student] = scribe.write(done)
                run.graded.append(done.job.student)
            run.records = refreshed(settings, gradebook, run.records)
        if not order.students:
            close_batch(folder, batch)
    run.records = dict(sorted(run.records.items()))
    return run


def refreshed(
    settings: CourseSettings, gradebook: GradebookWriter, records: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The records with what persons have graded since, written where that changes one."""
    standings = gradebook.standings()
    fresh = {}
    for student, record in records.items():
        fresh[student] = with_hand_grades(record, standings.get(student, {}))
        if fresh[student] != record:
            write_record(settings.records, fresh[student])
    return fresh


def chosen(students: Sequence[str], order: Order, lesson: Lesson) -> list[str]:
    """The students to grade. CourseError where one is unknown, or nobody is there."""
    unknown = sorted(set(order.students) - set(students))
    if unknown:
        raise CourseError(f"There is no submission of {lesson.id} by {', '.join(unknown)}.")
    if not students:
        raise CourseError(
            f"Nobody has handed in {lesson.id}: submitted/<student>/{lesson.id}/ is where to put "
            f"{lesson.exercise.name}."
        )
    return [student for student in students if not order.students or student in order.students]


def announce_lesson(
    course: Path,
    settings: CourseSettings,
    lesson: Lesson,
    master: NotebookNode,
    say: Callable[[str], None],
) -> None:
    """Tell the gradebook about the lesson, where it does not know it, or not as it is now."""
    cells = cells_with_points(master).items()
    points = {name: float(cell.metadata.nbgrader.points) for name, cell in cells}
    with GradebookWriter(settings, lesson) as gradebook:
        if gradebook.knows(points):
            return
    say(f"The gradebook does not know {lesson.id} as it is now.")
    run_nbgrader(
        course,
        "generate_assignment",
        lesson.id,
        "--force",
        f"--CourseDirectory.root={settings.root}",
        f"--CourseDirectory.db_url={settings.db_url}",
        log=settings.root / "_build" / "grade.log",
        say=say,
    )
    with GradebookWriter(settings, lesson) as gradebook:
        if not gradebook.knows(points):
            raise CourseError(
                f"The released notebook of {lesson.id} was not made from solutions/: "
                f"run `cnncourse release {lesson.id}`, look at what changed, then grade."
            )


def still_holds(record: dict[str, Any] | None, intake: Intake, batch: Batch) -> bool:
    """Whether a submission was graded before, and neither it nor the exercises have changed."""
    return (
        record is not None
        and record.get("status") != NOT_GRADED
        and record.get("fingerprint") == intake.fingerprint
        and record.get("release") == batch.release
    )


def job_of(lesson: Lesson, student: str, intake: Intake) -> Job:
    return Job(lesson.id, student, nbformat.writes(with_intake(intake)))
