"""Where a page can be opened and run: the theme's buttons put right, and a lesson's own links.

Colab opens notebooks only, so a chapter's button goes to the executed notebook that is published
beside the page on the branch gh-pages; a first cell there installs the course. The repository's
address comes from `_config.yml`, for the pages, too: `{{ repository }}` and `{{ clone }}`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import nbformat
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from cnncourse.course import LESSONS

PUBLISHED = "gh-pages"


def name_repository(app: Sphinx, config: Config) -> None:
    """Give pages the repository's address, and the commands that fetch and build the course."""
    url = config.html_theme_options["repository_url"]
    folder = url.rsplit("/", 1)[-1]
    config.myst_substitutions |= {
        "repository": f"[{url.removeprefix('https://')}]({url})",
        "clone": f"```sh\ngit clone {url} && cd {folder}\nmake course\n```",
    }


def places(options: dict[str, Any], notebook: str) -> list[tuple[str, str]]:
    """Name and address of each service of `_config.yml` that can open a notebook of the repository.

    >>> here = {"repository_url": "https://github.com/us/course", "repository_branch": "main"}
    >>> services = {"colab_url": "https://colab", "jupyterhub_url": "https://hub"}
    >>> for name, address in places({**here, "launch_buttons": services}, "ex/a.ipynb"):
    ...     print(name, address.split("&")[0])
    Colab https://colab/github/us/course/blob/main/ex/a.ipynb
    JupyterHub https://hub/hub/user-redirect/git-pull?repo=https%3A//github.com/us/course
    """
    url, branch = options["repository_url"], options["repository_branch"]
    owner, name = url.rsplit("/", 2)[1:]
    services = options["launch_buttons"]
    found = []
    if colab := services.get("colab_url"):
        found.append(("Colab", f"{colab}/github/{owner}/{name}/blob/{branch}/{notebook}"))
    if binder := services.get("binderhub_url"):
        path = urlencode({"urlpath": f"lab/tree/{notebook}"}, safe="/")
        found.append(("Binder", f"{binder}/v2/gh/{owner}/{name}/{branch}?{path}"))
    if hub := services.get("jupyterhub_url"):
        pull = {"repo": url, "branch": branch, "urlpath": f"lab/tree/{name}/{notebook}"}
        query = urlencode(pull, safe="/")
        found.append(("JupyterHub", f"{hub}/hub/user-redirect/git-pull?{query}"))
    return found


def add_lesson(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Tell the template of a chapter, or of its exercises, where the two are."""
    for lesson in LESSONS:
        chapter, exercise = _page(lesson.chapter), _page(lesson.exercise)
        if pagename in (chapter, exercise):
            context["lesson"] = {
                "number": lesson.number,
                "pages": [("Chapter", chapter), ("Exercises", exercise)],
                "notebook": f"_sources/{lesson.exercise.as_posix()}",
                "places": places(app.config.html_theme_options, lesson.exercise.as_posix()),
            }


def _page(path: Path) -> str:
    return path.with_suffix("").as_posix()


def mend_colab(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Point the Colab button of a text chapter to its published notebook."""
    if doctree is None or context.get("page_source_suffix") != ".md":
        return
    links = [
        button
        for group in context.get("header_buttons", [])
        for button in group.get("buttons", [])
        if button.get("text") == "Colab"
    ]
    source = f"/blob/{app.config.html_theme_options['repository_branch']}/{pagename}.md"
    for link in links:
        if not link["url"].endswith(source):
            raise ExtensionError(f"The theme links to Colab in a new way: {link['url']}")
        target = f"/blob/{PUBLISHED}/_sources/{pagename}.ipynb"
        link["url"] = link["url"].removesuffix(source) + target
    if links:
        _complete(Path(app.outdir, "_sources", f"{pagename}.ipynb"), app)


def _complete(path: Path, app: Sphinx) -> None:
    # What lies there has no outputs: myst-nb shows them from the cache, and does not write them.
    bare = nbformat.read(path, as_version=4)
    cache = get_cache(app.config.nb_execution_cache_path)
    _, notebook = cache.merge_match_into_notebook(bare)
    cell = nbformat.v4.new_code_cell(
        "# Only where the course is missing, as on Colab.\n"
        "import importlib.util\n\n"
        'if importlib.util.find_spec("cnncourse") is None:\n'
        f"    %pip install --quiet git+{app.config.html_theme_options['repository_url']}"
    )
    cell["id"] = "install-the-course"
    notebook.cells.insert(0, cell)
    nbformat.write(notebook, path)


def setup(app: Sphinx) -> None:
    app.connect("config-inited", name_repository)
    app.connect("html-page-context", add_lesson)
    # After the theme, which adds its buttons at priority 501.
    app.connect("html-page-context", mend_colab, priority=900)
