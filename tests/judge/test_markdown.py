"""What students write as Markdown is shown, and does nothing."""

from __future__ import annotations

from html import unescape
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
        (r"$\frac{a}{b} + \delta$", r"$\frac{a}{b} + \delta$"),
        ("|a|\n|-|\n|1|", "<td>1</td>"),
        ("[a](https://pytorch.org)", '<a href="https://pytorch.org">a</a>'),
        ("$a < b$ and $x_1$", "$x_1$"),
        ("- one\n- two", "<li>two</li>"),
    ],
)
def test_everyday_text_stays(source: str, html: str) -> None:
    assert html in safe_markdown(source)


@pytest.mark.parametrize(
    "source",
    [
        "<span id='explain_shift'>a</span>",
        "<div class='nbgrader_cell score'>a</div>",
        "# explain_shift",
        "<div class='highlight nbgrader_cell'>a</div>",
    ],
)
def test_text_bears_no_name_of_another_cell(source: str) -> None:
    assert not {"id", "class"} & set(shown(safe_markdown(source)).attributes)


@pytest.mark.parametrize(
    "source",
    [
        r"$\href{javascript:alert(1)}{a}$",
        r"&#92;href{javascript:alert(1)}{a}",
        r"\hr<!-- -->ef{javascript:alert(1)}{a}",
        "$$\n\\href{javascript:alert(1)}{a}\n$$",
        r"$\let\a=\href \a{b}{c}$",
    ],
)
def test_formulas_do_not_act(source: str) -> None:
    assert "\\href" not in unescape(safe_markdown(source))


def test_code_in_a_text_is_coloured() -> None:
    html = safe_markdown("```python\nreturn 1\n```")
    assert '<div class="highlight">' in html
    assert '<span class="k">return</span>' in html


def test_nbconvert_takes_it_for_its_own() -> None:
    config = Config()
    config.HTMLExporter.filters = {"markdown2html": "cnncourse.judge.markdown.safe_markdown"}
    exporter = HTMLExporter(template_name="classic", config=config)
    notebook = new_notebook(cells=[new_markdown_cell(f"before {EVIL[0]} after")])
    page, _ = exporter.from_notebook_node(notebook)
    assert "before &lt;script&gt;alert(1)&lt;/script&gt; after" in page
