"""What a page tells search engines and those who share it: title, description, picture, address.

The site's address follows from the repository's in `_config.yml`, as GitHub Pages makes it; a
site elsewhere says `html: baseurl:` there. All of it are names only: no browser asks for them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docutils import nodes
from jinja2.filters import do_striptags
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from cnncourse.course import LESSONS, Lesson

from . import preview

LENGTH = 200  # what a search engine shows, and a little more
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`“])")
PREVIEWS = "_static/previews"
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="refresh" content="0; url={page}.html" />
<title>{title}</title>
<link rel="canonical" href="{address}" />
{tags}
</head>
<body><p><a href="{page}.html">{title}</a></p></body>
</html>
"""


def name_address(app: Sphinx, config: Config) -> None:
    """Set the address under which the site is published, unless `_config.yml` names one."""
    if not config.html_baseurl:
        owner, name = config.html_theme_options["repository_url"].rsplit("/", 2)[1:]
        config.html_baseurl = f"https://{owner.lower()}.github.io/{name}/"


def sentences(text: str, length: int = LENGTH) -> str:
    """The first whole sentences that fit into so many characters; if none does, its first words.

    >>> sentences("A window slides. It has a size. And more.", 32)
    'A window slides. It has a size.'
    >>> sentences("Everything in a single sentence", 22)
    'Everything in a …'
    """
    kept = ""
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        if len(kept) + len(sentence) + 1 > length:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or f"{text[: length - 2].rsplit(' ', 1)[0]} …"


def describe(env: BuildEnvironment, pagename: str, doctree: nodes.document) -> str:
    """A page in a few sentences: its own description, its exercises, or how it begins."""
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return " ".join(meta["content"].split())
    for lesson in LESSONS:
        if pagename == _page(lesson.exercise):
            return _exercises(lesson, env.titles[_page(lesson.chapter)].astext())
    paragraphs = (node for node in doctree.findall(nodes.paragraph))
    return sentences(
        " ".join(node.astext() for node in paragraphs if isinstance(node.parent, nodes.section))
    )


def _exercises(lesson: Lesson, chapter: str) -> str:
    count = len(lesson.exercises) + len(lesson.explanations)
    names = [one.name for one in lesson.exercises]
    return (
        f"{count} exercises for lesson {lesson.number}, “{chapter}”, each with a check that "
        f"names what went wrong: {', '.join(names)}."
    )


def _page(path: Path) -> str:
    return path.with_suffix("").as_posix()


def picture_of(pagename: str) -> str:
    """Where a page's preview lies in the site.

    >>> picture_of("book/02-convolution")
    '_static/previews/book-02-convolution.png'
    """
    return f"{PREVIEWS}/{pagename.replace('/', '-')}.png"


def properties(app: Sphinx, pagename: str, title: str, description: str) -> list[tuple[str, str]]:
    """What Open Graph wants to know; Twitter reads the same."""
    base = app.config.html_baseurl
    # The index only sends to the first page, and is shared in its name.
    page = app.config.root_doc if pagename == "index" else pagename
    return [
        ("og:type", "website" if page == app.config.root_doc else "article"),
        ("og:site_name", app.config.html_title),
        ("og:title", title),
        ("og:description", description),
        ("og:url", f"{base}{page}.html"),
        ("og:image", base + picture_of(page)),
        ("og:image:width", str(preview.WIDTH)),
        ("og:image:height", str(preview.HEIGHT)),
        ("og:image:alt", title),
    ]


def add_names(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the template the page's title and what it says of itself."""
    course = app.config.html_title
    title = html.unescape(do_striptags(context.get("title") or "Search"))
    if doctree is None:
        description = f"Look up a word in all chapters and exercises of the course: {course}."
    else:
        description = describe(app.env, pagename, doctree)
    context["page_title"] = html.escape(title if title == course else f"{title} — {course}")
    context["sharing"] = {
        "description": description,
        "properties": properties(app, pagename, title, description),
    }


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Draw the previews; write the index, and the lists that search engines read."""
    if exception is not None or app.builder.format != "html":
        return
    site, base, root = Path(app.outdir), app.config.html_baseurl, app.config.root_doc
    for pagename in (*app.env.found_docs, "search"):
        draw_preview(app, site, pagename)
    title = app.config.html_title
    description = describe(app.env, root, app.env.get_doctree(root))
    tags = [f'<meta name="description" content="{html.escape(description)}" />']
    for name, value in properties(app, "index", title, description):
        tags.append(f'<meta property="{name}" content="{html.escape(value)}" />')
    tags.append('<meta name="twitter:card" content="summary_large_image" />')
    index = INDEX.format(
        page=root, title=html.escape(title), address=f"{base}{root}.html", tags="\n".join(tags)
    )
    (site / "index.html").write_text(index, encoding="utf-8")
    (site / "sitemap.xml").write_text("\n".join(sitemap(app, base)), encoding="utf-8")
    # Search engines look for it at the top of a host: it counts where the course has its own.
    robots = f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    (site / "robots.txt").write_text(robots, encoding="utf-8")


def sitemap(app: Sphinx, base: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    for pagename in sorted(app.env.found_docs):
        yield f"<url><loc>{escape(f'{base}{pagename}.html')}</loc></url>"
    yield "</urlset>\n"


def draw_preview(app: Sphinx, site: Path, pagename: str) -> None:
    """The picture of one page: its title, beside the first picture on it or on its chapter."""
    titles = app.env.titles
    title = titles[pagename].astext() if pagename in titles else "Search"
    above, source = "", pagename
    for lesson in LESSONS:
        if pagename == _page(lesson.chapter):
            above = f"Lesson {lesson.number}"
        elif pagename == _page(lesson.exercise):
            above, source = f"Exercises for lesson {lesson.number}", _page(lesson.chapter)
    picture = preview.first_picture(site / f"{source}.html")
    picture = picture or preview.first_picture(site / f"{app.config.root_doc}.html")
    below = "" if title == app.config.html_title else app.config.html_title
    preview.write(site / picture_of(pagename), preview.Card(title, above, below), picture)


def setup(app: Sphinx) -> None:
    app.connect("config-inited", name_address)
    app.connect("html-page-context", add_names)
    app.connect("build-finished", write_files)
