"""What the chapters print: read from the built site's cache, where each has been executed once."""

from __future__ import annotations

from pathlib import Path

from chapter_text import Chapter
from jupyter_cache import get_cache
from nbformat import NotebookNode

CACHES = Path(__file__).parents[1] / "_build" / ".jupyter_cache"


def executed(chapter: Chapter) -> NotebookNode:
    """A chapter as the built site shows it, with the outputs of its cells."""
    (folder,) = CACHES.iterdir()
    cache = get_cache(folder)
    records = [r for r in cache.list_cache_records() if Path(r.uri) == chapter.path]
    newest = max(records, key=lambda record: record.pk)
    notebook = cache.get_cache_bundle(newest.pk).nb
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source.strip() for cell in chapter.cells]
    assert [cell.source.strip() for cell in cells] == sources, "the site shows another text"
    return notebook


def printed_by(chapter: Chapter, plain: bool = True) -> str:
    """What a chapter printed, cell by cell; with `plain`, values and figures in words too."""
    parts: list[str] = []
    for cell in executed(chapter).cells:
        outputs = cell.get("outputs", [])
        streams = [output for output in outputs if output.output_type == "stream"]
        assert [output.text for output in streams if output.name == "stderr"] == []
        # A slow kernel sends one stream in several pieces.
        parts.append("".join(output.text for output in streams))
        others = [output for output in outputs if output.output_type != "stream"]
        parts += [output.data.get("text/plain", "") for output in others if plain]
    return "\n".join(part for part in parts if part)
