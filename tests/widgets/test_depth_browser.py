"""The depth demo in a browser, on a page opened from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import await_drawing, quiet_pages

from cnncourse.widgets.depth import STACKS, Depth
from cnncourse.widgets.layer_stack import sights


@pytest.fixture(scope="module")
def depth_site(build) -> Path:
    box = Depth().to_html()
    # The sheet and the module come with the first box of a kind on a page.
    return build({"one": f"# A demo\n\n{box}\n", "two": f"# Two\n\n{box}\n\nAgain:\n\n{box}\n"})


@pytest.fixture
def open_page(browser: Browser, depth_site: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards none may have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda name="one", **options: open_file(depth_site / f"{name}.html", **options)


def seen(page: Page) -> tuple[int, int]:
    """Size and jump that the demo shows, in the next frame after a change."""
    await_drawing(page)
    photo = page.locator(".photo").first
    return int(photo.get_attribute("data-size")), int(photo.get_attribute("data-jump"))


@pytest.mark.parametrize("name", STACKS)
def test_field_is_the_one_that_python_computes(open_page, name):
    page = open_page()
    page.get_by_role("button", name=name, exact=True).click()
    expected = sights(STACKS[name])
    assert seen(page) == (expected[-1].size, expected[-1].jump)
    rows = page.locator("tbody tr")
    assert rows.count() == len(STACKS[name])
    sizes = [int(row.locator("td").nth(3).inner_text()) for row in rows.all()]
    assert sizes == [sight.size for sight in expected[1:]]
    facts = page.inner_text(".facts")
    assert f"{expected[-1].weights} · C²" in facts
    assert f"{expected[-1].size ** 2} · C²" in facts
    assert page.locator("button[aria-pressed=true]").all_inner_texts() == [name]


def test_layers_are_added_changed_and_removed(open_page):
    page = open_page()
    page.get_by_role("button", name="add a layer").click()
    assert seen(page) == (9, 1)
    page.get_by_label("stride of layer 1").select_option("2")
    page.get_by_label("kernel of layer 2").select_option("5")
    page.get_by_label("dilation of layer 4").select_option("4")
    expected = sights([(3, 2, 1), (5, 1, 1), (3, 1, 1), (3, 1, 4)])[-1]
    assert seen(page) == (expected.size, expected.jump)
    page.get_by_label("Remove layer 2").click()
    expected = sights([(3, 2, 1), (3, 1, 1), (3, 1, 4)])[-1]
    assert seen(page) == (expected.size, expected.jump)
    for _ in range(3):
        page.get_by_label("Remove layer 1").click()
        seen(page)
    assert seen(page) == (1, 1)
    page.get_by_role("button", name="add a layer").click()
    assert seen(page) == (3, 1)


def test_stack_does_not_grow_without_end(open_page):
    page = open_page()
    page.get_by_role("button", name="VGG-16").click()
    for _ in range(2):
        page.get_by_role("button", name="add a layer").click()
        seen(page)
    expect(page.get_by_role("button", name="add a layer")).to_be_disabled()


def test_keyboard_looks_through_fewer_layers(open_page):
    page = open_page()
    slider = page.get_by_label("How many layers to look through")
    slider.focus()
    for size in (5, 3, 1, 1):
        page.keyboard.press("ArrowLeft")
        assert seen(page)[0] == size
    page.keyboard.press("End")
    assert seen(page)[0] == 7
    expect(page.locator(".spoken")).to_contain_text("One value sees 7 by 7 pixels, jump 1.")


def test_focus_stays_where_the_keyboard_works(open_page):
    page = open_page()
    select = page.get_by_label("kernel of layer 2")
    select.focus()
    page.keyboard.press("ArrowDown")
    assert seen(page)[0] == 9
    expect(page.get_by_label("kernel of layer 2")).to_be_focused()


def test_photograph_grows_with_the_field(open_page):
    page = open_page()
    assert page.locator("[data-setting=side] input[value='64']").is_checked()
    page.get_by_role("button", name="VGG-16").click()
    seen(page)
    assert page.locator("[data-setting=side] input[value='224']").is_checked()
    page.locator("[data-setting=side] input[value='64']").check()
    seen(page)
    assert "more than the photograph has" in page.inner_text(".facts")


def test_two_demos_on_a_page_are_apart(open_page):
    page = open_page("two")
    page.locator(".depth-demo >> nth=1").scroll_into_view_if_needed()
    expect(page.locator(".afm[data-state=live]")).to_have_count(2)
    page.locator("[data-setting=side] input[value='224'] >> nth=1").check()
    assert page.locator("[data-setting=side] input[value='64']").first.is_checked()


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    assert page.get_by_alt_text("one value sees 7 by 7").bounding_box()["width"] > 400


@pytest.mark.parametrize("width", [800, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    for name in ("three 3 × 3", "VGG-16"):
        page.get_by_role("button", name=name).click()
        seen(page)
        page.locator(".look input").press("ArrowLeft")
        # Preloading would fetch the style sheets, which a page from disk may not.
        results = Axe().run(page, context=".depth-demo", options={"preload": False})
        assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".depth-demo").evaluate("(it) => it.scrollWidth - it.clientWidth")
    assert overflow <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.depth-demo :is(button, select, input)')].filter((it) => {"
        " const box = it.getBoundingClientRect(); return Math.min(box.width, box.height) < 24 })"
        ".map((it) => it.outerHTML)"
    )
    assert small == []
