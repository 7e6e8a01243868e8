"""Our templates and style sheets, laid over the theme's.

Every file in `templates` stands for one of the same name in the theme; the comment on top of each
says what is different. If a new theme drops such a file, ours would silently do nothing: that is an
error here. What all of this achieves is tested on the finished site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import imagesize
import pydata_sphinx_theme
import sphinx_book_theme
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
OURS_ALONE = {"lesson-links.html", "sharing.html"}
# This one is read by code inside the page, before deferred scripts run.
AT_ONCE = "_static/documentation_options.js"
IMAGE = re.compile(r'<img (?P<attributes>[^>]*?src="(?P<source>[^"]+)"[^>]*?)\s*/?>')


def refuse_stray_templates(templates: Path) -> None:
    """ExtensionError if one of these templates has nothing to stand for."""
    themes = [Path(theme.__file__).parent for theme in (sphinx_book_theme, pydata_sphinx_theme)]
    known = [path.as_posix() for theme in themes for path in theme.rglob("*.html")]
    for template in templates.rglob("*.html"):
        name = template.relative_to(templates).as_posix()
        if name not in OURS_ALONE and not any(path.endswith(f"/{name}") for path in known):
            raise ExtensionError(f"The theme has no template {name} any more: see {template}.")


def add_files(app: Sphinx) -> None:
    refuse_stray_templates(TEMPLATES)
    app.config.html_static_path.append(str(HERE / "assets"))
    app.add_css_file("course/course.css", priority=900)
    app.add_css_file("course/print.css", priority=901, media="print")


def prepare_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Defer scripts and give images their sizes."""
    for script in context["script_files"]:
        # Pages share these objects. The search page's own scripts call the others at once.
        script.attributes.pop("defer", None)
        if script.filename and script.filename != AT_ONCE and pagename != "search":
            script.attributes["defer"] = "defer"
    if "body" in context:
        page = Path(app.outdir, pagename).parent
        context["body"] = IMAGE.sub(lambda found: _with_size(app, page, found), context["body"])


def _with_size(app: Sphinx, page: Path, found: re.Match[str]) -> str:
    # Without its size, a picture pushes the text down when it arrives.
    attributes, source = found["attributes"], unquote(found["source"])
    if "width" in attributes or "height" in attributes or ":" in source:
        return found[0]
    built = app.builder.images
    for original, name in built.items():
        if source.endswith(f"/{name}"):
            width, height = imagesize.get(Path(app.srcdir, original))
            if width > 0:
                size = f'width="{round(width)}" height="{round(height)}"'
                return f'<img {attributes} {size} loading="lazy"/>'
    return found[0]


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", prepare_page, priority=950)
