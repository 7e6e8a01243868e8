"""Which pages of the site go on paper, in which order: all of `_toc.yml` but the notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

NOTEBOOKS = "exercises/"  # made to be run


@dataclass
class Heading:
    """A title, and where it stands: its anchor, and later its sheet and its height there."""

    title: str
    anchor: str
    sheet: int = 0
    top: float = 0.0


@dataclass
class Chapter:
    """One page of the site, and what printing it made."""

    page: str
    part: str
    title: str = ""
    sections: list[Heading] = field(default_factory=list)
    pdf: bytes = b""
    # Where each anchor is: the sheet, counted from the chapter's first, and the height on it.
    places: dict[str, tuple[int, float]] = field(default_factory=dict)
    sheets: int = 0
    first: int = 0  # its first sheet in the whole


def chapters(root: Path) -> Iterator[Chapter]:
    """All pages for paper, in the order of the site's menu."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    yield Chapter(contents["root"], "")
    for part in contents["parts"]:
        for chapter in part["chapters"]:
            if not chapter["file"].startswith(NOTEBOOKS):
                yield Chapter(chapter["file"], part["caption"])
