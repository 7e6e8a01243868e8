"""What a search finds, and how its results are shown and put in order (search_results.js).

Sphinx writes the search index anew with every build, but takes over from the last one only what it
knows of titles and of text: the index entries of pages that have not changed would be missing, and
with them the words of the glossary. They are kept with the pages, so they are put back from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.index_entries import split_index_msg

RESULTS = Path(__file__).parent / "search_results.js"


def choose_results(app: Sphinx, config: Config) -> None:
    config["html_search_scorer"] = str(RESULTS)


def keep_entries(app: Sphinx) -> Iterable[tuple[str, dict[str, Any], str]]:
    """Give the search index the entries of all pages, just before it is written."""
    for page, entries in app.env.get_domain("index").entries.items():
        app.env._search_index_index_entries[page] = sorted(
            (word, target, main)
            for kind, value, target, main, _ in entries
            for word in split_index_msg(kind, value)
        )
    return ()


def setup(app: Sphinx) -> None:
    app.connect("config-inited", choose_results)
    app.connect("html-collect-pages", keep_entries)
