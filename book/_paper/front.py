"""The title page and the table of contents, and the line at the foot of every sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from .contents import Chapter
from .printing import INSIDE

SERIF = '"Iowan Old Style", Palatino, "URW Palladio L", Georgia, "DejaVu Serif", serif'
SANS = "system-ui, Helvetica, Arial, sans-serif"
STYLE = f"""
@page {{ size: A4; margin: 22mm 20mm 24mm; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; font: 10pt/1.45 {SANS}; color: #1f2a30; }}
a {{ color: inherit; text-decoration: none; }}
.title {{ height: 245mm; break-after: page; border-left: 5mm solid #14616b;
  padding: 70mm 0 0 12mm; }}
.title h1 {{ margin: 0 0 8mm; font: 600 34pt/1.15 {SERIF}; }}
.title p {{ margin: 0 0 3mm; font-size: 12pt; color: #52606a; max-width: 120mm; }}
h2 {{ margin: 0 0 6mm; font: 600 20pt/1.2 {SERIF}; }}
h3 {{ margin: 6mm 0 1mm; font-size: 8pt; letter-spacing: 0.08em; text-transform: uppercase;
  color: #52606a; break-after: avoid; }}
ul {{ list-style: none; margin: 0; padding: 0; }}
li ul {{ padding-left: 6mm; font-size: 8.4pt; color: #3b474d; }}
.columns {{ columns: 2; column-gap: 12mm; }}
li > a {{ display: flex; gap: 3mm; break-inside: avoid; }}
li > a span:last-child {{ margin-left: auto; font-variant-numeric: tabular-nums; }}
.chapter > a {{ margin-top: 1.6mm; font-weight: 600; break-after: avoid; }}
"""
FOOT = f"""
@page {{ size: A4; margin: 0; }}
body {{ margin: 0; font: 8pt {SANS}; color: #52606a; }}
div {{ position: relative; height: 297mm; overflow: hidden; break-after: page; }}
div:last-child {{ break-after: auto; }}
p {{ position: absolute; left: 17mm; right: 17mm; bottom: 9mm; margin: 0; display: flex; }}
p span:last-child {{ margin-left: auto; }}
"""


def title_and_contents(title: str, address: str, chapters: Sequence[Chapter]) -> str:
    """HTML. The numbers are right once each chapter knows its first sheet."""
    return "".join(
        (
            f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><style>{STYLE}</style>',
            f'<section class="title"><h1>{escape(title)}</h1>',
            "<p>All chapters on paper. The demos run, the questions answer and the exercises are "
            "checked on the site:</p>",
            f'<p><a href="{escape(address)}">{escape(address.removeprefix("https://"))}</a></p>',
            '</section><h2>Contents</h2><div class="columns">',
            *_parts(chapters),
            "</div></html>",
        )
    )


def _parts(chapters: Sequence[Chapter]) -> Iterator[str]:
    for part, members in groupby(chapters, key=lambda chapter: chapter.part):
        yield f"<h3>{escape(part)}</h3>" if part else ""
        yield "<ul>"
        for chapter in members:
            yield f'<li class="chapter">{_line(chapter, chapter.title, "", 0)}<ul>'
            for section in chapter.sections:
                yield f"<li>{_line(chapter, section.title, section.anchor, section.sheet)}</li>"
            yield "</ul></li>"
        yield "</ul>"


def _line(chapter: Chapter, title: str, anchor: str, sheet: int) -> str:
    address = INSIDE + chapter.page + (f"#{anchor}" if anchor else "")
    number = chapter.first + sheet + 1
    return f'<a href="{escape(address)}"><span>{escape(title)}</span><span>{number}</span></a>'


def feet(titles: Sequence[str]) -> str:
    """HTML with a line for each sheet: what it belongs to, and its number. None on the first."""
    lines = [
        f"<div><p><span>{escape(title)}</span><span>{number}</span></p></div>"
        if title
        else "<div></div>"
        for number, title in enumerate(titles, start=1)
    ]
    head = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><style>{FOOT}</style>'
    return f"{head}{''.join(lines)}</html>"
