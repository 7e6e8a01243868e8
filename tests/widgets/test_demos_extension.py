"""book/_ext/demos.py: what reaches a page, and what a wrong directive says."""

from __future__ import annotations

import json
import re

LOADED = ["demos/demos.css", "demos/convolution.css", "demos/convolution.js", "demos/host.js"]


def test_only_pages_with_a_demo_load_anything(site):
    assert "demos/" not in (site / "plain.html").read_text()
    for name in ("demo.html", "cell.html"):
        page = (site / name).read_text()
        loaded = re.findall(r'(?:href|src)="_static/(demos/[\w.]+)', page)
        assert loaded == LOADED
        assert all((site / "_static" / file).exists() for file in loaded)


def test_directive_begins_where_its_json_says(site):
    page = (site / "demo.html").read_text()
    assert 'alt="A kernel slides over a digit."' in page
    state = json.loads(re.search('<script type="application/json">(.*?)</script>', page)[1])
    assert state["padding"] == 1
    assert state["kernel"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def test_what_a_page_loads_is_small(site):
    sizes = {path.name: len(path.read_bytes()) for path in (site / "_static/demos").glob("*.js")}
    host = sizes.pop("host.js")
    # A page has the host and the demo of one lesson.
    assert all(host + size < 30_000 for size in sizes.values())


def test_a_wrong_directive_says_what_is_wrong(build, capsys):
    module = "cnncourse/widgets/convolution.js"
    wrong = [
        (f"{{anywidget}} {module}\n{{}}", "A demo needs :alt:"),
        (f"{{anywidget}} {module}\n:alt: x\n{{'stride': 2}}", "Expecting property name"),
        (f'{{anywidget}} {module}\n:alt: x\n{{"stride": 9}}', "'stride' trait"),
        (f'{{anywidget}} {module}\n:alt: x\n{{"kernel": "Sobel z"}}', "There is no kernel"),
        ("{anywidget} cnncourse/widgets/board.js\n:alt: x\n{}", "is no demo"),
        ("{anywidget} elsewhere.js\n:alt: x\n{}", "is no demo"),
    ]
    page = "# Wrong\n\n" + "\n\n".join(f"```{body}\n```" for body, _ in wrong)
    build({"wrong": page}, flags="-q")
    said = capsys.readouterr().err
    assert said.count("ERROR") == len(wrong), said
    for _, words in wrong:
        assert words in said
