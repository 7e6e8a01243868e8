"""A real Jupyter server in a folder, for as long as a test needs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 120


@contextmanager
def jupyter_server(
    folder: Path, program: str = "notebook", extensions: Mapping[str, bool] | None = None
) -> Iterator[str]:
    """The address of a server in this folder, whose package comes first on Python's path.

    program: what is run, such as notebook or jupyter_server. extensions: of the server.
    Nothing of the user's own settings is read.
    """
    own = folder / ".jupyter-of-the-test"
    # With windowing, cells that are out of sight are not in the page.
    settings = own / "lab" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    config = own / "config" / "jupyter_server_config.json"
    for path, what in (
        (settings, {"windowingMode": "none"}),
        (config, {"ServerApp": {"jpserver_extensions": dict(extensions or {})}}),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(what))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    traits = ("ip=127.0.0.1", f"port={port}", "port_retries=0", "disable_check_xsrf=True")
    command = [sys.executable, "-m", program, "--no-browser", "--allow-root"]
    command += [f"--ServerApp.{one}" for one in traits] + ["--IdentityProvider.token="]
    command += ["--expose-app-in-browser"] if program != "jupyter_server" else []
    log = own / "server.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ
            | {
                "PYTHONPATH": str(folder),
                "JUPYTERLAB_SETTINGS_DIR": str(own / "lab"),
                "JUPYTER_CONFIG_DIR": str(config.parent),
                "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
                "IPYTHONDIR": str(own / "ipython"),
            },
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    """Until the server answers; fails with its log."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()}")
