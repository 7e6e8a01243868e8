"""What lies in _build/html: nothing broken, nothing foreign, nothing needless."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from fontTools.ttLib import TTFont

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]
FONTS = "_static/vendor/fontawesome/webfonts"
# Things whose address begins a request. An <a> does so only when it is clicked.
LOADING = {"link", "script", "img", "source", "iframe", "video", "audio", "embed", "object", "use"}
# Addresses in scripts that name a standard, a licence or a page of documentation.
MENTIONED = {
    "clipboardjs.com",
    "developer.mozilla.org",
    "getbootstrap.com",
    "github.com",
    "pydata-sphinx-theme.readthedocs.io",
    "www.w3.org",
}


class Page(HTMLParser):
    """The addresses, anchors and plain text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: list[str] = []
        self.text: list[str] = []
        self._silent = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._silent += tag in ("script", "style", "pre", "code", "annotation")
        self.anchors += [values["id"]] if values.get("id") else []
        # The address under which the page is known: a name, which nobody asks for.
        tag = "canonical" if values.get("rel") == "canonical" else tag
        self.links += [(tag, values[name]) for name in ("href", "src") if values.get(name)]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "pre", "code", "annotation")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_of_the_contents_is_there_and_no_other(site):
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    expected = {*files, contents["root"], "index", "search"}
    built = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    assert built == expected
    for lesson in LESSONS:
        assert {lesson.chapter.with_suffix("").as_posix()} < expected
        assert {lesson.exercise.with_suffix("").as_posix()} < expected


def test_nothing_is_loaded_from_elsewhere(site, pages):
    foreign = re.compile(r"^(https?:)?//")
    for path, page in pages.items():
        loaded = [url for tag, url in page.links if tag in LOADING]
        assert not [url for url in loaded if foreign.match(url)], path
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", path.read_text()), path
    for path in site.rglob("*.js"):
        found = set(re.findall(r"(?:https?|wss?)://([\w.-]+)", path.read_text()))
        assert found <= MENTIONED, path


def test_every_local_link_leads_somewhere(site, pages):
    dead = []
    for path, page in pages.items():
        for _, url in page.links:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                dead.append(f"{path.relative_to(site)} -> {url}")
            elif target in pages and parts.fragment:
                anchors = ["", *pages[target].anchors]
                dead += [] if unquote(parts.fragment) in anchors else [f"{path} -> {url}"]
    for path in site.rglob("*.css"):
        for url in re.findall(r"url\([\"']?([^)\"']+)", path.read_text()):
            if not url.startswith("data:") and not (path.parent / urlsplit(url).path).is_file():
                dead.append(f"{path.relative_to(site)} -> {url}")
    assert not dead


def test_anchors_are_unique(site, pages):
    for path, page in pages.items():
        # The theme shows the contents of a page twice: beside it, and for print.
        anchors = [anchor for anchor in page.anchors if not anchor.startswith("pst-")]
        assert len(anchors) == len(set(anchors)), path


def test_no_formula_was_left_raw(pages):
    for path, page in pages.items():
        raw = re.search(r"\\(frac|sum|begin|text|lfloor|times)\b|\$[^$\n]+\$", "".join(page.text))
        assert raw is None, f"{path}: {raw[0]}"


def test_chapters_have_formulas_and_descriptions(site):
    for lesson in LESSONS:
        page = (site / lesson.chapter).with_suffix(".html").read_text()
        assert 'class="katex"' in page
        assert "katex/katex.min.css" in page
        assert re.search(r'<meta [^>]*name="description"', page)


def test_pictures_have_words_and_sizes(site):
    for lesson in LESSONS:
        page = (site / lesson.chapter).with_suffix(".html").read_text()
        figures = re.findall(r'<img [^>]*src="[^"]*_images/[^>]*>', page)
        assert figures
        for figure in figures:
            assert re.search(r'alt="[^"]{10,}"', figure), figure
            assert re.search(r'width="\d+" height="\d+"', figure), figure


def test_every_icon_on_a_page_is_in_a_font(site, pages):
    sheet = (site / "_static/styles/pydata-sphinx-theme.css").read_text()
    drawn = set().union(*(TTFont(font).getBestCmap() for font in (site / FONTS).glob("*.woff2")))
    icons = set()
    for path in pages:
        for names in re.findall(r'<(?:i|span) class="(fa[^"]*)"', path.read_text()):
            icons.update(name for name in names.split() if name.startswith("fa-"))
    icons -= {"fa-solid", "fa-brands", "fa-regular", "fa-lg", "fa-fw"}
    assert len(icons) > 10
    for icon in icons:
        glyph = re.search(rf'\.{icon}:before[^{{]*{{content:"(.+?)"}}', sheet)
        assert glyph, icon
        code = glyph[1]
        assert (int(code[1:], 16) if code.startswith("\\") else ord(code)) in drawn, icon


def test_the_search_index_is_loaded_by_the_search_page_only(site, pages):
    loading = [
        path.relative_to(site).as_posix()
        for path, page in pages.items()
        if any("searchindex.js" in url for _, url in page.links)
    ]
    assert loading == ["search.html"]


def test_pages_carry_no_needless_weight(site):
    assert not list(site.rglob("fontawesome.js*"))
    assert not [path for path in site.rglob("*") if path.suffix in (".map", ".ttf")]
    for font in (site / FONTS).glob("*.woff2"):
        assert font.stat().st_size < 10_000, font
    for path in (path for lesson in LESSONS for path in (lesson.chapter, lesson.exercise)):
        assert "defer" in (site / path).with_suffix(".html").read_text()
