"""What students write as Markdown is shown, and does nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from traitlets.config import Config

from cnncourse.judge.markdown import safe_markdown

EVIL = [
    "<script>alert(1)</script>",
    "<\nscript>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href='x' onclick=alert(1)>a</a>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](javascript&#58;alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:1)",
    "[a]: javascript:alert(1)\n\n[a]",
    "![a](javascript:alert(1))",
    "![a](https://elsewhere.example/who-looks.png)",
    "![a](//elsewhere.example/who-looks.png)",
    "<iframe src='//x'></iframe>",
    "<form action='//x'><input name=y></form>",
    "<style>* { display: none }</style>",
    "<div style='position: fixed'>over everything</div>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, str] = {}

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.add(tag)
        self.attributes |= {name: value or "" for name, value in attributes}


def shown(text: str) -> Page:
    page = Page()
    page.feed(text)
    return page


@pytest.mark.parametrize("source", EVIL)
def test_nothing_acts(source: str) -> None:
    page = shown(safe_markdown(source))
    assert not page.tags & {"script", "svg", "iframe", "form", "input", "style", "math"}
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    for name in ("href", "src"):
        assert ":" not in page.attributes.get(name, "")
        assert not page.attributes.get(name, "").startswith("//")


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* and `x < y`", "<em>a</em> and <code>x &lt; y</code>"),
        ("# A head", "<h1>A head</h1>"),
        ("|a|\n|-|\n|1|", "<td>1</td>"),
        ("[a](https://pytorch.org)", '<a href="https://pytorch.org">a</a>'),
        ("$a < b$ and $x_1$", "$x_1$"),
        ("- one\n- two", "<li>two</li>"),
    ],
)
def test_everyday_text_stays(source: str, html: str) -> None:
    assert html in safe_markdown(source)


def test_nbconvert_takes_it_for_its_own() -> None:
    config = Config()
    config.HTMLExporter.filters = {"markdown2html": "cnncourse.judge.markdown.safe_markdown"}
    exporter = HTMLExporter(template_name="classic", config=config)
    notebook = new_notebook(cells=[new_markdown_cell(f"before {EVIL[0]} after")])
    page, _ = exporter.from_notebook_node(notebook)
    assert "before &lt;script&gt;alert(1)&lt;/script&gt; after" in page
