"""The landing page, the map and the table of all exercises, as a visitor uses them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from cnncourse.course import LESSONS
from cnncourse.kinds import kind_of

TASKS = [one for lesson in LESSONS for one in lesson.tasks]
SCREENS = [(1280, 800), (390, 844), (1920, 1080)]
ROWS = ".exercise-table tbody tr"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def test_first_screen_says_what_this_is(browser: Browser, served: str, screen) -> None:
    width, height = screen
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.goto(f"{served}/book/intro.html", wait_until="load")
        expect(page.locator(".hero .afm canvas").first).to_be_in_viewport()
        for words in ("For whom.", "How long.", "Afterwards."):
            expect(page.get_by_text(words)).to_be_in_viewport()
        start = page.get_by_role("link", name="Start with lesson 1")
        expect(start).to_be_in_viewport()
        start.click()
        expect(page).to_have_url(re.compile(LESSONS[0].id))


def test_map_is_walked_by_keyboard(opened, served: str) -> None:
    with opened(served, "book/course-map") as page:
        links = page.locator(".course-map a")
        assert links.count() == len(LESSONS)
        links.first.focus()
        for lesson in LESSONS[1:]:
            page.keyboard.press("Tab")
            said = page.evaluate("document.activeElement.getAttribute('aria-label')")
            assert said.startswith(f"{lesson.number} ")
        # The arrows of the lesson in focus stand out.
        accent = page.locator(f".to-{LESSONS[-1].id}").first
        other = page.locator(f".to-{LESSONS[2].id}").first
        stroke = "(path) => getComputedStyle(path).stroke"
        assert accent.evaluate(stroke) != other.evaluate(stroke)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(LESSONS[-1].id))


def shown(page: Page) -> list[str]:
    """The names of the exercises whose rows can be seen."""
    first = "(rows) => rows.map((row) => row.querySelector('code').textContent)"
    return page.locator(f"{ROWS}:not([hidden])").evaluate_all(first)


def test_table_shows_what_was_chosen(opened, base: str) -> None:
    with opened(base, "book/all-exercises") as page:
        assert shown(page) == [one.name for one in TASKS]
        page.get_by_label("Difficulty").select_option("challenge")
        hard = [one.name for one in TASKS if one.difficulty == "challenge"]
        assert shown(page) == hard
        expect(page.locator(".exercise-choice output")).to_contain_text(
            f"{len(hard)} of {len(TASKS)}"
        )
        page.get_by_label("Kind").select_option("network")
        both = [one.name for one in TASKS if one.name in hard and kind_of(one) == "network"]
        assert shown(page) == both
        page.get_by_label("Kind").select_option("prediction")
        expect(page.locator(".exercise-choice output")).to_have_text("none")


def test_table_is_put_in_order_by_keyboard(opened, served: str) -> None:
    with opened(served, "book/all-exercises") as page:
        button = page.get_by_role("button", name="Minutes")
        button.focus()
        for order, wanted in (
            ("ascending", sorted(TASKS, key=lambda one: one.minutes)),
            ("descending", sorted(TASKS, key=lambda one: -one.minutes)),
            ("none", TASKS),
        ):
            page.keyboard.press("Enter")
            head = page.locator("th", has=button)
            expect(head).to_have_attribute("aria-sort", order)
            assert shown(page) == [one.name for one in wanted]


def test_table_is_whole_without_scripts(browser: Browser, served: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{served}/book/all-exercises.html")
        assert shown(page) == [one.name for one in TASKS]
        assert page.locator(".exercise-choice").count() == 0


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_names_lead_to_their_place(opened, served: str, lesson) -> None:
    one = lesson.tasks[-1]
    with opened(served, "book/all-exercises") as page:
        page.locator(ROWS).get_by_role("link", name=one.name, exact=True).click()
        page.wait_for_load_state("load")
        anchor = page.url.partition("#")[2]
        # The notebook's section with this anchor is the one that holds the exercise's check.
        section = page.locator(f"section[id='{anchor}'], section:has(> span[id='{anchor}'])")
        expect(section).to_contain_text(one.name)
        expect(section.locator("h2, h3").first).to_be_in_viewport()
