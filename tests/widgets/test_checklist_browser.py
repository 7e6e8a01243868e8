"""The checklist demo in a browser, on a page opened from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from quiet_pages import quiet_pages

from cnncourse.widgets.checklist import DESIGNS, Checklist
from cnncourse.widgets.design import costs, verdicts


@pytest.fixture(scope="module")
def checklist_site(build) -> Path:
    return build({"one": f"# A demo\n\n{Checklist().to_html()}\n"})


@pytest.fixture
def open_page(browser: Browser, checklist_site: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page; afterwards it may not have complained or asked the network."""
    with quiet_pages(browser) as open_file:
        yield lambda **options: open_file(checklist_site / "one.html", **options)


def expect_design(page: Page, layers: list, ending: str) -> None:
    """The numbers and the verdicts are those that Python computes."""
    rows = costs(layers, ending)
    demo = page.locator(".checklist-demo")
    expect(demo).to_have_attribute("data-total", str(sum(row.parameters for row in rows)))
    good = "".join(str(int(one)) for one in verdicts(layers, ending))
    expect(demo).to_have_attribute("data-good", good)
    shown = page.locator("tbody tr")
    expect(shown).to_have_count(len(rows))
    for row, line in zip(rows, shown.all(), strict=True):
        cells = [cell.replace("\u202f", "") for cell in line.locator("td").all_inner_texts()[2:6]]
        size = f"{row.channels} × {row.side} × {row.side}"
        assert cells == [size, f"{row.parameters}", f"{row.products}", f"{row.sees}"]
    assert page.locator(".questions li.good").count() == good.count("1")


def test_every_design_is_what_python_says(open_page):
    page = open_page()
    for name, (layers, ending) in DESIGNS.items():
        page.get_by_role("button", name=name, exact=True).click()
        expect_design(page, layers, ending)
        assert page.locator("button[aria-pressed=true]").all_inner_texts() == [name]


def test_layers_are_added_changed_and_removed(open_page):
    page = open_page()
    page.get_by_role("button", name="+ convolution").click()
    page.get_by_role("button", name="+ pooling").click()
    layers = [*DESIGNS["balanced"][0], ["conv", 3, 8], ["pool"]]
    expect_design(page, layers, "largest")
    page.get_by_label("kernel of layer 4").select_option("7")
    page.get_by_label("filters of layer 1").select_option("32")
    layers[3], layers[0] = ["conv", 7, 8], ["conv", 3, 32]
    expect_design(page, layers, "largest")
    page.get_by_label("Remove layer 3").click()
    del layers[2]
    expect_design(page, layers, "largest")
    page.get_by_label("flatten", exact=True).check()
    expect_design(page, layers, "flatten")
    for _ in range(3):
        page.get_by_role("button", name="+ pooling").click(force=True)
    expect(page.get_by_role("button", name="+ pooling")).to_be_disabled()


def test_keyboard_is_enough(open_page):
    page = open_page()
    page.get_by_label("filters of layer 3").focus()
    page.keyboard.press("ArrowDown")
    layers = [["conv", 3, 12], ["pool"], ["conv", 3, 24]]
    expect_design(page, layers, "largest")
    expect(page.get_by_label("filters of layer 3")).to_be_focused()
    page.get_by_label("largest value of each map").focus()
    page.keyboard.press("ArrowLeft")
    expect_design(page, layers, "average")
    expect(page.locator("[role=status]")).to_contain_text("5 of 5 questions")


def test_without_javascript_there_is_a_picture(open_page):
    page = open_page(java_script_enabled=False)
    assert page.get_by_alt_text("2448 of 3000 parameters").bounding_box()["width"] > 400


@pytest.mark.parametrize("width", [800, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible_and_within_the_page(open_page, theme, width):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    background = {"light": "white", "dark": "#14181e"}[theme]
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.add_style_tag(content=f"body {{ background: {background} }}")
    page.get_by_role("button", name="flattened", exact=True).click()
    expect_design(page, *DESIGNS["flattened"])
    # Preloading would fetch the style sheets, which a page from disk may not.
    results = Axe().run(page, context=".checklist-demo", options={"preload": False})
    assert results.violations_count == 0, results.generate_report()
    overflow = page.locator(".checklist-demo").evaluate("(it) => it.scrollWidth - it.clientWidth")
    assert overflow <= 0
