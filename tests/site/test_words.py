"""The {words} directive, and whether a word that is searched for is found where it is explained."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
GLOSSARY = """# Glossary

```{glossary}
Bias
  A number. See lesson 1: [](index.md#the-first).

Unit
Neuron
  *Adds up.* See lesson 1: [](index.md#the-second-one).

Weight
  A number, too. See lesson 2: [](glossary.md#glossary).
```
"""
PAGE = "# Page\n\n## The first\n\n## The second one\n\n```{words}\nUnit\nWeight\n```\n"
# What a search for a word shows: page, title, anchor, best first.
SEARCH = """words => Object.fromEntries(words.map(word => {
  const found = Search._performSearch(...Search._parseQuery(word)).reverse();
  return [word, found.map(([page, title, anchor]) => [page, title, anchor])];
}))"""
FIRST = 3


def test_an_entry_without_a_place_is_an_error(part):
    with pytest.raises(ValueError, match=r"Bias has to end in “See lesson 5"):
        list(part("words").entries("```{glossary}\nBias\n  A number.\n```\n"))


def test_entries_keep_names_text_and_place(part):
    bias, unit, _ = part("words").entries(GLOSSARY)
    assert (bias.names, bias.text, bias.lesson, bias.anchor) == (
        ("Bias",),
        "A number.",
        1,
        "the-first",
    )
    assert unit.names == ("Unit", "Neuron")


@pytest.fixture
def built(build, tmp_path):
    """Builds a page with these words, beside a small glossary: what Sphinx says, and the page."""

    def built(page: str) -> tuple[str, str]:
        texts = {"index.md": page, "glossary.md": f"---\norphan: true\n---\n{GLOSSARY}"}
        for name, text in texts.items():
            # A file that is written anew counts as changed.
            if not (tmp_path / name).exists():
                (tmp_path / name).write_text(text)
        done = build(
            *("myst_parser", "_ext.words", "_ext.search"),
            myst_enable_extensions=["deflist"],
            myst_heading_anchors=3,
            suppress_warnings=["myst.xref_missing"],
        )
        html = tmp_path / "_build" / "html" / "index.html"
        return done.stderr, html.read_text() if html.exists() else ""

    return built


def test_page_shows_the_glossarys_definition_and_leads_to_it(built):
    said, html = built(PAGE)
    assert said == ""
    names = re.findall(r"<dt>(.*?)</dt>", html, re.DOTALL)
    plain = [re.sub(r"<[^>]+>", "", name) for name in names]
    assert plain == ["Unit, Neuron", "Weight"]
    assert 'href="glossary.html#term-Unit"' in names[0]
    assert "<em>Adds up.</em>" in html
    assert "See lesson" not in html


def test_word_that_the_glossary_lacks_is_an_error(built):
    said, _ = built(PAGE.replace("Weight", "Wheel"))
    assert "glossary.md has no entry Wheel." in said


def test_section_that_is_gone_is_an_error(built):
    said, _ = built(PAGE.replace("## The second one", "## Another one"))
    assert "Unit: this page has no section #the-second-one." in said


def test_words_of_a_page_that_has_not_changed_stay_in_the_index(built, tmp_path):
    built(PAGE)
    index = tmp_path / "_build" / "html" / "searchindex.js"
    before = json.loads(index.read_text()[len("Search.setIndex(") : -1])["indexentries"]
    assert set(before) == {"bias", "unit", "neuron", "weight"}
    (tmp_path / "more.md").write_text("---\norphan: true\n---\n# More\n")
    built(PAGE)
    after = json.loads(index.read_text()[len("Search.setIndex(") : -1])
    assert len(after["docnames"]) == 3
    assert {word: len(places) for word, places in after["indexentries"].items()} == {
        word: len(places) for word, places in before.items()
    }


def test_search_finds_every_word_in_the_glossary_and_where_it_is_explained(opened, served, part):
    words = list(part("words").entries((ROOT / "book" / "glossary.md").read_text()))
    names = [name for entry in words for name in entry.names]
    with opened(served, "search") as page:
        page.wait_for_function("typeof Search !== 'undefined' && Search.hasIndex()")
        found = page.evaluate(SEARCH, names)
    for entry in words:
        for name in entry.names:
            first = found[name][:FIRST]
            places = [(where, anchor) for where, _, anchor in first]
            assert any(where == "book/glossary" for where, _ in places), (name, first)
            assert (f"book/{entry.page}", f"#{entry.anchor}") in places, (name, first)
            # Each says which section or which word it is, so no two lines look alike.
            shown = [title for _, title, _ in first]
            assert len(shown) == len(set(shown)), (name, shown)


def test_a_reader_sees_the_section_and_comes_to_it(opened, base):
    with opened(base, "search") as page:
        page.wait_for_function("typeof Search !== 'undefined' && Search.hasIndex()")
        page.locator("#search-results").wait_for(state="attached")
        box = page.locator("input[type=search]:visible").first
        box.fill("receptive field")
        box.press("Enter")
        page.wait_for_url("**/search.html?q=receptive*")
        links = page.locator("#search-results li a")
        expect(links.first).to_be_visible()
        shown = links.all_text_contents()[:2]
        assert sorted(shown) == [
            "Depth: small layers in a row > How far does one value see?",
            "Glossary > Receptive field",
        ]
        links.filter(has_text="How far").first.click()
        page.wait_for_url("**/book/05-depth.html*#how-far-does-one-value-see")
