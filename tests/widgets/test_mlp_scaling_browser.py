"""The demo of lesson 01-mlp-scaling in a browser, on a page opened from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.reference.mlp_scaling import dense_params
from cnncourse.widgets.mlp_scaling import EXAMPLES, MlpScaling, examples, looks_for_threes

WITH_DIRECTIVE = """# A page

```{anywidget} cnncourse/widgets/mlp_scaling.js
:alt: The cost of a dense layer, and a digit.
{"hidden": 100}
```
"""


@pytest.fixture(scope="module")
def pages(build: Callable[..., Path]) -> Path:
    """A page with one demo, and one with two from cells."""
    box = MlpScaling(side=32).to_html()
    return build({"demo": WITH_DIRECTIVE, "cell": f"# From a cell\n\n{box}\n\nAgain:\n\n{box}\n"})


@pytest.fixture
def open_page(browser: Browser, pages: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards none may have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda name="demo", **options: open_file(pages / f"{name}.html", **options)


def values(page: Page, grid: str) -> np.ndarray:
    await_drawing(page)
    return np.array(json.loads(page.get_attribute(f"[data-grid={grid}]", "data-values")))


def text(page: Page, selector: str) -> str:
    await_drawing(page)
    return page.inner_text(selector)


def number(page: Page, selector: str) -> int:
    return int(text(page, selector).replace(",", "").replace("−", "-"))


def slide(page: Page, name: str, key: str, times: int = 1) -> None:
    slider = page.locator(f"[data-slider={name}]")
    slider.focus()
    for _ in range(times):
        page.keyboard.press(key)


def test_counts_are_those_that_python_computes_at_every_step(open_page):
    page = open_page()
    assert number(page, ".dense b") == dense_params((3, 224, 224), 100)
    slide(page, "hidden", "Home")
    slide(page, "side", "Home")
    seen = []
    for _ in range(12):
        side = int(text(page, ".slider b >> nth=0").split(" × ")[0])
        assert number(page, ".dense b") == dense_params((3, side, side), 1)
        assert number(page, ".filters b") == 28
        seen.append(side)
        slide(page, "side", "ArrowRight")
    assert seen == sorted(set(seen))
    assert {8, 112, 224, 448, 512} <= set(seen)
    slide(page, "hidden", "End")
    assert number(page, ".dense b") == dense_params((3, 512, 512), 10_000)
    assert text(page, ".memory b") == "126 GB"
    assert page.get_attribute("[data-slider=hidden]", "aria-valuetext") == "10,000"
    expect(page.locator(".spoken")).to_contain_text("Dense layer: 7,864,330,000 parameters.")


def test_twice_the_side_moves_the_dot_as_far_as_the_paper_says(open_page):
    page = open_page()
    heights = []
    for _ in range(2):
        await_drawing(page)
        heights.append(float(page.get_attribute("circle.dense", "cy")))
        flat = float(page.get_attribute("circle.filters", "cy"))
        slide(page, "side", "ArrowLeft", times=2)  # from 224 to 112
    assert heights[1] - heights[0] == pytest.approx(18.6 * np.log10(4), abs=0.01)
    assert float(page.get_attribute("circle.filters", "cy")) == flat


def test_every_image_is_added_up_as_in_python(open_page):
    page = open_page()
    for name in EXAMPLES:
        page.get_by_role("button", name=name, exact=True).click()
        assert number(page, ".sum b") == MlpScaling(name).sum()
        assert page.locator("button[aria-pressed=true]").all_inner_texts() == [name]
        np.testing.assert_array_equal(values(page, "image"), examples()[name])
    np.testing.assert_array_equal(values(page, "unit"), looks_for_threes())


def test_shuffle_moves_the_pixels_and_rewiring_the_weights(open_page):
    page = open_page()
    before = number(page, ".sum b")
    expect(page.get_by_role("button", name="Put them back")).to_be_disabled()
    page.get_by_role("button", name="Shuffle the pixels").click()
    image = values(page, "image")
    plain = np.array(examples()["a three"])
    assert sorted(image.ravel()) == sorted(plain.ravel())
    assert (image != plain).sum() > 20
    assert number(page, ".sum b") == (image * np.array(looks_for_threes())).sum()
    assert "other pixels now" in text(page, ".before")
    page.get_by_label("rewire the unit").check()
    assert number(page, ".sum b") == before
    assert "cannot tell" in text(page, ".before")
    assert (values(page, "unit") * image).sum() == before
    page.get_by_role("button", name="Shuffle the pixels").click()
    assert (values(page, "image") != image).any()
    assert number(page, ".sum b") == before
    expect(page.locator(".spoken")).to_contain_text("The unit adds up to 7210, before the shuffle")
    page.get_by_role("button", name="Put them back").click()
    np.testing.assert_array_equal(values(page, "image"), plain)
    np.testing.assert_array_equal(values(page, "unit"), looks_for_threes())


def test_everything_can_be_reached_by_keyboard(open_page):
    page = open_page()
    page.locator("[data-slider=side]").focus()
    reached = []
    for _ in range(8):
        reached.append(
            page.evaluate(
                "document.activeElement.dataset.slider || "
                "document.activeElement.textContent || "
                "document.activeElement.type"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Tab")
        if page.evaluate("!document.activeElement.closest('.mlp-demo')"):
            break
    names = ["side", "hidden", "a three", "a one", "a seven", "Shuffle the pixels", "checkbox"]
    assert reached == names
    page.get_by_role("button", name="Shuffle the pixels").focus()
    page.keyboard.press("Space")
    assert (values(page, "image") != np.array(examples()["a three"])).any()


def test_two_demos_on_a_page_are_apart(open_page):
    page = open_page("cell")
    page.locator(".mlp-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    page.locator("[data-slider=side] >> nth=1").focus()
    page.keyboard.press("Home")
    await_drawing(page)
    first, second = page.locator(".dense b").all_inner_texts()
    assert first == f"{dense_params((3, 32, 32), 1000):,}"
    assert second == f"{dense_params((3, 8, 8), 1000):,}"


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    alt = "The cost of a dense layer, and a digit."
    assert page.get_by_alt_text(alt).bounding_box()["width"] > 400


LOOKS = [("light", 800), ("dark", 800), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    for label in ("a one", "Shuffle the pixels"):
        page.get_by_role("button", name=label).click()
        await_drawing(page)
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".mlp-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".mlp-demo").evaluate("(it) => it.scrollWidth - it.clientWidth")
    assert overflow <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.mlp-demo :is(button, input)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24"
        " }).map((it) => it.outerHTML)"
    )
    assert small == []
