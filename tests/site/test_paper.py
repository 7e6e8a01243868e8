"""The course as a PDF: whole, in order, with its text, its fonts, and links that stay inside."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pypdf import PdfReader
from pypdf.generic import Destination

ROOT = Path(__file__).parents[2]
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text())
PAGES = [
    CONTENTS["root"],
    *(chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"]),
]
ON_PAPER = [page for page in PAGES if page.startswith("book/")]
HEADING = re.compile(r"<h([12])>(.*?)<a class=\"headerlink\"", re.DOTALL)
WORDS_OF_A_SHEET = 1000  # of code, in the smallest type; of text there are fewer


@pytest.fixture(scope="module")
def paper(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PdfReader]:
    """The file, made from the built site."""
    path = tmp_path_factory.mktemp("paper") / "course.pdf"
    sys.path.insert(0, str(ROOT / "book"))
    try:
        import pdf

        pdf.make(site, path)
    finally:
        sys.path.remove(str(ROOT / "book"))
    assert path.stat().st_size < 25_000_000
    with PdfReader(path) as reader:
        yield reader


@pytest.fixture(scope="module")
def outline(paper: PdfReader) -> list[tuple[Destination, list[Destination]]]:
    """Each chapter's bookmark with those of its sections."""
    found: list[tuple[Destination, list[Destination]]] = []
    for entry in paper.outline:
        if isinstance(entry, list):
            found[-1][1].extend(entry)
        else:
            found.append((entry, []))
    return found


@pytest.fixture(scope="module")
def sheets(paper: PdfReader) -> list[str]:
    """The text of each sheet."""
    return [" ".join(sheet.extract_text().split()) for sheet in paper.pages]


def headings(site: Path, page: str) -> list[tuple[str, str]]:
    """Level and plain text of a page's title and sections, formulas left out."""
    article = (site / page).with_suffix(".html").read_text().partition("<article")[2]
    plain = [(level, re.sub(r"<[^>]+>", "", text)) for level, text in HEADING.findall(article)]
    return [(level, text.strip()) for level, text in plain]


def squeezed(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


def test_bookmarks_are_the_contents_of_the_site(outline, paper, site):
    assert len(outline) == len(ON_PAPER)
    begin = -1
    for page, (chapter, sections) in zip(ON_PAPER, outline, strict=True):
        (_, title), *rest = headings(site, page)
        assert squeezed(chapter.title) == squeezed(title.replace("&amp;", "&"))
        assert len(sections) == len(rest)
        places = [paper.get_destination_page_number(one) for one in (chapter, *sections)]
        assert begin < places[0]
        assert places == sorted(places)
        begin = places[-1]


def test_titles_stand_where_the_bookmarks_and_the_contents_say(outline, paper, sheets):
    first = paper.get_destination_page_number(outline[0][0])
    contents = squeezed("".join(sheets[1:first]))
    at = 0
    for chapter, sections in outline:
        for entry in (chapter, *sections):
            place = paper.get_destination_page_number(entry)
            assert squeezed(entry.title) in squeezed(sheets[place])
            # A long title is on two lines, with its number behind the first.
            at = contents.index(squeezed(entry.title)[:15], at)
            assert str(place + 1) in contents[at : at + len(entry.title) + 10]
    assert sheets[0].startswith(outline[0][0].title)


def test_sheets_are_numbered(sheets):
    for number, text in enumerate(sheets[1:], start=2):
        assert re.search(rf"(^|\D){number}$", text), text[-80:]


def test_whole_text_is_there(site, sheets):
    words = 0
    text = squeezed("".join(sheets))
    for page in ON_PAPER:
        article = (site / page).with_suffix(".html").read_text().partition("<article")[2]
        article = article.partition("</article>")[0]
        words += len(re.sub(r"<script.*?</script>|<[^>]+>", " ", article, flags=re.DOTALL).split())
        for summary in re.findall(r'<div class="quiz-title">(.*?)</div>', article):
            assert squeezed(summary) in text
    assert len(sheets) > len(ON_PAPER) + words / WORDS_OF_A_SHEET
    # What is folded away on the site lies open: replies of quizzes, code under "Show the code".
    assert text.count("notright") > 50


def test_links_stay_inside_or_are_published_addresses(paper):
    inside, addresses = 0, set()
    for sheet in paper.pages:
        for annotation in sheet.get("/Annots") or []:
            link = annotation.get_object()
            inside += "/Dest" in link
            addresses.add(link.get("/A", {}).get("/URI", "https://"))
    assert inside > 2 * len(ON_PAPER)
    assert not [address for address in addresses if not address.startswith("https://")]
    assert not [address for address in addresses if "course.invalid" in address]


def test_every_font_is_embedded(paper):
    fonts: dict[str, bool] = {}
    for sheet in paper.pages:
        for font in sheet["/Resources"].get("/Font", {}).values():
            one = font.get_object()
            whole = one.get("/DescendantFonts", [one])[0].get_object()
            descriptor = whole.get("/FontDescriptor", {})
            embedded = one["/Subtype"] == "/Type3" or any(
                f"/FontFile{kind}" in descriptor for kind in ("", "2", "3")
            )
            fonts[str(one.get("/BaseFont", one["/Subtype"]))] = embedded
    assert any("KaTeX" in name for name in fonts)
    assert all(fonts.values()), fonts
