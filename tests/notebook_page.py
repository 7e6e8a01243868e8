"""A notebook that is open in a browser, as a learner works with it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

# The first cell imports PyTorch, on a machine that has other work to do.
RUN_SECONDS = 120
# Until the page is connected to its kernel, running a cell does nothing, or hangs.
CONNECTED = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.context?.sessionContext;
  const kernel = context?.isReady && context.session?.kernel;
  return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""
SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
DONE = re.compile(r"\[\d+\]:")


def open_notebook(page: Page, server: str, path: str) -> None:
    """Open a notebook on a server, wait for its kernel, and run its first cell."""
    page.goto(f"{server}/notebooks/{path}")
    await_kernel(page)
    run(page, cell(page, "from cnncourse import check"))


def await_kernel(page: Page) -> None:
    """Until all cells are there, and the page hears its kernel."""
    page.set_default_timeout(RUN_SECONDS * 1000)
    expect(page.locator(".jp-CodeCell").last).to_be_attached(timeout=RUN_SECONDS * 1000)
    page.wait_for_function(CONNECTED)


def cell(page: Page, source: str) -> Locator:
    """The code cell whose source contains this."""
    return page.locator(".jp-CodeCell").filter(
        has=page.locator(".jp-InputArea-editor", has_text=source)
    )


def run(page: Page, chosen: Locator) -> None:
    """Press Shift+Enter in a cell, and wait until the kernel is through with it."""
    prompt = chosen.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    chosen.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).to_have_text(DONE, timeout=RUN_SECONDS * 1000)


def write(page: Page, chosen: Locator, source: str) -> None:
    """Type over what a cell holds."""
    chosen.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)


def answer(page: Page, source: str, exercise: str) -> Locator:
    """Type an answer over what the answer cell holds, run it, run the check; its result."""
    chosen = cell(page, f"def {exercise}(")
    write(page, chosen, source)
    run(page, chosen)
    check = cell(page, f"check({exercise})")
    run(page, check)
    return check.locator(".cnncourse-result")


def save(page: Page) -> None:
    """Press Ctrl+S, and wait until the file is written."""
    page.keyboard.press("ControlOrMeta+s")
    page.wait_for_function(SAVED)
