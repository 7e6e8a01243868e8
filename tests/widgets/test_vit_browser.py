"""The two demos of lesson 11-vit in a browser, on a page opened from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.reference.vit import choose_backbone
from cnncourse.widgets.chooser import MADE_UP, Chooser, front
from cnncourse.widgets.vit import HEADS, SIDE, Vit

IMAGE = "[data-grid=image]"


@pytest.fixture(scope="module")
def page_path(build: Callable[..., Path]) -> Path:
    """A page with both demos, as in the chapter."""
    boxes = Vit().to_html(), Chooser().to_html("Four networks.")
    return build({"both": f"# Both\n\n{boxes[0]}\n\nAnd:\n\n{boxes[1]}\n"}) / "both.html"


@pytest.fixture(scope="module")
def new_page(browser: Browser, page_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page; afterwards it may not have complained or asked the network."""
    with quiet_pages(browser) as open_file:

        def new_page(**options) -> Page:
            page = open_file(page_path, **options)
            if options.get("java_script_enabled", True):
                page.wait_for_selector(".vit-demo")
                page.locator(".afm[data-module=chooser]").scroll_into_view_if_needed()
                expect(page.locator(".afm[data-state=live]")).to_have_count(2)
            return page

        yield new_page


@pytest.fixture(scope="module")
def page(new_page: Callable[..., Page]) -> Page:
    """One page for most tests; each of them says what it starts from."""
    return new_page()


def values(page: Page, grid: str) -> np.ndarray:
    await_drawing(page)
    return np.array(json.loads(page.locator(grid).get_attribute("data-values")))


def slide(page: Page, sharpness: float) -> None:
    page.locator(".sharpness input").fill(str(sharpness))


SETTINGS = [
    ("flower", 6, 3, 3, 8),
    ("china", 12, 1, 2, 20),
    ("flower", 16, 2, 0, 0),
    ("china", 4, 10, 7, 40),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_page_shows_what_python_computes(page: Page, setting):
    image, patch, row, column, sharpness = setting
    page.get_by_role("button", name=image, exact=True).click()
    page.locator(f"[data-setting=patch] input[value='{patch}']").check()
    slide(page, sharpness)
    page.locator(IMAGE).focus()
    page.keyboard.press("Home")
    for key, times in (("ArrowDown", row), ("ArrowRight", column)):
        for _ in range(times):
            page.keyboard.press(key)
    assert values(page, IMAGE).tolist() == [row, column]
    expected = Vit(image, patch=patch, row=row, column=column, sharpness=sharpness).weights()
    for head in HEADS:
        np.testing.assert_allclose(
            values(page, f"[data-grid={head}]"), expected[head].ravel(), atol=1e-9
        )
    facts = page.locator(".facts").inner_text()
    assert f"{(SIDE // patch) ** 2} patches" in facts
    assert f"{3 * patch**2} numbers" in facts


def test_a_click_chooses_a_patch_and_larger_patches_keep_the_place(page: Page):
    page.locator("[data-setting=patch] input[value='6']").check()
    await_drawing(page)
    board = page.locator(IMAGE)
    board.scroll_into_view_if_needed()
    side = board.bounding_box()["width"]
    board.click(position={"x": side * 6.5 / 8, "y": side * 1.5 / 8})
    assert values(page, IMAGE).tolist() == [1, 6]
    assert page.locator(".chosen-text").inner_text() == "row 2, column 7 asks"
    page.locator("[data-setting=patch] input[value='12']").check()
    assert values(page, IMAGE).tolist() == [0, 3]
    expect(page.locator(".vit-demo .spoken")).to_contain_text("row 1, column 4 asks")


def test_arrows_stop_at_the_border(page: Page):
    page.locator("[data-setting=patch] input[value='16']").check()
    page.locator(IMAGE).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert values(page, IMAGE)[1] == 2
    assert page.locator(IMAGE).evaluate("(it) => getComputedStyle(it).outlineStyle") == "solid"


NEEDS = [
    {"max_latency_ms": 50},
    {"max_params": 30_000_000},
    {"max_latency_ms": 75, "min_top1": 75},
    {"min_top1": 84},
    {},
]


@pytest.mark.parametrize("need", NEEDS, ids=str)
def test_chooser_answers_what_the_reference_answers(page: Page, need):
    page.get_by_role("button", name="no needs").click()
    for name, value in need.items():
        page.locator(f"[data-need={name}]").select_option(str(value))
    await_drawing(page)
    answer = page.locator(".answer")
    try:
        name = choose_backbone(need, list(MADE_UP))
    except LookupError:
        expect(answer).to_contain_text("Nothing fits")
        expect(page.locator("circle.best")).to_have_count(0)
    else:
        assert answer.locator("b").inner_text() == name
        assert page.locator("circle.best").get_attribute("data-name") == name
    assert json.loads(page.locator(".plot").get_attribute("data-front")) == front(MADE_UP)


def test_chooser_is_operated_with_the_keyboard(page: Page):
    page.get_by_role("button", name="no needs").click()
    page.locator("[data-need=max_latency_ms]").focus()
    page.keyboard.press("ArrowDown")  # the strictest
    expect(page.locator(".answer b")).to_have_text("small")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chooser-demo tbody tr")).to_have_count(len(MADE_UP))
    expect(page.locator("tr[data-fits=true] th")).to_have_text("small")
    page.keyboard.press("Enter")


def test_without_javascript_there_are_pictures(new_page: Callable[..., Page]):
    page = new_page(java_script_enabled=False)
    assert page.get_by_alt_text("Four networks.").bounding_box()["width"] > 400


LOOKS = [("light", 800), ("dark", 800), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_accessible_and_within_the_page(new_page: Callable[..., Page], theme, width):
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    page.locator("summary").click()
    page.locator("[data-need=max_latency_ms]").select_option("50")
    await_drawing(page)
    # Preloading would fetch the style sheets, which a page from disk may not.
    results = Axe().run(page, context=".course-demo", options={"preload": False})
    assert results.violations_count == 0, results.generate_report()
    for demo in page.locator(".course-demo").all():
        assert demo.evaluate("(it) => it.scrollWidth - it.clientWidth") <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.course-demo :is(button, input, select)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24 })"
        ".map((it) => it.outerHTML)"
    )
    assert small == []
