"""The convolution demo in a real Jupyter server: what the page changes reaches Python, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from live_jupyter import jupyter_server
from nbformat.v4 import new_code_cell, new_notebook
from notebook_page import await_kernel, cell, run
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
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The notebook, open on a server of its own."""
    cells = [new_code_cell(source.strip()) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "demo.ipynb")
    with jupyter_server(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/notebooks/demo.ipynb")
        await_kernel(page)
        yield page
        page.close()


def test_both_ways(page: Page):
    run(page, cell(page, "demo = Convolution"))
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
    run(page, cell(page, "python sees"))
    expect(page.locator(".jp-OutputArea").nth(1)).to_contain_text("python sees 7 6")

    run(page, cell(page, "demo.stride = 3"))
    expect(root.locator(".output .shape")).to_have_text("6 × 6")
    expect(root.locator("[data-setting=stride] input[value='3']")).to_be_checked()
