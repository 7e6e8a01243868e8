"""Pages with demos, opened from disk in a browser: none may complain or ask the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

VIEWPORT = {"width": 800, "height": 900}


@contextmanager
def quiet_pages(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives `open_file(path, **options of the context)`, which waits until a demo is alive.

    When it ends, no page may have complained or asked the network.
    """
    contexts, complaints = [], []

    def note_foreign(url: str) -> None:
        if not url.startswith(("file:", "blob:", "data:")):
            complaints.append(url)

    def open_file(path: Path, **options) -> Page:
        context = browser.new_context(**{"viewport": VIEWPORT, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: note_foreign(request.url))
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".afm[data-state=live]")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []


def await_drawing(page: Page) -> None:
    """Demos draw in the next frame after a change."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
