"""Can a learner do the exercises in a real Jupyter server, with a real browser?"""

from __future__ import annotations

import json
import os
import re
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
from playwright.sync_api import Browser, Locator, Page, expect

from cnncourse.course import find_exercise, find_lesson

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("02-convolution")
START_SECONDS = 120
# The first cell imports PyTorch, on a machine that has other work to do.
RUN_SECONDS = 120

# Until the page is connected to its kernel, running a cell does nothing, or hangs.
CONNECTED = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.context?.sessionContext;
  const kernel = context?.isReady && context.session?.kernel;
  return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""
DONE = re.compile(r"\[\d+\]:")

RIGHT = """def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if room < 0:
        raise ValueError("too small")
    return room // stride + 1"""
PADS_ONE_SIDE = RIGHT.replace("2 * padding", "padding")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a learner keeps the course's notebooks in."""
    return tmp_path_factory.mktemp("jupyter")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The address of a Jupyter server whose folder holds the released notebook."""
    notebook = folder / LESSON.exercise
    notebook.parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON.exercise, notebook)
    # With windowing, cells that are out of sight are not in the page.
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "notebook",
                "--no-browser",
                "--allow-root",
                "--expose-app-in-browser",
            ]
            + [f"--ServerApp.{key}" for key in ("ip=127.0.0.1", f"port={port}", "port_retries=0")]
            + ["--IdentityProvider.token=", "--ServerApp.root_dir=" + str(folder)],
            env=os.environ
            | {
                "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
                "JUPYTER_CONFIG_DIR": str(folder / "config"),
                "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                "IPYTHONDIR": str(folder / "ipython"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(address, process, folder / "server.log")
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    """Until the server answers; fails with its log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def page(server: str, browser: Browser) -> Iterator[Page]:
    """The notebook, open, its first cell run."""
    page = browser.new_page()
    page.set_default_timeout(RUN_SECONDS * 1000)
    page.goto(f"{server}/notebooks/{LESSON.exercise.as_posix()}")
    expect(cell(page, "check(conv2d_backward)")).to_be_attached(timeout=RUN_SECONDS * 1000)
    page.wait_for_function(CONNECTED)
    run(page, cell(page, "from cnncourse import check"))
    yield page
    page.close()


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


def answer(page: Page, source: str, exercise: str) -> Locator:
    """Type an answer over what the answer cell holds, run it, run the check; its result."""
    chosen = cell(page, f"def {exercise}(")
    chosen.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)
    run(page, chosen)
    check = cell(page, f"check({exercise})")
    run(page, check)
    return check.locator(".cnncourse-result")


def test_released_answer_is_not_attempted(page: Page) -> None:
    run(page, cell(page, "def conv2d("))
    run(page, cell(page, "check(conv2d)"))
    result = cell(page, "check(conv2d)").locator(".cnncourse-result")
    expect(result).to_contain_text("not attempted")
    expect(result).to_contain_text("0 of 4 points")


def test_misconception_is_named_beside_the_check(page: Page) -> None:
    result = answer(page, PADS_ONE_SIDE, "output_size")
    sentences = {wrong.name: wrong.say for wrong in find_exercise("output_size").misconceptions}
    expect(result).to_contain_text(sentences["pads_one_side"])
    expect(result).to_be_visible()


def test_right_answer_gets_its_points(page: Page) -> None:
    result = answer(page, RIGHT, "output_size")
    expect(result).to_contain_text("2 of 2 points")
    example = cell(page, "output_size(7, kernel_size=3), output_size(7")
    run(page, example)
    expect(example.locator(".jp-OutputArea-output")).to_have_text("(5, 3)")


def test_check_cells_cannot_be_edited(page: Page) -> None:
    check = cell(page, "check(output_size)").locator(".cm-content")
    answers = cell(page, "def output_size(").locator(".cm-content")
    expect(check).to_have_attribute("aria-readonly", "true")
    expect(answers).not_to_have_attribute("aria-readonly", "true")


def test_playground_lives_before_the_answer_exists(page: Page) -> None:
    run(page, cell(page, "def conv2d("))
    closing = cell(page, "Convolution(function=conv2d")
    run(page, closing)
    expect(closing.locator(".convolution-demo")).to_be_visible()
    expect(closing).to_contain_text("Your function is still empty.")


def test_progress_shows_what_is_saved(page: Page, folder: Path) -> None:
    answer(page, RIGHT, "output_size")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator(".jp-Notebook")).to_be_visible()
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert 'data-verdict=\\"right\\"' in (folder / LESSON.exercise).read_text()
    # A cell of one's own below the last one.
    cell(page, "Convolution(function=conv2d").locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("from cnncourse.progress import progress\n\nprogress()")
    run(page, cell(page, "from cnncourse.progress"))
    shown = cell(page, "from cnncourse.progress").locator(".cnncourse-progress")
    rows = shown.get_by_role("row")
    expect(rows.filter(has_text="output_size")).to_contain_text("✓ right")
    expect(rows.filter(has_text="output_size")).to_contain_text("2 of 2")
    expect(rows.filter(has=page.get_by_role("link", name=LESSON.id))).to_contain_text("of 15")
