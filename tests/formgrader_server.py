"""A real Jupyter server with Formgrader, in a course's folder, for as long as a test needs it."""

from __future__ import annotations

import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

from live_jupyter import SECONDS, jupyter_server


def formgrader(folder: Path) -> AbstractContextManager[str]:
    """The address of a server in this folder, whose package comes first on Python's path."""
    extensions = {"nbgrader.server_extensions.formgrader": True}
    return jupyter_server(folder, "jupyter_server", extensions)


def ask(url: str, data: bytes | None = None, method: str | None = None) -> bytes:
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return answer.read()
