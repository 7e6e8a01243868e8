"""Does Formgrader grade through the gate and the judge, in a real Jupyter server?"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("02-convolution")
SECONDS = 120
POINTS = sum(exercise.points for exercise in LESSON.exercises)


@pytest.fixture
def address(course) -> Iterator[str]:
    """A server in a course folder, in which one student has handed in the solution."""
    submitted = course.folder / "submitted" / "ada" / LESSON.id / LESSON.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON.solution.with_suffix(".ipynb"), submitted)
    assert course.run("nbgrader", "generate_assignment", LESSON.id).returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ("ip=127.0.0.1", f"port={port}", "port_retries=0", "disable_check_xsrf=True")
    extensions = {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}
    config = course.folder / "jupyter" / "jupyter_server_config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"ServerApp": extensions}))
    with (course.folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"),
                *(f"--ServerApp.{one}" for one in settings),
                "--IdentityProvider.token=",
            ],
            cwd=course.folder,
            env=os.environ
            | {
                "PYTHONPATH": str(course.folder),
                "JUPYTER_CONFIG_DIR": str(config.parent),
                "JUPYTER_RUNTIME_DIR": str(course.folder / "runtime"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, course.folder / "server.log")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    """Until the server answers; fails with its log."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()}")


def ask(url: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(url, data=data, timeout=SECONDS) as answer:
        return answer.read()


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
