"""Fonts with only the signs that the pages show."""

from __future__ import annotations

import logging
from html.parser import HTMLParser
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont


def cut(source: Path, signs: set[int], target: Path) -> None:
    """Write the font `source` to `target`, as woff2, with the glyphs of these code points."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    cutter = subset.Subsetter(subset.Options(notdef_outline=True))
    with TTFont(source) as font:
        cutter.populate(unicodes=signs)
        cutter.subset(font)
        font.flavor = "woff2"
        font.save(target)


class _Formulas(HTMLParser):
    """Collects the signs inside the visible half of each formula."""

    def __init__(self) -> None:
        super().__init__()
        self.signs: set[int] = set()
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "span" and (self._depth or ("class", "katex-html") in attrs):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.signs.update(map(ord, data))


def signs_of_formulas(page: str) -> set[int]:
    """The code points that a page's formulas show.

    >>> html = '<p>a</p><span class="katex-html"><span>x</span>y</span> z'
    >>> sorted(map(chr, signs_of_formulas(html)))
    ['x', 'y']
    """
    if "katex-html" not in page:
        return set()
    formulas = _Formulas()
    formulas.feed(page)
    return formulas.signs
