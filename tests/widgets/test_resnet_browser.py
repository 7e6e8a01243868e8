"""The ResNet demo in a browser, on a page opened from disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.widgets.gradient_flow import gradient_sizes
from cnncourse.widgets.resnet import PRESETS, Resnet


@pytest.fixture(scope="module")
def resnet_site(build) -> Path:
    box = Resnet(depth=20).to_html()
    return build({"one": f"# A demo\n\n{box}\n"})


@pytest.fixture(scope="module")
def page(browser: Browser, resnet_site: Path) -> Iterator[Page]:
    """One page for all; afterwards it may not have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield open_file(resnet_site / "one.html")


def shown(page: Page) -> tuple[np.ndarray, np.ndarray]:
    """The chosen line and the other one."""
    await_drawing(page)
    root = page.locator(".resnet-demo")
    lines = (root.get_attribute(f"data-{name}") for name in ("chosen", "other"))
    return tuple(np.array(json.loads(line)) for line in lines)


def set_slider(page: Page, name: str, value: float) -> None:
    page.locator(f"input[name={name}]").fill(str(value))


@pytest.mark.parametrize("depth", [7, 45])
@pytest.mark.parametrize("preset", PRESETS)
def test_lines_are_those_that_python_computes(page, preset, depth):
    page.get_by_role("button", name=preset, exact=True).click()
    set_slider(page, "depth", depth)
    chosen, other = shown(page)
    spread, norm, skip = PRESETS[preset].values()
    np.testing.assert_allclose(chosen, gradient_sizes(depth, spread, norm, skip), rtol=1e-6)
    np.testing.assert_allclose(other, gradient_sizes(depth, spread, norm, not skip), rtol=1e-6)
    assert page.locator("button[aria-pressed=true]").all_inner_texts() == [preset]
    assert page.locator("circle").count() == depth


def test_words_say_what_has_become_of_the_gradient(page):
    set_slider(page, "depth", 45)
    for preset, word in (
        ("PyTorch's start", "vanished"),
        ("BatchNorm", "exploded"),
        ("BatchNorm and shortcuts", "one size"),
    ):
        page.get_by_role("button", name=preset, exact=True).click()
        await_drawing(page)
        expect(page.locator(".remark")).to_contain_text(word)
    expect(page.locator(".spoken")).to_contain_text("one size")
    assert "with shortcuts" in page.locator("svg").get_attribute("aria-label")


def test_other_weights_give_another_line(page):
    page.get_by_role("button", name="He's start", exact=True).click()
    before, _ = shown(page)
    page.get_by_role("button", name="other weights").click()
    after, _ = shown(page)
    assert not np.array_equal(before, after)


def test_keyboard_changes_depth_spread_and_ways(page):
    page.get_by_role("button", name="He's start", exact=True).click()
    set_slider(page, "depth", 10)
    slider = page.locator("input[name=depth]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert len(shown(page)[0]) == 11
    slider.press("Home")
    assert len(shown(page)[0]) == 2
    page.locator("input[name=spread]").press("ArrowLeft")
    await_drawing(page)
    expect(page.locator("label", has_text="times He's").locator("output")).to_have_text("0.99")
    page.locator("[data-setting=skip] input[value=false]").focus()
    page.keyboard.press("ArrowRight")
    await_drawing(page)
    expect(page.locator(".key .chosen")).to_contain_text("with shortcuts")


@pytest.mark.parametrize("width", [800, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_within_the_page(page, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.evaluate(f"document.body.style.background = '{background}'")
    for preset in ("PyTorch's start", "BatchNorm"):
        page.get_by_role("button", name=preset, exact=True).click()
        await_drawing(page)
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".resnet-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".resnet-demo").evaluate("(it) => it.scrollWidth - it.clientWidth")
    assert overflow <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.resnet-demo :is(button, input)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24 })"
        ".map((it) => it.outerHTML)"
    )
    assert small == []


def test_without_javascript_there_is_a_picture(browser: Browser, resnet_site: Path):
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto((resnet_site / "one.html").as_uri())
    assert still.get_by_alt_text("A network of 20 layers").bounding_box()["width"] > 400
    context.close()
