"""The site in a real browser: quiet, self-contained, and usable by everyone."""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text())
PAGES = [
    CONTENTS["root"],
    *(chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"]),
    "search",
]
MODES = ("light", "dark", "phone")
LESSON = LESSONS[0]
CHAPTER = LESSON.chapter.with_suffix("").as_posix()
# Of WCAG 2.2, and off unless asked for: what is clicked is large enough.
RULES = {"rules": {"target-size": {"enabled": True}}}
PAPER = {"width": 672, "height": 980}  # A4 without its margins, at 96 pixels an inch
# What opens fades in, and is pale until it has.
OPEN_ALL = """async () => {
  document.querySelectorAll("details").forEach((it) => { it.open = true; });
  await new Promise(requestAnimationFrame);
  await Promise.all(document.getAnimations().map((it) => it.finished));
}"""
FOLDED = """() => [...document.querySelectorAll("article details > :not(summary)")]
  .filter((it) => !it.closest(".afm"))
  .filter((it) => !it.checkVisibility({ contentVisibilityAuto: true }) || !it.clientHeight)
  .map((it) => it.outerHTML.slice(0, 200))"""
CUT_OFF = """() => [...document.querySelectorAll("article *")]
  .filter((it) => it.getClientRects().length && !it.closest(".katex-mathml, .sr-only, svg"))
  .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
  .map((it) => it.outerHTML.slice(0, 200))"""
TEXT = (".html", ".css", ".js", ".svg")
SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 800) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 20));
  }
  scrollTo(0, 0);
}"""


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_and_self_contained(opened, base, name):
    with opened(base, name) as page:
        page.evaluate(SCROLL)
        page.wait_for_load_state("networkidle")
        loaded = page.evaluate(
            "[...document.images].every((image) => image.complete && image.naturalWidth)"
        )
        assert loaded


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_is_too_wide(opened, served, name, mode):
    with opened(served, name, mode) as page:
        page.evaluate(SCROLL)
        if mode == "light":  # once is enough: this takes long on pages with many formulas
            page.evaluate(OPEN_ALL)
        found = Axe().run(page, options=RULES).response["violations"]
        assert not [
            f"{rule['id']}: {rule['help']} {node['html'][:200]}"
            for rule in found
            for node in rule["nodes"]
        ]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("name", PAGES[:-1])
def test_paper_shows_the_text_and_nothing_to_click(opened, served, name):
    with opened(served, name, "dark") as page:
        page.evaluate(SCROLL)
        page.set_viewport_size(PAPER)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(page.locator("article h1").first).to_be_visible()
        # The theme writes the title and the contents once more, for paper.
        expect(page.locator("h1:visible")).to_have_count(1)
        for useless in ("nav", "button", "dialog", ".headerlink", "footer a"):
            expect(page.locator(f"{useless}:visible")).to_have_count(0)
        for demo in page.locator(".afm").all():
            expect(demo.locator("> img")).to_be_visible()
            expect(demo.locator("> div")).to_be_hidden()
        assert page.evaluate(FOLDED) == []
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_chapter_weighs_little(opened, served, site):
    with opened(served, CHAPTER) as page:
        asked = {page.url}
        page.on("request", lambda request: asked.add(request.url))
        page.reload(wait_until="load")
        page.evaluate(SCROLL)
        page.wait_for_load_state("networkidle")
    files = [site / urlsplit(url).path.lstrip("/") for url in asked if url.startswith(served)]
    assert len(files) > 20
    # As a server sends them: text compressed.
    sizes = [
        len(gzip.compress(file.read_bytes())) if file.suffix in TEXT else file.stat().st_size
        for file in files
    ]
    assert sum(sizes) < 300_000


def test_dark_is_dark(opened, served):
    backgrounds = {}
    for mode in ("light", "dark"):
        with opened(served, PAGES[0], mode) as page:
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            backgrounds[mode] = sum(map(int, colour.strip("rgb()").split(", ")))
    assert backgrounds["dark"] < 150 < 600 < backgrounds["light"]


def test_the_reader_can_choose_dark(opened, served):
    with opened(served, PAGES[0]) as page:
        switch = page.locator(".theme-switch-button").first
        for _ in range(3):
            switch.press("Enter")
            if page.evaluate("document.documentElement.dataset.mode") == "dark":
                break
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_search_by_keyboard(opened, base):
    with opened(base, PAGES[0]) as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("stride")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=stride*")
        first = page.locator("#search-results li a").first
        expect(first).to_be_visible()
        first.press("Enter")
        page.wait_for_url(lambda url: "search.html" not in url)


def test_chapter_and_exercises_link_to_each_other(opened, served):
    with opened(served, CHAPTER) as page:
        links = page.get_by_role("navigation", name=f"Lesson {LESSON.number}")
        links.get_by_role("link", name="Exercises").click()
        expect(page.locator("h1").first).to_contain_text("exercises")
        links.get_by_role("link", name="Chapter").click()
        page.wait_for_url(f"{served}/{CHAPTER}.html")
