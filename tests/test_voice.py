"""One word for one thing, one letter for one thing, one way to cite a source, in all texts."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from chapter_text import CELL, Chapter

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[1]
CHAPTERS = [Chapter(ROOT / lesson.chapter) for lesson in LESSONS]
PAGES = [ROOT / "book" / f"{name}.md" for name in ("intro", "notation", "networks", "experiments")]
NOTEBOOKS = sorted(ROOT.glob("solutions/*/*.py"))

# What a learner would have to take for a second thing: the word to write instead, and the places
# where the other one may stand, because it is introduced or quoted there.
INSTEAD = {
    r"\bneurons?\b": ("unit", ()),
    r"\bactivation maps?\b": ("feature map", ()),
    r"\bskip connections?\b": ("shortcut", ("called a **shortcut**, or skip connection",)),
    r"\bfully[- ]connected\b": (
        "dense",
        ("also called *linear* or *fully connected*", "F is *fully connected*, or dense"),
    ),
    r"\bmultipl(?:y|ication)-add": ("multiply-accumulate", ()),
    r"\bunseen\b": ("held-out or new", ()),
    r"\b(?:validation|test) (?:set|images|examples|pictures)\b": ("held-out examples", ()),
    r"\bthousand million": ("billion", ()),
    r"\btime series\b": ("signals in time", ()),
    r"\bpositions? (?:inside|of) the (?:kernel|window)\b": ("place", ()),
    r"\bhyper-?parameters?\b": ("what is meant", ()),
}
# A quotation, the title of a source, a name in code, the words that a box sets right.
QUOTED = re.compile(r"“[^”]*”|\[[^\]]*\]\([^)]*\)|`[^`]*`")
TEXTS = [*(chapter.path for chapter in CHAPTERS), *PAGES, *NOTEBOOKS]


def prose(path: Path) -> str:
    """What a person reads on a page or in a notebook, and what a figure is said to show."""
    text = path.read_text()
    if path.suffix == ".py":
        cells = re.findall(r"^# %% \[markdown\][^\n]*\n((?:#[^\n]*\n)*)", text, re.MULTILINE)
        text = re.sub(r"^# ?", "", "\n".join(cells), flags=re.MULTILINE)
    else:
        cells = [re.sub(r"\ntags:.*", "", cell, flags=re.DOTALL) for cell in CELL.findall(text)]
        described = [cell for cell in cells if cell.startswith("---")]
        text = CELL.sub("", text) + "\n".join(described)
    return re.sub(r"\s+", " ", QUOTED.sub("", text))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_one_word_for_one_thing(path: Path):
    text = prose(path)
    for pattern, (better, allowed) in INSTEAD.items():
        rest = text
        for passage in allowed:
            rest = rest.replace(passage, "")
        found = re.search(f".{{0,40}}(?:{pattern}).{{0,40}}", rest, re.IGNORECASE)
        assert not found, f"“{found[0]}”: say {better}"


def test_a_forbidden_word_would_be_found(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("---\n---\nThree\nneurons, “a neuron”, `neuron`.\n")
    assert re.findall(r"\bneurons?\b", prose(page)) == ["neurons"]


# One letter for one thing --------------------------------------------------------------------
FORMULA = re.compile(r"\$\$(.*?)\$\$|\$([^$\n]+(?:\n[^$\n]+)?)\$", re.DOTALL)
NO_LETTERS = re.compile(
    r"\\(?:text|operatorname|begin|end|frac\{\\partial)\{[^}]*\}|\\\\\[\w+\]|\\[a-zA-Z]+"
)
# Letters of one chapter alone, which says what they are.
ALONE = {
    "02-convolution": {"g", "u", "v"},  # change of brightness; row and column of a pixel
    "03-weight-sharing": {"m"},  # by how many pixels a picture moves
    "06-representations": {"I"},  # the identity matrix
}


def letters(text: str) -> set[str]:
    """All letters of the formulas of a page."""
    found = [block or inline for block, inline in FORMULA.findall(CELL.sub("", text))]
    return {letter for one in found for letter in re.findall("[A-Za-z]", NO_LETTERS.sub(" ", one))}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.path.stem)
def test_letters_of_a_chapter_are_on_the_page_about_notation(chapter: Chapter):
    known = letters((ROOT / "book" / "notation.md").read_text())
    alone = ALONE.get(chapter.path.stem, set())
    assert letters(chapter.text) - known == alone


def test_no_letter_is_explained_twice():
    rows = (ROOT / "book" / "notation.md").read_text().split("## Letters")[1].split("##")[0]
    named = re.findall(r"^\| ([^|]+) \|", rows, re.MULTILINE)
    one_by_one = [letter for names in named for letter in re.findall(r"\$[^$]+\$", names)]
    assert len(one_by_one) > 30
    assert len(one_by_one) == len(set(one_by_one))


# Sources -------------------------------------------------------------------------------------
SOURCE = re.compile(r"\[([^\]]+)\]\(([^)]+)\), (\d{4})")
# First in print, a month before it came to arXiv.
BEFORE_ARXIV = {"1701.04128": "2016"}


def sources(chapter: Chapter) -> list[tuple[str, str, str]]:
    """Title, address and year of each source at a chapter's end."""
    text = re.sub(r"\s+", " ", chapter.text.split("## Sources")[1])
    return SOURCE.findall(text)


def test_a_source_is_cited_in_one_way():
    cited = defaultdict(set)
    for chapter in CHAPTERS:
        for title, address, year in sources(chapter):
            cited[address].add((title, year))
            cited[title.lower()].add((address, year))
    assert {key: ways for key, ways in cited.items() if len(ways) > 1} == {}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.path.stem)
def test_the_year_of_a_source_is_that_of_its_first_version(chapter: Chapter):
    for title, address, year in sources(chapter):
        number = re.search(r"arxiv\.org/abs/(\d\d)\d\d\.\d+", address)
        if number:
            identity = address.rsplit("/", 1)[1]
            assert year == BEFORE_ARXIV.get(identity, f"20{number[1]}"), title
