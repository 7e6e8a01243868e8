"""The {words} directive: the words of a chapter once more, as the glossary explains them.

    ```{words}
    Stride
    Dilation
    ```

A line names an entry of glossary.md beside the page, the one place where its definition stands. The
list shows the definition and links to the entry. Where an entry says that this chapter explains it,
the search finds the section under that word.

An entry of the glossary has one name a line, then a definition that ends in the place where the
word is explained:

    Multiply-accumulate
    MAC
      One product together with its addition. See lesson 5: [](05-depth.md#what-a-layer-costs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FENCE = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"\s*See lesson (\d+): \[\]\(([\w-]+)\.md#([\w-]+)\)\.$")


@dataclass(frozen=True)
class Entry:
    """A word with its other names, what it means, and the section that explains it."""

    names: tuple[str, ...]
    text: str
    lesson: int
    page: str
    anchor: str


def entries(page: str) -> Iterator[Entry]:
    """The entries of a glossary page; ValueError for one that does not say where it is explained.

    >>> page = "```{glossary}\\nStep\\n  A time. See lesson 10: [](10-tcn.md#one-row).\\n```\\n"
    >>> next(entries(page))
    Entry(names=('Step',), text='A time.', lesson=10, page='10-tcn', anchor='one-row')
    """
    for block in "\n".join(FENCE.findall(page)).split("\n\n"):
        lines = block.strip("\n").splitlines()
        names = tuple(line for line in lines if not line.startswith(" "))
        text = " ".join(line.strip() for line in lines[len(names) :])
        place = PLACE.search(text)
        if place is None:
            wanted = "See lesson 5: [](05-depth.md#a-section)."
            raise ValueError(f"The entry {', '.join(names)} has to end in “{wanted}”")
        yield Entry(names, text[: place.start()], int(place[1]), place[2], place[3])


class Words(SphinxDirective):
    """A definition list, and an index entry for each word that this page explains."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        glossary = Path(self.env.doc2path(self.env.docname)).with_name("glossary.md")
        self.env.note_dependency(str(glossary))
        if not glossary.exists():
            raise self.error("There is no glossary.md beside this page.")
        try:
            known = {entry.names[0]: entry for entry in entries(glossary.read_text())}
        except ValueError as error:
            raise self.error(str(error)) from error
        unknown = [name for name in self.content if name not in known]
        if unknown:
            raise self.error(f"{glossary.name} has no entry {', '.join(unknown)}.")
        named = [known[name] for name in self.content]
        page = Path(self.env.docname).name
        explained = [entry for entry in named if entry.page == page]
        return [*map(self._findable, explained), *self._listed(named)]

    def _findable(self, entry: Entry) -> nodes.Node:
        found = self.state.document.findall(nodes.section)
        section = next((one for one in found if one.get("slug") == entry.anchor), None)
        if section is None:
            raise self.error(f"{entry.names[0]}: this page has no section #{entry.anchor}.")
        target = section["ids"][0]
        # "main": the search shows it beside the glossary's entry, before pages that use the word.
        return addnodes.index(
            entries=[("single", name, target, "main", None) for name in entry.names]
        )

    def _listed(self, named: list[Entry]) -> list[nodes.Node]:
        lines = []
        for entry in named:
            first, *others = entry.names
            lines += [", ".join([f"{{term}}`{first}`", *others]), f": {entry.text}", ""]
        container = nodes.container()
        text = StringList(lines, self.get_source_info()[0])
        self.state.nested_parse(text, self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> None:
    app.add_directive("words", Words)
