"""Formulas are set by KaTeX while the site is built, so that readers need no script for them.

KaTeX runs in an embedded JavaScript engine. A formula that it cannot read is a warning, which the
build turns into an error.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

VENDOR = Path(__file__).parent / "vendor"
NUMBERED = re.compile(r"\\(begin|end)\{(align|gather|equation|alignat)\}")
# Wider than a phone, about: such a formula scrolls, and must do so by keyboard, too.
WIDE = 30

logger = logging.getLogger(__name__)


@cache
def _engine() -> MiniRacer:
    engine = MiniRacer()
    engine.eval((VENDOR / "katex.min.js").read_text(encoding="utf-8"))
    return engine


@cache
def render(tex: str, *, display: bool = False) -> str:
    """HTML and MathML of a formula; ValueError says what KaTeX could not read.

    >>> render("n + 1").startswith('<span class="katex">')
    True
    """
    # KaTeX would number these by itself, beside the numbers that Sphinx gives.
    tex = NUMBERED.sub(r"\\\1{\2*}", tex)
    options = {"displayMode": display, "throwOnError": True, "strict": "ignore"}
    call = f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"
    answer = _engine().eval(
        "(() => { try { return JSON.stringify({html: " + call + "}) }"
        " catch (error) { return JSON.stringify({error: error.message}) } })()"
    )
    parsed = json.loads(str(answer))
    if "error" in parsed:
        raise ValueError(parsed["error"])
    return parsed["html"]


def _render_node(node: nodes.Element, *, display: bool) -> str:
    try:
        return render(node.astext(), display=display)
    except ValueError as error:
        logger.warning("KaTeX cannot set %r: %s", node.astext(), error, location=node)
        return f"<code>{node.astext()}</code>"


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    html = _render_node(node, display=False)
    translator.body.append(f'<span class="math">{html}</span>')
    raise nodes.SkipNode


def visit_display(translator: HTML5Translator, node: nodes.math_block) -> None:
    attributes: dict[str, Any] = {"CLASS": "math"}
    if len(node.astext()) > WIDE:
        attributes |= {"tabindex": "0", "role": "group", "aria-label": _("Formula")}
    translator.body.append(translator.starttag(node, "div", **attributes))
    translator.body.append(_render_node(node, display=True))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def add_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Only pages with a formula load KaTeX's style sheet and fonts."""
    if 'class="katex"' in context.get("body", ""):
        app.add_css_file("katex/katex.min.css")


def add_files(app: Sphinx) -> None:
    app.config.html_static_path.append(str(VENDOR / "static"))


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", add_style)
