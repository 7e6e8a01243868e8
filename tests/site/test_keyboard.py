"""Every chapter with nothing but a keyboard: all is reached, in order, seen, and works."""

from __future__ import annotations

import pytest
from playwright.sync_api import ElementHandle, Page, expect

from cnncourse.course import LESSONS

CHAPTERS = [lesson.chapter.with_suffix("").as_posix() for lesson in LESSONS]
MANY = 1000  # stops of the Tab key; more than any page has
# Remembers each element that gets the focus, and whether it, its label or its neighbour then looks
# different from before. Demos draw their radio buttons as the label's other child.
WATCH = """() => {
  const parts = (it) => [it, it.nextElementSibling, it.closest("label")].filter(Boolean);
  const look = (it) => parts(it).map((part) => {
    const style = getComputedStyle(part);
    const outline = parseFloat(style.outlineWidth) > 0 && style.outlineStyle;
    return [outline, style.boxShadow, style.backgroundColor, style.borderColor].join();
  }).join("; ");
  window.reached = [];
  let last = null;
  document.addEventListener("focusin", ({ target }) => {
    if (last) last.seen = last.focused !== look(last.target);
    last = { target, focused: look(target), seen: true };
    window.reached.push(last);
  });
}"""
RESULT = """() => {
  const name = (it) => it.outerHTML.slice(0, 160);
  const places = window.reached.map((one) => one.target);
  const inside = (it) => it.matches("input[type=radio]")
    ? [...document.getElementsByName(it.name)] : [it];
  const all = [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex]")];
  const shown = { visibilityProperty: true, contentVisibilityAuto: true };
  const open = all.filter((it) => it.tabIndex >= 0 && !it.disabled
    && !it.closest("dialog:not([open])") && it.checkVisibility(shown));
  return {
    first: name(places[0]),
    count: places.length,
    missed: open.filter((it) => !inside(it).some((one) => places.includes(one))).map(name),
    unseen: window.reached.filter((one) => !one.seen).map((one) => name(one.target)),
    backwards: places.filter((it, place) => place && !(
      places[place - 1].compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING)).map(name),
  };
}"""
SETTLE = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def start_demos(page: Page) -> None:
    for demo in page.locator(".afm").all():
        demo.scroll_into_view_if_needed()
        expect(demo).to_have_attribute("data-state", "live")
    page.evaluate("scrollTo(0, 0)")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_tab_reaches_everything_in_order_and_shows_where_it_is(opened, served, chapter):
    with opened(served, chapter) as page:
        page.emulate_media(reduced_motion="reduce")  # what fades in looks the same at first
        start_demos(page)
        page.evaluate(WATCH)
        for _ in range(MANY):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
        else:
            pytest.fail(f"The focus never leaves the page: {page.evaluate(RESULT)['count']} stops.")
        walk = page.evaluate(RESULT)
        assert 'href="#main-content"' in walk["first"]
        assert walk["count"] > 60
        assert walk["missed"] == []
        assert walk["unseen"] == []
        assert walk["backwards"] == []


def works(page: Page, control: ElementHandle) -> bool:
    """Whether the keys that belong to a control change it, or reach it as a click."""
    kind = control.evaluate("(it) => it.type || it.localName")
    control.focus()
    if kind == "button":
        control.evaluate("(it) => it.addEventListener('click', () => { window.clicked = it; })")
        page.keyboard.press("Enter")
        return page.evaluate("Boolean(window.clicked) && !(window.clicked = null)")
    value = "(it) => it.type === 'checkbox' ? it.checked : it.value"
    before = control.evaluate(value)
    if kind == "radio":
        page.keyboard.press("ArrowRight")
        return page.evaluate(f"({value})(document.activeElement)") != before
    keys = {"checkbox": ["Space"], "text": ["7"], "number": ["ArrowUp", "ArrowDown"]}
    # At one end of its range, a control moves the other way.
    for key in keys.get(kind, ["ArrowRight", "ArrowLeft"]):
        page.keyboard.press(key)
        page.evaluate(SETTLE)
        if control.evaluate(value) != before:
            return True
    return False


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_controls_dropdowns_and_quizzes_work(opened, served, chapter):
    with opened(served, chapter) as page:
        start_demos(page)
        for demo in page.locator(".afm").all():
            for kind in (
                "select",
                "input:not([type=radio])",
                "input[type=radio]:checked",
                "button",
            ):
                for control in demo.locator(f"{kind}:enabled:visible").element_handles():
                    if control.evaluate("(it) => it.isConnected && !it.disabled"):
                        assert works(page, control), control.evaluate("(it) => it.outerHTML")
        for summary in page.locator("article summary:visible").all():
            summary.focus()
            page.keyboard.press("Enter")
            assert summary.evaluate("(it) => it.parentElement.open")
            page.keyboard.press("Space")
            assert not summary.evaluate("(it) => it.parentElement.open")
        for quiz in page.locator(".quiz").all():
            quiz.locator("input").first.focus()
            page.keyboard.press("Space")
            quiz.locator("button").focus()
            page.keyboard.press("Enter")
            expect(quiz.get_by_role("status")).to_contain_text("ight")


def test_skip_link_leads_past_the_menu(opened, served):
    with opened(served, CHAPTERS[0]) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
