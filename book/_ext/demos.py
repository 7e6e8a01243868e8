"""The course's demos, alive on a page without a kernel.

A demo in a chapter's code cell is already HTML when it arrives here (Demo.to_html). A page
without code cells says the same in a directive, in the words of Jupyter Book 2:

    ```{anywidget} ../cnncourse/widgets/convolution.js
    :alt: What a reader without JavaScript sees, in words.
    {"padding": 1}
    ```

The JSON says what differs from the demo's own beginning. Only pages with a demo load anything.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from traitlets import TraitError

from cnncourse.widgets.demo import WIDGETS, Demo, module_text, style_text

HERE = Path(__file__).parent
BOX = re.compile(r'<div class="afm" data-module="(\w+)">')
# myst-nb copies the state of all widgets into the page, their program text included.
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


def demo_class(path: Path) -> type[Demo]:
    """The class that `path`, a module in cnncourse/widgets, belongs to; ValueError if none."""
    if path.parent.resolve() == WIDGETS.resolve() and path.with_suffix(".py").exists():
        found = vars(importlib.import_module(f"cnncourse.widgets.{path.stem}")).values()
        for value in found:
            if isinstance(value, type) and getattr(value, "module", None) == path.stem:
                return value
    raise ValueError(f"{path} is no demo of cnncourse/widgets.")


class AnywidgetDirective(SphinxDirective):
    """Shows a demo on a page without code cells."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        if "alt" not in self.options:
            raise self.error("A demo needs :alt:, its picture in words.")
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        try:
            begin = json.loads("\n".join(self.content) or "{}")
            demo = demo_class(Path(path))(**begin)
        except (ValueError, TypeError, TraitError) as error:
            raise self.error(f"This demo cannot begin: {error}") from error
        return [nodes.raw("", demo.to_html(self.options["alt"]), format="html")]


def write_files(app: Sphinx) -> None:
    """Put host, modules and styles into the site, each module as text that a script registers.

    They never lie in a `_static` folder of the sources: Jupyter Book would put them on every page.
    """
    if app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", "demos")
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "demos_host.js", target / "host.js")
    shutil.copy(HERE / "demos.css", target / "demos.css")
    for path in WIDGETS.glob("*.js"):
        text = module_text(path)
        if "export default" in text:
            register = f"(window.courseDemos ??= {{}}).{path.stem} = "
            script = register + json.dumps(text, ensure_ascii=False) + ";\n"
            (target / path.name).write_text(script, encoding="utf-8")
            style = target / f"{path.stem}.css"
            style.write_text(style_text(path.stem), encoding="utf-8")


def add_files(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: Any) -> None:
    """Load on this page what its demos need, and nothing where there is none."""
    scripts = context.get("script_files", [])
    scripts[:] = [
        script
        for script in scripts
        if getattr(script, "attributes", {}).get("type") != WIDGET_STATE
    ]
    modules = sorted(set(BOX.findall(context.get("body", ""))))
    if not modules:
        return
    app.add_css_file("demos/demos.css", priority=800)
    for module in modules:
        app.add_css_file(f"demos/{module}.css", priority=800)
        app.add_js_file(f"demos/{module}.js", priority=800, loading_method="defer")
    app.add_js_file("demos/host.js", priority=900, loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and what a page with a demo loads."""
    app.add_directive("anywidget", AnywidgetDirective)
    app.connect("builder-inited", write_files)
    app.connect("html-page-context", add_files, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
