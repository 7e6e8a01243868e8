"""What all tests share."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
ZOO = ("tests/test_lessons.py",)

# How long an example takes says nothing: another test may have the processor.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class ByFile(LoadScopeScheduling):
    """Several processes share the tests: those of a file stay together, for they share fixtures.

    The zoo's share none, and there are more of them than of all others.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return nodeid if file in ZOO else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the site, brought up to date by the command that `make course` uses."""
    command = [sys.executable, "book/build.py"]
    (ROOT / "_build").mkdir(exist_ok=True)
    with FileLock(ROOT / "_build" / "site.lock"):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "_build" / "html"


# While it is open, its event loop counts as running in this thread, and no other test could call
# asyncio.run: so it is closed after each module.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Open a page or context, and close it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("These tests need the program 'chromium' on PATH; install it, then run again.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()
