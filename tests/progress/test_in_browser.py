"""Can everybody read the progress in a notebook, by day and by night, on a phone too?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat import NotebookNode
from playwright.sync_api import Browser
from progress_data import released

from cnncourse.course import find_lesson
from cnncourse.progress import progress

CHECKLIST = find_lesson("12-checklist")
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Progress</title>
<meta name="viewport" content="width=device-width">
<style>:root {{ color-scheme: light dark; background: Canvas; font: 14px sans-serif }}</style>
<main><h1>Progress</h1>{}</main></html>"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_barriers(
    scheme: str,
    width: int,
    save: Callable[..., Path],
    worked: NotebookNode,
    browser: Browser,
    tmp_path: Path,
) -> None:
    save(worked)
    save(worked, "copy.ipynb")
    save(released(CHECKLIST), "checklist.ipynb")
    (tmp_path / "page.html").write_text(PAGE.format(progress().html), encoding="utf-8")
    viewport = {"width": width, "height": 900}
    with browser.new_context(color_scheme=scheme, viewport=viewport) as context:
        page = context.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(page, options={"preload": False}).response["violations"]
        assert [one["id"] for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
