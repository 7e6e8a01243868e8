"""The architecture explorer in a browser, on a page opened from disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import quiet_pages

from cnncourse.widgets.architectures import TITLES, Architectures, rows_of, totals


@pytest.fixture(scope="module")
def one_page(browser: Browser, build) -> Iterator[Page]:
    """All tests share a page, and put it into the state that they need. It asks no network."""
    site = build({"one": f"# A demo\n\n{Architectures().to_html()}\n"})
    with quiet_pages(browser) as open_file:
        yield open_file(site / "one.html", viewport={"width": 800, "height": 1000})


def choose(page: Page, title: str) -> None:
    page.get_by_label("Network").select_option(title)
    demo = page.locator(".architectures-demo")
    expect(demo).to_have_attribute("data-network", title)
    expect(demo).to_have_attribute("data-layer", "0")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("title", TITLES)
def test_totals_are_those_that_python_computes(one_page: Page, title: str):
    choose(one_page, title)
    parameters, macs = totals(title)
    whole = plain(one_page.inner_text(".whole"))
    assert f"{parameters:,} parameters".replace(",", " ") in whole
    assert f"{macs:,} MACs".replace(",", " ") in whole
    count = len(rows_of(title))
    assert one_page.locator("[data-strip=macs] [data-row]").count() == count
    assert one_page.locator("tbody tr").count() == count


def test_keyboard_walks_through_the_layers(one_page: Page):
    choose(one_page, "VGG-16")
    slider = one_page.get_by_label("Which layer to look at")
    slider.focus()
    one_page.keyboard.press("ArrowRight")
    expect(one_page.locator(".walk output")).to_have_text("2 of 22")
    expect(one_page.locator(".facts")).to_contain_text("features.2")
    expect(one_page.locator(".facts")).to_contain_text("64 × 224 × 224")
    expect(one_page.locator(".spoken")).to_contain_text("Layer 2")
    one_page.keyboard.press("End")
    expect(one_page.locator(".facts")).to_contain_text("classifier.6")
    one_page.keyboard.press("Home")
    expect(one_page.locator(".facts")).to_contain_text("features.0")


def test_click_on_a_bar_chooses_its_layer(one_page: Page):
    choose(one_page, "ResNet-152")
    names = [row[0] for row, _ in rows_of("ResNet-152")]
    place = names.index("layer3.1.conv2")
    one_page.locator(f"[data-strip=parameters] [data-row='{place}'] .hit").click(force=True)
    facts = one_page.locator(".facts")
    expect(facts).to_contain_text("layer3.1.conv2")
    expect(facts).to_contain_text("35 times")
    expect(one_page.locator("g.chosen")).to_have_count(3)


@pytest.mark.parametrize("width", [800, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_within_the_page(one_page: Page, theme: str, width: int):
    page = one_page
    page.set_viewport_size({"width": width, "height": 1000})
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.evaluate(f"document.body.style.background = '{background}'")
    page.locator("details").evaluate("(it) => { it.open = true }")
    for title in ("LeNet-5 as today", "EfficientNet-B7"):
        choose(page, title)
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".architectures-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".architectures-demo").evaluate(
        "(it) => it.scrollWidth - it.clientWidth"
    )
    assert overflow <= 0


def test_without_javascript_there_is_a_picture(browser: Browser, one_page: Page):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(one_page.url)
    assert page.get_by_alt_text("138\u00a0357\u00a0544 parameters").bounding_box()["width"] > 400
    context.close()
