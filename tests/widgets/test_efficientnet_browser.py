"""The demo of lesson 09-efficientnet in a browser, on a page opened from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.models.efficientnet import RESOLUTIONS, SCALES
from cnncourse.reference.efficientnet import compound_scale
from cnncourse.widgets.efficientnet import EfficientNet, measured, network_cost

WITH_DIRECTIVE = """# A page

```{anywidget} cnncourse/widgets/efficientnet.js
:alt: What a network costs after scaling.
{"depth": 2}
```
"""


@pytest.fixture(scope="module")
def pages(build: Callable[..., Path]) -> Path:
    """A page with one demo, and one with two from cells."""
    box = EfficientNet(pixels=240).to_html()
    return build({"demo": WITH_DIRECTIVE, "cell": f"# From a cell\n\n{box}\n\nAgain:\n\n{box}\n"})


@pytest.fixture
def open_page(browser: Browser, pages: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards none may have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda name="demo", **options: open_file(pages / f"{name}.html", **options)


def cost(page: Page) -> tuple[int, int]:
    await_drawing(page)
    shown = [page.get_attribute(f".{what}", "data-value") for what in ("parameters", "macs")]
    return int(shown[0]), int(shown[1])


def press(page: Page, name: str, *keys: str) -> None:
    page.locator(f"[data-slider={name}]").focus()
    for key in keys:
        page.keyboard.press(key)


def value(page: Page, name: str) -> str:
    await_drawing(page)
    return page.get_attribute(f"[data-slider={name}]", "aria-valuetext")


def test_published_networks_cost_what_python_computes(open_page):
    page = open_page()
    assert cost(page) == network_cost(2.0, 1.0, 224)
    for index, ((width, depth, _), pixels) in enumerate(zip(SCALES, RESOLUTIONS, strict=True)):
        page.get_by_role("button", name=f"B{index}", exact=True).click()
        assert cost(page) == network_cost(depth, width, pixels)
        found = measured()[f"efficientnet_b{index}"]
        assert cost(page) == (found["parameters"], found["macs"])
        assert page.locator("button[aria-pressed=true]").all_inner_texts() == [f"B{index}"]


def test_every_step_of_the_compound_slider_follows_the_rule(open_page):
    page = open_page()
    press(page, "phi", "Home")
    for quarter in range(1, 29):
        page.keyboard.press("ArrowRight")
        assert value(page, "phi") == f"{quarter / 4:g}"
        depth, width, resolution, _ = compound_scale(quarter / 4)
        pixels = int(224 * resolution + 0.5)
        assert value(page, "depth") == f"{depth:.2f} ×"
        assert cost(page) == network_cost(depth, width, pixels)
    assert page.locator("button[aria-pressed=true]").count() == 0


def test_sliders_change_one_thing_each(open_page):
    page = open_page()
    page.get_by_role("button", name="B0").click()
    press(page, "depth", "End")
    assert cost(page) == network_cost(4.0, 1.0, 224)
    assert value(page, "phi") == "by hand"
    press(page, "width", "ArrowRight", "ArrowRight")
    assert cost(page) == network_cost(4.0, 1.2, 224)
    press(page, "pixels", "Home")
    assert cost(page) == network_cost(4.0, 1.2, 128)
    assert "0.33 ×" not in page.inner_text(".formula")
    formula = 4.0 * 1.2**2 * (128 / 224) ** 2
    assert page.inner_text(".formula b") == f"{formula:.2f} ×"
    expect(page.locator(".spoken")).to_contain_text("parameters")


def test_the_front_is_the_one_that_python_finds(open_page):
    page = open_page()
    for axis, words in (("parameters", "parameters"), ("latency", "time"), ("macs", "products")):
        page.get_by_role("radio", name=words).check(force=True)
        await_drawing(page)
        assert page.locator("circle.best").count() == len(EfficientNet(axis=axis).front())
        assert page.locator("circle").count() == len(measured())
        assert (page.locator(".here").count() == 0) == (axis == "latency")
        assert words in page.get_attribute(".plot svg", "aria-label")


def test_everything_can_be_reached_by_keyboard(open_page):
    page = open_page()
    page.get_by_role("button", name="B0").focus()
    reached = []
    for _ in range(13):
        reached.append(
            page.evaluate(
                "document.activeElement.dataset.slider || document.activeElement.textContent"
                " || document.activeElement.type"
            )
        )
        page.keyboard.press("Tab")
    assert reached == [*(f"B{i}" for i in range(8)), "phi", "depth", "width", "pixels", "radio"]


def test_two_demos_on_a_page_are_apart(open_page):
    page = open_page("cell")
    page.locator(".efficientnet-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    page.locator("[data-slider=depth] >> nth=1").focus()
    page.keyboard.press("End")
    await_drawing(page)
    shown = [int(cell.get_attribute("data-value")) for cell in page.locator(".macs").all()]
    assert shown == [network_cost(1.0, 1.0, 240)[1], network_cost(4.0, 1.0, 240)[1]]
    page.locator("[data-setting=axis] >> nth=1").get_by_role("radio").nth(1).check(force=True)
    checked = page.locator("[data-setting=axis] input:checked").all()
    assert [box.get_attribute("value") for box in checked] == ["macs", "parameters"]


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    picture = page.get_by_alt_text("What a network costs after scaling.")
    assert picture.bounding_box()["width"] > 300


LOOKS = [("light", 800), ("dark", 800), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    for label in ("B3", "B7"):
        page.get_by_role("button", name=label).click()
        await_drawing(page)
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".efficientnet-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".efficientnet-demo").evaluate(
        "(it) => it.scrollWidth - it.clientWidth"
    )
    assert overflow <= 0
