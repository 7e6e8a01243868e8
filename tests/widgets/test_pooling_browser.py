"""The pooling demo in a browser, on a page opened from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.widgets.pooling import Pooling, sample_images, shift

IMAGE, BEFORE, AFTER = (f"[data-grid={name}]" for name in ("image", "before", "after"))


@pytest.fixture(scope="module")
def page_path(build: Callable[..., Path]) -> Path:
    """A page with two demos."""
    boxes = Pooling().to_html(), Pooling("stripes", right=1).to_html("Stripes that vanish.")
    pages = {
        "pools": f"# Two\n\n{boxes[0]}\n\nAgain:\n\n{boxes[1]}\n",
        "yours": f"# A learner's own\n\n{with_an_answer()}\n",
    }
    return build(pages) / "pools.html"


def with_an_answer() -> str:
    """The box as Jupyter has it while a learner's function is driven; one value is wrong."""
    demo = Pooling("dot")
    yours = demo.shifted().after
    yours[2, 3] = 200
    live = json.dumps({"yours": yours.tolist(), "remark": "1 of 64 values differ."})
    return demo.to_html().replace('"layer":"max"', f'"layer":"max",{live[1:-1]}')


@pytest.fixture
def open_page(browser: Browser, page_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page; afterwards it may not have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda name="pools", **options: open_file(
            page_path.with_name(f"{name}.html"), **options
        )


def numbers(page: Page, grid: str, attribute: str = "data-values") -> np.ndarray:
    await_drawing(page)
    return np.array(json.loads(page.locator(grid).first.get_attribute(attribute)))


def text(page: Page, selector: str) -> str:
    await_drawing(page)
    return page.locator(selector).first.inner_text()


def choose(page: Page, setting: str, value: str | int) -> None:
    page.locator(f"[data-setting={setting}] input[value='{value}']").first.check()


SETTINGS = [
    ("digit", "max", 2, 2, 0, 1),
    ("photograph", "average", 3, 2, 2, -1),
    ("photograph", "blurred", 2, 2, 0, 1),
    ("dot", "max", 4, 4, -2, 3),
    ("stripes", "stride", 2, 4, 0, 1),
    ("digit", "global", 2, 2, 1, 1),
    ("photograph", "max", 3, 1, 0, 5),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_page_shows_what_python_computes(open_page, setting):
    image, layer, size, stride, down, right = setting
    page = open_page()
    page.get_by_role("button", name=image, exact=True).first.click()
    choose(page, "size", size)
    choose(page, "stride", stride)
    choose(page, "layer", layer)
    for steps, forth, back in ((down, "down", "up"), (right, "right", "left")):
        for _ in range(abs(steps)):
            page.get_by_label(f"move {forth if steps > 0 else back}").first.click()
    expected = shift(sample_images()[image], layer, size, stride, down, right)
    np.testing.assert_allclose(numbers(page, BEFORE), expected.before, atol=1e-9)
    np.testing.assert_allclose(numbers(page, AFTER), expected.after, atol=1e-9)
    np.testing.assert_array_equal(numbers(page, AFTER, "data-marks"), expected.changed)
    assert f"{expected.changed.sum()} of {expected.changed.size} outputs" in text(page, ".stays")
    choose(page, "mark", "moves")
    np.testing.assert_array_equal(numbers(page, AFTER, "data-marks"), expected.unexplained)
    if layer != "global":
        says = "No" if expected.unexplained.any() else "Yes"
        assert text(page, ".moves").startswith(says)


def test_keyboard_moves_the_image(open_page):
    page = open_page()
    board = page.locator(IMAGE).first
    board.focus()
    assert board.evaluate("(it) => getComputedStyle(it).outlineStyle") == "solid"
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    moved = np.roll(sample_images()["digit"], (1, 1), (0, 1))
    np.testing.assert_array_equal(numbers(page, IMAGE), moved)
    assert text(page, ".place") == "moved 1 right, 1 down"
    expect(page.locator(".spoken").first).to_contain_text("Does it stay? No")
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    assert text(page, ".place") == "moved 1 right, 8 up"
    page.keyboard.press("Home")
    np.testing.assert_array_equal(numbers(page, IMAGE), sample_images()["digit"])
    assert text(page, ".place") == "not moved"


def test_what_has_no_meaning_cannot_be_chosen(open_page):
    page = open_page()
    choose(page, "layer", "global")
    await_drawing(page)
    expect(page.locator("[data-setting=stride] input").first).to_be_disabled()
    expect(page.locator("[data-setting=size] input").first).to_be_disabled()
    choose(page, "layer", "stride")
    await_drawing(page)
    expect(page.locator("[data-setting=stride] input").first).to_be_enabled()
    expect(page.locator("[data-setting=size] input").first).to_be_disabled()


def test_a_learners_output_is_painted_and_its_errors_marked(open_page):
    page = open_page("yours")
    assert numbers(page, "[data-grid=yours]")[2, 3] == 200
    assert text(page, ".remark") == "1 of 64 values differ."
    marks = page.locator("[data-grid=yours] .wrong")
    expect(marks).to_have_count(1)
    assert (marks.get_attribute("x"), marks.get_attribute("y")) == ("3", "2")


def test_two_demos_on_a_page_are_apart(open_page):
    page = open_page()
    page.locator(".pooling-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    second = page.locator(".pooling-demo >> nth=1")
    assert second.locator(".place").inner_text() == "moved 1 right"
    second.get_by_label("move right").click()
    await_drawing(page)
    assert second.locator(".place").inner_text() == "moved 2 right"
    assert text(page, ".place") == "not moved"


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    assert page.get_by_alt_text("Stripes that vanish.").bounding_box()["width"] > 400


LOOKS = [("light", 800), ("dark", 800), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    for layer in ("max", "global"):
        choose(page, "layer", layer)
        await_drawing(page)
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".pooling-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    demo = page.locator(".pooling-demo").first
    assert demo.evaluate("(it) => it.scrollWidth - it.clientWidth") <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.pooling-demo :is(button, input)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24 })"
        ".map((it) => it.outerHTML)"
    )
    assert small == []
