"""A PostgreSQL server on a socket in a folder of its own, for as long as somebody needs it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """Where PostgreSQL's server programs are."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


def missing() -> str:
    """What keeps a server from starting on this machine, or ""."""
    if programs() is None:
        return "the server programs of PostgreSQL are not installed"
    if os.geteuid() == 0 and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


@contextmanager
def postgresql(more: str = "") -> Iterator[str]:
    """The address of a server. more: options for it."""
    bin_folder, root = programs(), os.geteuid() == 0
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
    options = f"-k {folder} -c listen_addresses= {more}"
    run(control, "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield f"postgresql+psycopg2://teacher@/postgres?host={folder}"
    finally:
        run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)
