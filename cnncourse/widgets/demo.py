"""What every live demo shares: one class that works in Jupyter and on a static page."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path
from typing import Any

import anywidget

WIDGETS = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)


def module_text(path: Path) -> str:
    """A JavaScript module with what it imports from files beside it, as one text.

    Jupyter is sent a single text, and a page on a USB stick cannot import files. Names are
    shared by all joined files, so no two of them may declare the same one.
    """
    joined = {path}

    def inline(match: re.Match) -> str:
        imported = path.with_name(f"{match[1]}.js")
        if imported in joined:
            return ""
        joined.add(imported)
        text = IMPORT.sub(inline, imported.read_text(encoding="utf-8"))
        return re.sub("^export (?!default)", "", text, flags=re.MULTILINE) + "\n"

    return IMPORT.sub(inline, path.read_text(encoding="utf-8"))


def style_text(module: str) -> str:
    """The style sheet of one demo: what all demos share, and what it adds where it has its own."""
    sheets = (WIDGETS / "demo.css", WIDGETS / f"{module}.css")
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())


class Demo(anywidget.AnyWidget):
    """A widget whose JavaScript also runs on a page without a kernel.

    A subclass names its module once, `class Pooling(Demo, module="pooling")`, and then
    `pooling.js` beside this file draws it; `demo.css` styles it, and `pooling.css` if there is one.
    Jupyter shows the live view. A static page takes the HTML: the traits as JSON, and a
    picture of the same state for readers without JavaScript. Traits tagged `live=True`
    need a kernel and stay out of it.
    """

    module: str

    def __init_subclass__(cls, *, module: str | None = None, **kwargs: Any) -> None:
        # Every instance gets a subclass of its own (traitlets' add_traits), which names no
        # module. Setting _esm there too would hide the text that Jupyter is to be sent.
        if module is not None:
            cls.module = module
            cls._esm = module_text(WIDGETS / f"{module}.js")
            cls._css = style_text(module)
        super().__init_subclass__(**kwargs)

    def picture(self) -> bytes:
        """The state as a PNG, for print and for readers without JavaScript."""
        raise NotImplementedError

    def describe(self) -> str:
        """The picture in words."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """The traits that a page without a kernel starts from."""
        inherited = anywidget.AnyWidget.class_trait_names()
        own = self.trait_names(sync=True, live=lambda live: not live)
        return {
            name: getattr(self, name)
            for name in own
            if name not in inherited and not name.startswith("_")
        }

    def to_html(self, alt: str | None = None) -> str:
        """The box that the book's host script turns into the running demo.

        `alt` replaces the description of the picture.
        """
        # "</script>" inside a string would end the element.
        state = json.dumps(self.state(), separators=(",", ":"))
        state = state.replace("</", "<\\/")
        picture = base64.b64encode(self.picture()).decode()
        words = html.escape(self.describe() if alt is None else alt)
        return (
            f'<div class="afm" data-module="{self.module}">'
            f'<script type="application/json">{state}</script>'
            f'<img src="data:image/png;base64,{picture}" alt="{words}"></div>'
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        png = base64.b64encode(self.picture()).decode()
        return {**data, "text/html": self.to_html(), "image/png": png}, metadata
