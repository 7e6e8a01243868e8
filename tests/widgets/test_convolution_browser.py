"""The convolution demo in a browser, on a page opened from disk."""

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
from cnncourse.widgets.samples import sample_images
from cnncourse.widgets.sliding_window import slide

IMAGE, OUTPUT = "[data-grid=image]", "[data-grid=output]"
PLACE = ".sum > p >> nth=0"


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards none may have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda name="demo", **options: open_file(site / f"{name}.html", **options)


def values(page: Page, grid: str = OUTPUT) -> np.ndarray:
    await_drawing(page)
    return np.array(json.loads(page.get_attribute(grid, "data-values")))


def text(page: Page, selector: str) -> str:
    await_drawing(page)
    return page.inner_text(selector)


def place(page: Page) -> str:
    return text(page, PLACE)


def choose(page: Page, setting: str, value: int) -> None:
    page.locator(f"[data-setting={setting}] input[value='{value}']").check()


def centre(page: Page, grid: str, row: int, column: int) -> tuple[float, float]:
    """The middle of a cell on the screen."""
    box = page.locator(grid).bounding_box()
    rows, columns = values(page, grid).shape
    x = box["x"] + (column + 0.5) * box["width"] / columns
    return x, box["y"] + (row + 0.5) * box["height"] / rows


SETTINGS = [
    ("digit", "Sobel x", 1, 1, 1, False),
    ("photograph", "Sobel y", 1, 0, 1, False),
    ("photograph", "box blur", 2, 0, 1, False),
    ("photograph", "sharpen", 3, 2, 2, False),
    ("impulse", "Laplacian", 1, 3, 3, False),
    ("impulse", "Sobel x", 1, 0, 1, True),
    ("step edge", "identity", 4, 0, 2, True),
]


@pytest.mark.parametrize(
    "setting", SETTINGS, ids=["-".join(str(part) for part in setting) for setting in SETTINGS]
)
def test_output_is_the_one_that_python_computes(open_page, setting):
    image, kernel, stride, padding, dilation, flip = setting
    page = open_page()
    page.get_by_role("button", name=image, exact=True).click()
    page.get_by_role("button", name=kernel, exact=True).click()
    for name, value in (("stride", stride), ("padding", padding), ("dilation", dilation)):
        choose(page, name, value)
    page.get_by_label("flip the kernel").set_checked(flip)
    expected = slide(sample_images()[image], KERNELS[kernel], stride, padding, dilation, flip)
    np.testing.assert_allclose(values(page), expected, atol=1e-9)
    assert f"{expected.shape[0]} × {expected.shape[1]}" in text(page, ".output")
    assert text(page, ".size b") == str(expected.shape[0])
    await_drawing(page)
    pressed = page.locator("button[aria-pressed=true]").all_inner_texts()
    assert pressed == [image, kernel]


def test_typed_weights_and_sizes_change_the_kernel(open_page):
    page = open_page()
    choose(page, "size", 2)
    weights = {"row 0, column 0": "1/4", "row 0, column 1": "-2", "row 1, column 1": "0.5"}
    for where, typed in weights.items():
        page.get_by_label(f"Weight in {where}").fill(typed)
    page.get_by_label("Weight in row 1, column 0").fill("7")
    wrong = page.get_by_label("Weight in row 1, column 0")
    wrong.fill("1/0")  # stays 7, and says that this is no number
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expected = slide(sample_images()["digit"], [[0.25, -2], [7, 0.5]], padding=1)
    np.testing.assert_allclose(values(page), expected, atol=1e-9)
    assert text(page, ".parameters b") == "5"
    wrong.blur()
    expect(wrong).to_have_value("7")


def test_the_sum_is_spelled_out(open_page):
    page = open_page()
    page.get_by_role("button", name="step edge").click()
    page.hover(IMAGE, position={"x": 5, "y": 5})
    assert place(page) == "output[0, 0] ="
    assert "−1·0" in text(page, ".terms")
    assert "+ 1·40" in text(page, ".terms")
    assert text(page, ".total") == "120"
    assert page.locator(".pixels .outside").count() == 5


def test_mouse_moves_the_window_on_image_and_output(open_page):
    page = open_page()
    page.mouse.move(*centre(page, IMAGE, 8, 12))  # with padding 1, and the window's middle there
    assert place(page) == "output[7, 11] ="
    page.mouse.move(*centre(page, OUTPUT, 3, 4))
    expect(page.locator(PLACE)).to_have_text("output[3, 4] =")
    choose(page, "stride", 2)
    page.mouse.move(*centre(page, OUTPUT, 9, 9))
    expect(page.locator(PLACE)).to_have_text("output[9, 9] =")


def test_mouse_draws_and_erases(open_page):
    page = open_page()
    page.get_by_role("button", name="clear").click()
    assert not values(page).any()
    page.get_by_label("draw").check()
    page.mouse.move(*centre(page, IMAGE, 5, 5))
    assert not values(page).any()  # not without the button
    page.mouse.down()
    page.mouse.move(*centre(page, IMAGE, 5, 9), steps=12)
    page.mouse.up()
    drawn = np.zeros((20, 20))
    drawn[4, 4:9] = 255
    np.testing.assert_array_equal(values(page), slide(drawn, KERNELS["Sobel x"], padding=1))
    page.get_by_label("erase").check()
    page.mouse.click(*centre(page, IMAGE, 5, 7))
    drawn[4, 6] = 0
    np.testing.assert_array_equal(values(page), slide(drawn, KERNELS["Sobel x"], padding=1))


KEYS = [
    (["ArrowRight", "ArrowDown", "ArrowDown"], "output[2, 1] ="),
    (["ArrowLeft", "ArrowUp"], "output[0, 0] ="),
    (["End"], "output[0, 19] ="),
    (["Control+End", "ArrowDown"], "output[19, 19] ="),
    (["End", "ArrowDown", "Home"], "output[1, 0] ="),
]


def test_keyboard_moves_the_window_and_paints(open_page):
    page = open_page()
    board = page.locator(IMAGE)
    page.get_by_role("button", name="sharpen").focus()
    page.keyboard.press("Tab")
    expect(board).to_be_focused()
    assert board.evaluate("(it) => getComputedStyle(it).outlineStyle") == "solid"
    for keys, expected in KEYS:
        page.keyboard.press("Control+Home")
        for key in keys:
            page.keyboard.press(key)
        assert place(page) == expected
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    assert values(page, IMAGE)[1, 1] == 255
    expect(page.locator(".spoken")).to_contain_text("Output row 0, column 0: ")


def test_touch_moves_and_draws(open_page):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator(IMAGE).scroll_into_view_if_needed()
    page.touchscreen.tap(*centre(page, OUTPUT, 2, 3))
    assert place(page) == "output[2, 3] ="
    page.get_by_role("button", name="clear").tap()
    page.get_by_label("draw").tap()
    page.locator(IMAGE).scroll_into_view_if_needed()
    drag(page, centre(page, IMAGE, 3, 4), centre(page, IMAGE, 3, 10))
    assert (values(page, IMAGE)[3, 4:11] == 255).all()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], steps: int = 14) -> None:
    """One finger's way over the screen."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": start[0], "y": start[1]})
    for step in range(1, steps + 1):
        x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
        touch("touchMove", {"x": x, "y": y})
    touch("touchEnd")


def test_says_when_no_window_fits(open_page):
    page = open_page()
    page.get_by_role("button", name="impulse").click()
    choose(page, "padding", 0)
    choose(page, "size", 5)
    choose(page, "dilation", 3)
    assert "spans 13 × 13 pixels" in text(page, ".sum")
    assert text(page, ".size b") == "no window fits"
    expect(page.get_by_role("button", name="Slide the window")).to_be_disabled()
    page.locator(IMAGE).press("ArrowRight")
    choose(page, "padding", 2)
    assert values(page).shape == (1, 1)


def test_play_slides_the_window_and_stops(open_page):
    page = open_page(reduced_motion="reduce")
    page.clock.install()
    page.get_by_role("button", name="impulse").click()
    choose(page, "padding", 0)
    page.locator(".play").click()
    page.clock.run_for(700 * 3)  # three calm steps
    assert place(page) == "output[0, 2] ="
    expect(page.locator(".play")).to_contain_text("Stop")
    page.clock.run_for(700 * 60)
    assert place(page) == "output[6, 6] ="
    expect(page.locator(".play")).to_contain_text("Slide")
    page.locator(".play").click()
    page.clock.run_for(700 * 2)
    page.locator(".play").click()
    page.clock.run_for(700 * 9)
    assert place(page) == "output[0, 1] ="


def test_two_demos_on_a_page_are_apart(open_page):
    page = open_page("cell")
    page.locator(".convolution-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    page.locator("[data-setting=stride] input[value='3'] >> nth=1").check()
    first, second = page.locator("[data-setting=stride] input[value='1']").all()
    assert first.is_checked()
    assert not second.is_checked()


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    assert page.get_by_alt_text("A kernel slides over a digit.").bounding_box()["width"] > 400


LOOKS = [("light", 800), ("dark", 800), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    for kernel in ("Sobel x", "box blur"):
        page.get_by_role("button", name=kernel).click()
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".convolution-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".convolution-demo").evaluate("(it) => it.scrollWidth - it.clientWidth")
    assert overflow <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.convolution-demo :is(button, input)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24 &&"
        " it.type !== 'checkbox' }).map((it) => it.outerHTML)"
    )
    assert small == []


def test_names_around_the_demo_do_not_reach_into_it(open_page):
    page = open_page("cell")
    page.click("button[data-kernel='Sobel y'] >> nth=0")
    await_drawing(page)
    headings = page.locator(".convolution-demo").first.locator("b").all_inner_texts()
    assert headings[:2] == ["Image", "Kernel"]
    assert headings.count("Output") == 1
    height, width = np.shape(sample_images()["photograph"])
    assert page.locator(".input .shape").first.inner_text() == f"{height} × {width}"
