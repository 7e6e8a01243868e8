"""Whatever happens while a class is graded, every submission ends up graded once."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from contextlib import closing
from functools import partial
from pathlib import Path

import nbformat
import pytest
from classroom_fakes import (
    LESSON,
    ROOT,
    HereAndNow,
    always_dies,
    announce,
    dies_once,
    grade,
    grade_slowly,
    hand_in,
    raises,
    refuses,
)

from cnncourse.classroom.backup import KEEP, back_up
from cnncourse.classroom.batch import only_one
from cnncourse.classroom.coordinator import Order, grade_class
from cnncourse.classroom.course_settings import load_settings
from cnncourse.classroom.workers import ClusterWorkers, LocalWorkers
from cnncourse.folder import CourseError
from cnncourse.sandbox.watchdog import descendants

warnings.filterwarnings("ignore", module="sqlalchemy")

ROWS = """
select student.id, base_cell.name, grade.auto_score, grade.manual_score, grade.extra_credit,
       grade.needs_manual_grade, submitted_assignment.timestamp,
       submitted_notebook.late_submission_penalty
from grade
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join student on student.id = submitted_assignment.student_id
join base_cell on base_cell.id = grade.cell_id
order by 1, 2
"""
COMMENTS = """
select student.id, base_cell.name, comment.auto_comment, comment.manual_comment
from comment
join submitted_notebook on submitted_notebook.id = comment.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join student on student.id = submitted_assignment.student_id
join base_cell on base_cell.id = comment.cell_id
order by 1, 2
"""


def rows(folder: Path) -> list[tuple]:
    """All that the gradebook holds of the class."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        return [*book.execute(ROWS), *book.execute(COMMENTS)]


def records(folder: Path) -> dict[str, dict]:
    """All records, but for when and how long."""
    found = {}
    for path in sorted((folder / "records" / LESSON.id).glob("s*.json")):
        record = json.loads(path.read_text())
        found[path.stem] = {k: v for k, v in record.items() if k not in ("graded_at", "seconds")}
    return found


def run_class(folder: Path, order: Order, workers=None, job=grade):
    settings = load_settings(ROOT, folder)
    return grade_class(ROOT, settings, LESSON, order, workers or HereAndNow(), print, grade=job)


SEED = Order(seed=7)


@pytest.fixture(scope="module")
def undisturbed(class_of_thirty: Path, tmp_path_factory) -> Path:
    """The class, graded in one go."""
    folder = Path(shutil.copytree(class_of_thirty, tmp_path_factory.mktemp("calm") / "course"))
    run_class(folder, SEED)
    return folder


def test_coordinator_may_be_killed_at_any_moment(class_of_thirty, undisturbed, tmp_path) -> None:
    generator = random.Random(11)
    cut_off = 0
    for moment in range(20):
        folder = Path(shutil.copytree(class_of_thirty, tmp_path / str(moment)))
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            run_class(folder, SEED)
            os._exit(0)
        time.sleep(generator.uniform(0.02, 0.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        done = len(records(folder))
        cut_off += done < 30
        # Without a seed: it has to be the one that the killed run began with.
        order = Order() if (folder / "records" / LESSON.id / "batch.json").exists() else SEED
        run = run_class(folder, order)
        assert (len(run.kept), len(run.graded)) == (done, 30 - done) or run.resumed is False
        assert rows(folder) == rows(undisturbed)
        assert records(folder) == records(undisturbed)
        shutil.rmtree(folder)
    assert cut_off >= 10, "the moments came too late to prove anything"


def test_second_run_grades_only_what_is_new(course: Path) -> None:
    assert len(run_class(course, SEED).graded) == 30
    run = run_class(course, SEED)
    assert (len(run.graded), len(run.kept)) == (0, 30)
    hand_in(course, "s04", "# another try")
    hand_in(course, "zoe", "# late")
    assert run_class(course, SEED).graded == ["s04", "zoe"]


def test_again_draws_a_fresh_seed(course: Path) -> None:
    run_class(course, SEED)
    run = run_class(course, Order(again=True))
    assert len(run.graded) == 30
    assert {record["seed"] for record in run.records.values()} != {7}


def test_score_given_by_hand_survives_a_regrade(course: Path) -> None:
    run_class(course, SEED)
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        book.execute("update grade set manual_score = 1.25")
        book.commit()
    run_class(course, Order(again=True))
    assert {row[3] for row in rows(course)[: 30 * 6]} == {1.25}


def test_gradebook_is_what_nbgraders_own_preprocessors_write(undisturbed, tmp_path) -> None:
    """Row for row, lateness included, for the very same notebooks."""
    from nbgrader.api import Gradebook
    from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
    from traitlets.config import Config

    folders = {}
    for who in ("ours", "theirs"):
        folders[who] = folder = Path(shutil.copytree(undisturbed, tmp_path / who))
        (folder / "gradebook.db").unlink()
        announce(folder)
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
            book.update_or_create_assignment(LESSON.id, duedate="2026-10-31 12:00:00 UTC")
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    settings = load_settings(ROOT, folders["ours"])
    settings.app.update_config(config)
    grade_class(ROOT, settings, LESSON, Order(seed=7, again=True), HereAndNow(), print, grade=grade)

    url = f"sqlite:///{folders['theirs'] / 'gradebook.db'}"
    for student in sorted(records(undisturbed)):
        place = Path("autograded", student, LESSON.id)
        notebook = nbformat.read(folders["ours"] / place / LESSON.exercise.name, as_version=4)
        stamp = folders["ours"] / place / "timestamp.txt"
        when = {"timestamp": stamp.read_text().strip()} if stamp.exists() else {}
        with Gradebook(url) as book:
            book.update_or_create_student(student)
            book.update_or_create_submission(LESSON.id, student, **when)
        about = {"notebook": LESSON.slug, "assignment": LESSON.id, "student": student}
        resources = {"nbgrader": {**about, "db_url": url}}
        SaveAutoGrades().preprocess(notebook, resources)
        AssignLatePenalties(config=config).preprocess(notebook, resources)
    assert rows(folders["ours"]) == rows(folders["theirs"])
    assert any(row[7] for row in rows(folders["ours"])[: 30 * 6]), "nobody was late"


def test_worker_that_dies_costs_nothing(course: Path, undisturbed, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = run_class(course, SEED, LocalWorkers(2), partial(dies_once, mark=mark))
    assert mark.exists()
    assert run.problems == []
    assert rows(course) == rows(undisturbed)


def test_job_that_kills_its_workers_is_nobodys_zero(course: Path, undisturbed) -> None:
    run = run_class(course, SEED, LocalWorkers(2), always_dies)
    assert run.problems == ["s03"]
    assert "died" in run.records["s03"]["reason"]
    mine = [row for row in rows(course) if row[0] == "s03"]
    assert all(row[2] is None and row[5] for row in mine[:6])
    others = [row for row in rows(course) if row[0] != "s03"]
    assert others == [row for row in rows(undisturbed) if row[0] != "s03"]
    # The next run tries again, and nobody else.
    again = run_class(course, Order())
    assert again.graded == ["s03"]
    assert rows(course)[:1] == rows(undisturbed)[:1]


def test_failure_of_the_machine_is_exported_as_nothing(course: Path) -> None:
    run = run_class(course, SEED, LocalWorkers(1), raises)
    assert run.problems == ["s03"]
    assert "no space left" in run.records["s03"]["reason"]
    target = course / "grades.csv"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "nbgrader", "export"),
            *(f"--to={target}", f"--CourseDirectory.root={course}"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    with target.open(newline="") as file:
        scores = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    assert scores["s03"] == ""
    assert all(value != "" for name, value in scores.items() if name != "s03")
    assert "s03 was not graded" in done.stderr


def test_machine_that_cannot_confine_grades_nobody(course: Path) -> None:
    with pytest.raises(CourseError, match="This machine cannot do it"):
        run_class(course, SEED, LocalWorkers(1), refuses)
    assert records(course) == {}
    # Nothing is in the way of doing it elsewhere.
    assert run_class(course, Order()).resumed


def test_workers_end_with_a_killed_coordinator(course: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from pathlib import Path\n"
        "from classroom_fakes import *\n"
        "from cnncourse.classroom.coordinator import Order, grade_class\n"
        "from cnncourse.classroom.course_settings import load_settings\n"
        "from cnncourse.classroom.workers import LocalWorkers\n"
        "if __name__ == '__main__':\n"
        "    settings = load_settings(ROOT, Path(sys.argv[1]))\n"
        "    grade_class(ROOT, settings, LESSON, Order(), LocalWorkers(2, True), print,\n"
        "                grade=grade_slowly)\n"
    )
    program = course / "program.py"
    program.write_text(script)
    process = subprocess.Popen([sys.executable, str(program), str(course)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not records(course) and time.monotonic() < deadline:
        time.sleep(0.05)
    # The process that kernels are forked from, the one that workers are, and the workers.
    workers = descendants(process.pid)
    assert len(workers) >= 4
    process.kill()
    process.wait()
    while any(Path("/proc", str(one)).exists() for one in workers):
        assert time.monotonic() < deadline, "workers live on"
        time.sleep(0.05)
    assert run_class(course, Order()).resumed


def test_cluster_grades_and_survives_the_loss_of_a_worker(course: Path, undisturbed) -> None:
    pytest.importorskip("distributed")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    quiet = {"cwd": ROOT, "env": environment, "stdout": subprocess.DEVNULL}
    address = "tcp://127.0.0.1:8791"
    scheduler = subprocess.Popen(
        [
            *(sys.executable, "-m", "distributed.cli.dask_scheduler"),
            *("--host", address, "--no-dashboard"),
        ],
        stderr=subprocess.DEVNULL,
        **quiet,
    )
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address]
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    workers = [
        subprocess.Popen([*worker, *options], stderr=subprocess.DEVNULL, **quiet) for _ in range(2)
    ]
    try:
        victim = os.fork()
        if victim == 0:
            deadline = time.monotonic() + 60
            while len(records(course)) < 5 and time.monotonic() < deadline:
                time.sleep(0.05)
            # Popen.kill would ask first whether it is a child, which it is not of this process.
            os.kill(workers[0].pid, signal.SIGKILL)
            os._exit(0)
        run = run_class(course, SEED, ClusterWorkers(address), grade_slowly)
        os.waitpid(victim, 0)
        assert workers[0].wait(10) == -signal.SIGKILL
        assert run.problems == []
        assert rows(course) == rows(undisturbed)
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def test_scheduler_that_is_not_there_is_said(course: Path, monkeypatch) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(CourseError, match="No Dask scheduler answers"):
        run_class(course, SEED, ClusterWorkers("tcp://127.0.0.1:9", seconds=1))


def test_two_cannot_grade_at_once(course: Path) -> None:
    with only_one(course / "records"), pytest.raises(CourseError, match="another process"):
        run_class(course, SEED)


@pytest.mark.parametrize(
    ("order", "words"),
    [(Order(students=("nobody",)), "no submission of 02-convolution by nobody")],
)
def test_impossible_order_is_refused(order: Order, words: str, course: Path) -> None:
    with pytest.raises(CourseError, match=words):
        run_class(course, order)


def test_empty_course_is_told_where_to_put_work(course: Path) -> None:
    shutil.rmtree(course / "submitted")
    with pytest.raises(CourseError, match="Nobody has handed in"):
        run_class(course, SEED)


def test_lesson_without_release_is_told_how_to_make_it(course: Path) -> None:
    (course / LESSON.exercise).unlink()
    with pytest.raises(CourseError, match="cnncourse release"):
        run_class(course, SEED)


def test_gradebook_learns_of_the_lesson_by_itself(course: Path) -> None:
    (course / "gradebook.db").unlink()
    assert len(run_class(course, SEED).graded) == 30
    assert len(rows(course)) == 30 * 12


def test_backup_holds_what_was_there(course: Path) -> None:
    run_class(course, SEED)
    before = rows(course)
    run = run_class(course, Order(again=True))
    shutil.copy(run.backup, course / "gradebook.db")
    assert rows(course) == before


def test_newest_backups_are_kept(course: Path) -> None:
    url = f"sqlite:///{course / 'gradebook.db'}"
    made = [back_up(url, course / "backups") for _ in range(KEEP + 3)]
    assert sorted((course / "backups").iterdir()) == made[-KEEP:]
    assert back_up(f"sqlite:///{course / 'none.db'}", course / "backups") is None
