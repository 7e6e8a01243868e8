"""The gradebook may be a PostgreSQL database."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom_fakes import LESSON, ROOT, HereAndNow, grade

from cnncourse.classroom.coordinator import Order, grade_class
from cnncourse.classroom.course_settings import load_settings

warnings.filterwarnings("ignore", module="sqlalchemy")


def programs() -> Path | None:
    """Where PostgreSQL's server programs are."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server on a socket in a folder of its own."""
    pytest.importorskip("psycopg2")
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip("the server programs of PostgreSQL are not installed")
    root = os.geteuid() == 0
    if root and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if root else []
    # Short: the path of a socket has room for 107 letters.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if root:
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str) -> None:
        done = subprocess.run([*prefix, *command], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    run(str(bin_folder / "initdb"), "-D", data, "-A", "trust", "-U", "teacher")
    control = str(bin_folder / "pg_ctl")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    run(control, "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield f"postgresql+psycopg2://teacher@/postgres?host={folder}"
    finally:
        run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


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
