"""All printed pages in one file: numbers, bookmarks, and links that stay inside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    Fit,
    FloatObject,
    NameObject,
    NullObject,
)

from .contents import Chapter
from .printing import INSIDE


def bind(front: bytes, chapters: Sequence[Chapter], feet: bytes, path: Path, **about: str) -> None:
    """Write the file. KeyError names a link to a page or an anchor that is not on paper."""
    writer = PdfWriter()
    for pdf in (front, *(chapter.pdf for chapter in chapters)):
        writer.append(io.BytesIO(pdf), import_outline=False)
    for sheet, foot in zip(writer.pages, PdfReader(io.BytesIO(feet)).pages, strict=True):
        sheet.merge_page(foot)
        sheet.compress_content_streams()
    _mend_links(writer, chapters)
    for chapter in chapters:
        entry = writer.add_outline_item(title=chapter.title, page_number=chapter.first)
        for section in chapter.sections:
            writer.add_outline_item(
                title=section.title,
                page_number=chapter.first + section.sheet,
                parent=entry,
                fit=Fit.xyz(top=section.top),
            )
    writer.add_metadata({f"/{name.title()}": value for name, value in about.items()})
    writer.page_mode = "/UseOutlines"
    # Each page came with anchors of its own, under the same names.
    for names in ("/Dests", "/Names"):
        writer.root_object.pop(names, None)
    writer.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write(path)


def _place(sheet: DictionaryObject, top: float) -> ArrayObject:
    height = FloatObject(top)
    return ArrayObject(
        [sheet.indirect_reference, NameObject("/XYZ"), NullObject(), height, NullObject()]
    )


def _mend_links(writer: PdfWriter, chapters: Sequence[Chapter]) -> None:
    known = {chapter.page: chapter for chapter in chapters}
    for sheet in writer.pages:
        for annotation in sheet.get("/Annots", []):
            link = annotation.get_object()
            address = link.get("/A", {}).get("/URI", "")
            if address.startswith(INSIDE):
                page, _, anchor = unquote(address.removeprefix(INSIDE)).partition("#")
                chapter = known[page]
                place, top = chapter.places[anchor] if anchor else (0, sheet.mediabox.top)
                link[NameObject("/Dest")] = _place(writer.pages[chapter.first + place], float(top))
                del link["/A"]
