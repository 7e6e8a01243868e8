"""The representations demo in a browser, on a page opened from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import quiet_pages

from cnncourse.widgets.representations import Representations, figures, recorded


@pytest.fixture(scope="module")
def representations_site(build) -> Path:
    box = Representations().to_html()
    return build({"one": f"# A demo\n\n{box}\n", "two": f"# Two\n\n{box}\n\nAgain:\n\n{box}\n"})


@pytest.fixture
def open_page(browser: Browser, representations_site: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards none may have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda name="one", **options: open_file(
            representations_site / f"{name}.html", **options
        )


def shown(page: Page, layer: int, unit: int) -> None:
    """Waits until the demo shows a unit, and compares its numbers with Python's."""
    demo = page.locator(".representations-demo").first
    expect(demo).to_have_attribute("data-shown", f"{layer}/{unit}")
    best, climbed, smooth = figures(recorded()[layer], unit)
    expect(demo.locator(".remark")).to_contain_text(
        f"excites it by {best:g}, the climbed one by {climbed:g}, the smooth one by {smooth:g}."
    )


def test_mouse_walks_through_layers_and_units(open_page):
    page = open_page()
    shown(page, 0, 0)
    for layer in (1, 2):
        page.locator(f"[data-setting=page] input[value='{layer}']").check()
        shown(page, layer, 0)
        page.locator("[data-setting=unit] input[value='1']").check()
        shown(page, layer, 1)
    expect(page.locator(".spoken")).to_contain_text("stage 3")
    # The right piece of the sheet: the second of two rows, the first of six columns.
    place = page.locator(".cards [role=img]").first.evaluate(
        "(it) => [it.style.backgroundPosition, it.style.backgroundSize]"
    )
    assert place == ["0% 100%", "600% 200%"]


def test_keyboard_walks_as_well(open_page):
    page = open_page()
    page.locator("[data-setting=unit] input").first.focus()
    page.keyboard.press("ArrowRight")
    shown(page, 0, 1)
    page.locator("[data-setting=page] input").first.focus()
    page.keyboard.press("ArrowRight")
    shown(page, 1, 0)


def test_two_demos_on_a_page_are_apart(open_page):
    page = open_page("two")
    page.locator(".representations-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    page.locator("[data-setting=page] input[value='2'] >> nth=1").check()
    expect(page.locator(".representations-demo >> nth=1")).to_have_attribute("data-shown", "2/0")
    shown(page, 0, 0)


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    assert page.get_by_alt_text("4 real patches").bounding_box()["width"] > 400


@pytest.mark.parametrize("width", [800, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    page.locator("[data-setting=page] input[value='1']").check()
    shown(page, 1, 0)
    # Preloading would fetch the style sheets, which a page from disk may not.
    results = Axe().run(page, context=".representations-demo", options={"preload": False})
    assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".representations-demo").evaluate(
        "(it) => it.scrollWidth - it.clientWidth"
    )
    assert overflow <= 0
