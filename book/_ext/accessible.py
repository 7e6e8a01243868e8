"""Mends what docutils and myst-nb tell those who hear a page instead of seeing it."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# It hides the words that stand in the summary, such as "Show the code".
SUMMARY_NAME = '<summary aria-label="Toggle hidden content">'
EMPTY_HEAD = re.compile(r'<th class="head[^>]*>(<p>\s*</p>)?</th>')


def head_rows(app: Sphinx, doctree: nodes.document, pagename: str) -> None:
    """Where a table's corner is empty, its first column says what each row is about."""
    for group in doctree.findall(nodes.tgroup):
        head = next(group.findall(nodes.thead), None)
        corner = next(head.findall(nodes.entry), None) if head is not None else None
        if corner is not None and not corner.astext().strip():
            next(group.findall(nodes.colspec))["stub"] = 1


def mend_names(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """No heading without words, and no name that differs from what is shown."""
    if "body" in context:
        context["body"] = mended(context["body"])


def mended(body: str) -> str:
    """The HTML of a page with the names put right.

    >>> mended('<tr><th class="head"><p></p></th><th class="head"><p>size</p></th></tr>')
    '<tr><td></td><th class="head"><p>size</p></th></tr>'
    >>> mended('<summary aria-label="Toggle hidden content">Show the code</summary>')
    '<summary>Show the code</summary>'
    """
    return EMPTY_HEAD.sub("<td></td>", body.replace(SUMMARY_NAME, "<summary>"))


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", head_rows)
    app.connect("html-page-context", mend_names)
