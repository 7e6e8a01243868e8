"""The weight-sharing demo in a browser, on a page opened from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.widgets.convolution import KERNELS
from cnncourse.widgets.moving_picture import LAYERS, moved, watch
from cnncourse.widgets.weight_sharing import samples

PICTURE = "[data-grid=image]"
WITH_DIRECTIVE = """# A page

```{anywidget} cnncourse/widgets/weight_sharing.js
:alt: A digit and the maps of three layers.
{"dx": 1}
```
"""


@pytest.fixture(scope="module")
def demo_site(build):
    return build({"moving": WITH_DIRECTIVE})


@pytest.fixture
def open_page(browser: Browser, demo_site: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page; afterwards it may not have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda **options: open_file(demo_site / "moving.html", **options)


def values(page: Page, grid: str) -> np.ndarray:
    await_drawing(page)
    return np.array(json.loads(page.get_attribute(f"[data-grid={grid}]", "data-values")))


def choose(page: Page, setting: str, value: object) -> None:
    page.locator(f"[data-setting={setting}] input[value='{value}']").check()


def text(page: Page, selector: str) -> str:
    await_drawing(page)
    return page.inner_text(selector)


SETTINGS = [
    ("digit", "Sobel x", "zeros", 1, 0, 0, 1),
    ("spot", "Laplacian", "circular", 1, 0.5, 3, -2),
    ("photograph", "box blur", "zeros", 2, 1, 1, 2),
    ("digit", "Sobel y", "circular", 2, 0, -2, 4),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: "-".join(map(str, setting)))
def test_maps_are_the_ones_that_python_computes(open_page, setting):
    image, kernel, padding, stride, tied, dy, dx = setting
    page = open_page()
    page.get_by_role("button", name=image, exact=True).click()
    page.get_by_role("button", name=kernel, exact=True).click()
    for name, value in (("padding", padding), ("stride", stride), ("tied", tied)):
        choose(page, name, value)
    board = page.locator(PICTURE)
    board.press("Home")
    for key, times in (("ArrowDown", dy), ("ArrowUp", -dy), ("ArrowRight", dx), ("ArrowLeft", -dx)):
        for _ in range(times):
            board.press(key)
    np.testing.assert_array_equal(values(page, "image"), moved(samples()[image], dy, dx))
    seen = watch(samples()[image], KERNELS[kernel], dy, dx, padding, stride, tied)
    for layer in LAYERS:
        np.testing.assert_allclose(values(page, f"{layer}-now"), seen[layer].now, atol=1e-9)
        np.testing.assert_allclose(values(page, f"{layer}-along"), seen[layer].along, atol=1e-9)
        shown = text(page, f"[data-layer={layer}] .error b").replace("−", "-")
        assert float(shown) == pytest.approx(seen[layer].error, abs=0.006)
    pressed = page.locator("button[aria-pressed=true]").all_inner_texts()
    assert pressed == [image, kernel]


def test_mouse_drags_the_picture(open_page):
    page = open_page()
    box = page.locator(PICTURE).bounding_box()
    step = box["width"] / 12
    x, y = box["x"] + 4.5 * step, box["y"] + 4.5 * step
    page.mouse.move(x, y)
    page.mouse.move(x + step, y)  # not without the button
    assert text(page, ".moved") == "moved 1 right"
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2 * step, y - 3 * step, steps=9)
    page.mouse.up()
    assert text(page, ".moved") == "moved 3 up, 3 right"
    np.testing.assert_array_equal(values(page, "image"), moved(samples()["digit"], -3, 3))


def test_a_finger_drags_the_picture(open_page):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator(PICTURE).scroll_into_view_if_needed()
    box = page.locator(PICTURE).bounding_box()
    step = box["width"] / 12
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    x, y = box["x"] + 5.5 * step, box["y"] + 5.5 * step
    touch("touchStart", {"x": x, "y": y})
    for part in range(1, 9):
        touch("touchMove", {"x": x, "y": y + part * step / 4})
    touch("touchEnd")
    assert text(page, ".moved") == "moved 2 down, 1 right"


def test_keyboard_and_buttons_move_it_and_words_follow(open_page):
    page = open_page()
    page.get_by_role("button", name="box blur").focus()
    page.keyboard.press("Tab")
    board = page.locator(PICTURE)
    expect(board).to_be_focused()
    assert board.evaluate("(it) => getComputedStyle(it).outlineStyle") == "solid"
    page.keyboard.press("Home")
    assert text(page, ".moved") == "not moved"
    assert "which maps move along" in text(page, ".verdict")
    for _ in range(7):  # one more than half of the picture is the shorter way round
        page.keyboard.press("ArrowDown")
    assert text(page, ".moved") == "moved 5 up"
    page.get_by_role("button", name="back").click()
    page.get_by_role("button", name="left").click()
    assert text(page, ".moved") == "moved 1 left"
    expect(page.locator(".spoken")).to_contain_text("The picture is moved 1 left. Largest")


def test_the_verdict_tells_border_stride_and_exactness_apart(open_page):
    page = open_page()
    page.get_by_role("button", name="photograph").click()
    assert "but for the border" in text(page, ".verdict")
    choose(page, "padding", "circular")
    assert "number by number" in text(page, ".verdict")
    assert text(page, "[data-layer=convolution] .error b") == "0"
    choose(page, "stride", 2)
    assert "no whole step" in text(page, ".verdict")
    page.locator(PICTURE).press("ArrowRight")
    assert "number by number" in text(page, ".verdict")
    assert text(page, "[data-layer=local] .error b") != "0"
    choose(page, "tied", 1)
    assert text(page, "[data-layer=local] .error b") == "0"
    assert text(page, "[data-layer=dense] .count") == "5 184 weights"


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    picture = page.get_by_alt_text("A digit and the maps of three layers.")
    assert picture.bounding_box()["width"] > 400


LOOKS = [("light", 820), ("dark", 820), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    for padding in ("zeros", "circular"):
        choose(page, "padding", padding)
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".weight-sharing-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".weight-sharing-demo").evaluate(
        "(it) => it.scrollWidth - it.clientWidth"
    )
    assert overflow <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.weight-sharing-demo :is(button, input)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24"
        " }).map((it) => it.outerHTML)"
    )
    assert small == []
