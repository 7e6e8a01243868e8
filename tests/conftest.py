"""What all tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

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
