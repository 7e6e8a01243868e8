"""Can a learner do the exercises in a real Jupyter server, with a real browser?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_jupyter import jupyter_server
from notebook_page import answer, cell, open_notebook, run, save
from playwright.sync_api import Browser, Page, expect

from cnncourse.course import find_exercise, find_lesson

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("02-convolution")

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
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """The released notebook on a server, open, its first cell run."""
    notebook = folder / LESSON.exercise
    notebook.parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON.exercise, notebook)
    with jupyter_server(folder) as address:
        page = browser.new_page()
        open_notebook(page, address, LESSON.exercise.as_posix())
        yield page
        page.close()


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
    save(page)
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
