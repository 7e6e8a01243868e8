"""The convolution demo in a real Jupyter server: what the page changes reaches Python, and back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, expect

CELLS = [
    """
from cnncourse.widgets.convolution import Convolution

def mine(image, kernel, stride):
    raise LookupError(f"no idea what {kernel[0][0]:g} is")

demo = Convolution(function=mine, stride=2)
demo
""",
    "print('python sees', demo.kernel[0][0], demo.row)",
    "demo.stride = 3",
]


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[str]:
    """The address of a notebook on a server of its own."""
    cells = [new_code_cell(source.strip()) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "demo.ipynb")
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "JUPYTER_NO_CONFIG": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    command = [sys.executable, "-m", "notebook", "--no-browser", "--ServerApp.port=0"]
    command += ["--allow-root", "--IdentityProvider.token=demo", f"--ServerApp.root_dir={tmp_path}"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        for line in server.stderr:
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/", line):
                break
        else:
            pytest.fail("The Jupyter server ended before it said where it listens.")
        # A full pipe would stop the server.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield f"{found[1]}/notebooks/demo.ipynb?token=demo"
    finally:
        server.terminate()
        server.wait(timeout=20)
        server.stderr.close()


def run_cell(page: Page, number: int) -> None:
    """Runs a cell; again if the page was not yet listening, which it does not say."""
    cell = page.locator(".jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    for _ in range(20):
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(500)
        if prompt.inner_text() != "[ ]:":
            return
    pytest.fail(f"Cell {number} of the notebook never ran.")


def test_both_ways(browser: Browser, notebook: str):
    page = browser.new_page()
    page.goto(notebook)
    run_cell(page, 0)
    root = page.locator(".convolution-demo")
    expect(root.locator(".output .shape")).to_have_text("9 × 9", timeout=60_000)
    expect(root.locator(".remark")).to_contain_text("LookupError: no idea what -1 is")

    # Keys that Jupyter has its own use for.
    root.locator("[data-grid=image]").press("ArrowDown")
    root.get_by_role("button", name="box blur").press("Enter")
    expect(root.locator(".remark")).to_contain_text("no idea what 0.111111 is")
    root.get_by_label("Weight in row 0, column 0").fill("7")
    # The page holds back messages while the kernel is busy: wait for the answer to the last one.
    expect(root.locator(".remark")).to_contain_text("no idea what 7 is")
    run_cell(page, 1)
    expect(page.locator(".jp-OutputArea").nth(1)).to_contain_text("python sees 7 6")

    run_cell(page, 2)
    expect(root.locator(".output .shape")).to_have_text("6 × 6")
    expect(root.locator("[data-setting=stride] input[value='3']")).to_be_checked()
    page.close()
