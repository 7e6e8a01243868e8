"""A stranger who wants to learn: from the landing page to the first points, and to what is next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_jupyter import jupyter_server
from notebook_page import answer, cell, open_notebook, run, save, write
from playwright.sync_api import Browser, Page, expect
from serving import serve

from cnncourse.course import LESSONS, find_exercise

FIRST = LESSONS[0]
EXERCISE = find_exercise("dense_params")
RIGHT = """def dense_params(in_shape, hidden, bias=True):
    sides = (in_shape,) if isinstance(in_shape, int) else in_shape
    inputs = 1
    for side in sides:
        inputs *= side
    return (inputs + bias) * hidden"""
FORGETS_THE_BIAS = RIGHT.replace("(inputs + bias)", "inputs")
EXAMPLE = "dense_params((3, 2, 2), hidden=10)"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(accept_downloads=True) as context:
        yield context.new_page()


def test_from_the_landing_page_to_the_first_points(site: Path, page: Page, tmp_path: Path) -> None:
    with serve(site) as address:
        page.goto(f"{address}/index.html")
        play_with_the_demo(page)
        page.get_by_role("link", name="Start with lesson 1").click()
        expect(page.locator(".bd-article h1").first).to_be_visible()
        take_the_first_quiz(page)
        strip = page.get_by_role("navigation", name=f"Lesson {FIRST.number}")
        strip.get_by_role("link", name="Exercises").click()
        expect(page.locator(".bd-article h1").first).to_contain_text("exercises")
        with page.expect_download() as download:
            strip.get_by_role("link", name="download").click()
        # As browsers call the second download of a file.
        download.value.save_as(tmp_path / "mlp_scaling (1).ipynb")
    with jupyter_server(tmp_path) as address:
        open_notebook(page, address, "mlp_scaling%20(1).ipynb")
        do_the_first_exercise(page)
        save(page)
    said = progress(tmp_path)
    [line] = [line for line in said.splitlines() if EXERCISE.name in line]
    assert "right" in line
    second = FIRST.exercises[1].name
    assert second in said[said.lower().index("next") :]


def play_with_the_demo(page: Page) -> None:
    """One step to the right, by keyboard: the window moves, and the sum is another."""
    demo = page.locator(".convolution-demo").first
    expect(demo).to_be_visible()
    before = demo.locator(".sum").inner_text()
    demo.locator("[data-grid=image]").press("ArrowRight")
    expect(demo.locator(".sum")).not_to_have_text(before)


def take_the_first_quiz(page: Page) -> None:
    """A wrong choice is answered with its own reply, and then the right one is praised."""
    quiz = page.locator(".quiz:has(input[type=radio])").first
    for right, verdict in (("false", "Not right."), ("true", "Right.")):
        quiz.locator(f"input[data-right={right}]").first.check()
        quiz.locator(".quiz-check").click()
        expect(quiz.get_by_role("status")).to_contain_text(verdict)


def do_the_first_exercise(page: Page) -> None:
    """Nothing yet, then a hint, a mistake that is named, and all the points."""
    run(page, cell(page, f"def {EXERCISE.name}("))
    check = cell(page, f"check({EXERCISE.name})")
    run(page, check)
    expect(check.locator(".cnncourse-result")).to_contain_text("not attempted")

    place = page.locator(".jp-CodeCell").filter(has_text=EXAMPLE).last
    number = page.locator(".jp-CodeCell").all_inner_texts().index(place.inner_text())
    place = page.locator(".jp-CodeCell").nth(number)
    write(page, place, f"hint({EXERCISE.name})")
    run(page, place)
    expect(place.locator(".jp-OutputArea")).to_contain_text(EXERCISE.hints[0][:30])

    sentences = {one.name: one.say for one in EXERCISE.misconceptions}
    result = answer(page, FORGETS_THE_BIAS, EXERCISE.name)
    expect(result).to_contain_text(sentences["forgets_the_bias"])
    result = answer(page, RIGHT, EXERCISE.name)
    expect(result).to_contain_text(f"{EXERCISE.points} of {EXERCISE.points} points")


def progress(folder: Path) -> str:
    """What `cnncourse progress` says in the folder of the download."""
    command = [sys.executable, "-m", "cnncourse.cli", "progress"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
