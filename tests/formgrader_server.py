"""A real Jupyter server with Formgrader, in a course's folder, for as long as a test needs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 120


@contextmanager
def formgrader(folder: Path) -> Iterator[str]:
    """The address of a server in this folder, whose package comes first on Python's path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ("ip=127.0.0.1", f"port={port}", "port_retries=0", "disable_check_xsrf=True")
    extensions = {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}
    config = folder / "jupyter" / "jupyter_server_config.json"
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps({"ServerApp": extensions}))
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"),
                *(f"--ServerApp.{one}" for one in settings),
                "--IdentityProvider.token=",
            ],
            cwd=folder,
            env=os.environ
            | {
                "PYTHONPATH": str(folder),
                "JUPYTER_CONFIG_DIR": str(config.parent),
                "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, folder / "server.log")
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


def ask(url: str, data: bytes | None = None, method: str | None = None) -> bytes:
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return answer.read()
