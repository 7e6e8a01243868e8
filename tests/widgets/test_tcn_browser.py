"""The TCN demo in a browser, on a page opened from disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import VIEWPORT, await_drawing, quiet_pages

from cnncourse.reference.tcn import tcn_receptive_field
from cnncourse.widgets.tcn import Tcn


@pytest.fixture(scope="module")
def tcn_site(build) -> Path:
    box = Tcn().to_html()
    return build({"one": f"# A demo\n\n{box}\n", "two": f"# Two\n\n{box}\n\nAgain:\n\n{box}\n"})


@pytest.fixture(scope="module")
def shared(browser: Browser, tcn_site: Path) -> Iterator[Page]:
    """One page for all; afterwards it may not have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield open_file(tcn_site / "one.html")


@pytest.fixture
def page(shared: Page) -> Page:
    """The page as it begins."""
    shared.set_viewport_size(VIEWPORT)
    shared.reload()
    shared.wait_for_selector(".afm[data-state=live]")
    return shared


def rows(page: Page) -> list[list[int]]:
    """What is lit, in the next frame after a change."""
    await_drawing(page)
    return json.loads(page.locator(".time").first.get_attribute("data-rows"))


def choose(page: Page, setting: str, value: object) -> None:
    page.locator(f"[data-setting={setting}] input[value='{value}']").first.check()


CHOICES = [
    {"kernel_size": 2, "levels": 4},
    {"kernel_size": 3, "levels": 2, "convs": 2},
    {"kernel_size": 4, "levels": 3, "dilations": "all 1"},
    {"kernel_size": 3, "levels": 3, "padding": "both ends"},
    {"kernel_size": 1, "levels": 1},
]


@pytest.mark.parametrize("traits", CHOICES)
def test_lit_steps_are_those_that_python_computes(page, traits):
    for setting, value in traits.items():
        choose(page, setting, value)
    assert rows(page) == Tcn(**traits).seen()
    leaks = traits.get("padding") == "both ends"
    assert (page.locator("rect.leak").count() > 0) == leaks
    assert ("A leak." in page.inner_text(".facts")) == leaks
    if traits.get("dilations") != "all 1":
        field = tcn_receptive_field(traits["kernel_size"], traits["levels"], traits.get("convs", 1))
        assert page.locator(".facts").get_attribute("data-field") == str(field)


def test_keyboard_moves_the_output_and_is_told(page):
    slider = page.get_by_label("Step of the output")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert rows(page) == Tcn(now=23).seen()
    page.keyboard.press("Home")
    assert rows(page) == Tcn(now=0).seen()
    expect(page.locator(".spoken")).to_contain_text("The output at step 0 sees 1 of 32 steps")


def test_pointer_picks_an_output(page):
    svg = page.locator(".time svg")
    box = svg.bounding_box()
    svg.click(position={"x": box["width"] * 10.5 / 32, "y": 20})
    assert rows(page) == Tcn(now=10).seen()


def test_two_demos_on_a_page_are_apart(page, tcn_site):
    page.goto((tcn_site / "two.html").as_uri())
    page.locator(".tcn-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    page.locator("[data-setting=padding] input[value='both ends'] >> nth=1").check()
    assert page.locator("[data-setting=padding] input[value='in front']").first.is_checked()
    page.goto((tcn_site / "one.html").as_uri())


def test_without_javascript_there_is_a_picture(browser, tcn_site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tcn_site / "one.html").as_uri())
    assert page.get_by_alt_text("Output 24 sees 8 of 32 steps").bounding_box()["width"] > 400
    context.close()


@pytest.mark.parametrize("width", [800, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_within_the_page(page, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    choose(page, "kernel_size", 3)
    choose(page, "padding", "both ends")
    rows(page)
    # Preloading would fetch the style sheets, which a page from disk may not.
    results = Axe().run(page, context=".tcn-demo", options={"preload": False})
    assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".tcn-demo").evaluate("(it) => it.scrollWidth - it.clientWidth")
    assert overflow <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.tcn-demo :is(button, fieldset label, input[type=range])')]"
        ".filter((it) => { const box = it.getBoundingClientRect();"
        " return Math.min(box.width, box.height) < 24 }).map((it) => it.outerHTML)"
    )
    assert small == []
    page.emulate_media(color_scheme="light")
