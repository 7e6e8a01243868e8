"""The site asks no other server for anything. Links that a reader may follow are no requests."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from sphinx.errors import ExtensionError

FOREIGN = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
IN_SCRIPT = re.compile(r"""["'`]((?:https?|wss?):)?//[\w.-]+\.[a-z]{2,}[^"'`]*""", re.IGNORECASE)
# Addresses that are names of things: a browser never asks for them.
NAMES = re.compile(r"//www\.w3\.org/|//jquery\.com|//github\.com/|//getbootstrap\.com")
LOADS = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}


class _Loads(HTMLParser):
    """Collects what a browser would fetch from elsewhere to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._inside = tag if tag in ("script", "style") else ""
        if tag == "link" and values.get("rel") in ("canonical", "license", "author"):
            return
        for name in LOADS.get(tag, ()):
            if FOREIGN.match(values.get(name, "")):
                self.foreign.append(values[name])
        self.foreign += IN_STYLE.findall(values.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.foreign += IN_STYLE.findall(data)
        if self._inside == "script":
            self.foreign += foreign_in_script(data)


def foreign_in_script(text: str) -> list[str]:
    """Addresses of other servers among the strings of a script."""
    found = [match[0].strip("\"'`") for match in IN_SCRIPT.finditer(text)]
    return [address for address in found if not NAMES.search(address)]


def foreign_requests(path: Path) -> list[str]:
    """What a browser would fetch from elsewhere because of this page, style sheet or script."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".css":
        return IN_STYLE.findall(text)
    if path.suffix == ".js":
        return foreign_in_script(text)
    page = _Loads()
    page.feed(text)
    return page.foreign


def refuse_foreign_requests(site: Path) -> None:
    """ExtensionError names each page, style sheet and script that reaches out."""
    found = [
        f"{path.relative_to(site)}: {address}"
        for path in sorted(site.rglob("*"))
        if path.suffix in (".html", ".css", ".js", ".svg")
        for address in foreign_requests(path)
    ]
    if found:
        raise ExtensionError("The site would ask other servers for:\n" + "\n".join(found))
