"""Whose work the site carries, under which terms, and which version of the course it shows.

Scripts, styles and icons on the pages come from the packages below. Their licences ask to go
along, so they are copied beside them. `{licence-table}` lists them; `{{ version }}` and
`{{ citation }}` say what this is, from pyproject.toml and CITATION.cff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import files, metadata
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from cnncourse.version import course_version

ROOT = Path(__file__).parents[2]
# Each puts files of its own into the site.
PACKAGES = (
    "sphinx",
    "sphinx-book-theme",
    "pydata-sphinx-theme",
    "sphinx-design",
    "sphinx-copybutton",
    "myst-nb",
)
FOLDER = "_static/licences"
LICENCE = re.compile(r"licen[cs]e|copying", re.IGNORECASE)


def licence_texts(package: str) -> str:
    """All licence texts that a package brings. ExtensionError where it brings none."""
    found = [file for file in files(package) or () if LICENCE.search(file.name)]
    if not found:
        raise ExtensionError(f"{package} has no licence file any more: see {__file__}.")
    return "\n\n".join(
        f"{file.name}\n\n{Path(file.locate()).read_text(encoding='utf-8')}" for file in found
    )


def licence_name(package: str) -> str:
    """How a package calls its licence, such as "MIT License"."""
    about = metadata(package)
    named = [one for one in about.get_all("Classifier", []) if one.startswith("License")]
    return about.get("License-Expression") or named[0].rsplit(" :: ", 1)[-1]


class LicenceTable(SphinxDirective):
    """One row for each package, with a link to its licence."""

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        container = nodes.container()
        text = StringList(list(rows(up)), self.get_source_info()[0])
        self.state.nested_parse(text, 0, container)
        return container.children


def rows(up: str) -> Iterator[str]:
    """The table in Markdown; `up` leads from the page to the site's top."""
    yield "| package | version | licence |"
    yield "|---|---|---|"
    for package in PACKAGES:
        about = metadata(package)
        link = f'<a href="{up}{FOLDER}/{package}.txt">{licence_name(package)}</a>'
        yield f"| {about['Name']} | {about['Version']} | {link} |"


def citation() -> str:
    """CITATION.cff as a line in a list of references."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = ", ".join(author["name"] for author in cited["authors"])
    return (
        f"{authors} ({cited['date-released'].year}). *{cited['title']}* "
        f"(version {cited['version']}). <{cited['repository-code']}>"
    )


def name_version(app: Sphinx, config: Config) -> None:
    config.version = config.release = course_version()
    config.myst_substitutions |= {"version": course_version(), "citation": citation()}


def copy_licences(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            (folder / f"{package}.txt").write_text(licence_texts(package), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("licence-table", LicenceTable)
    app.connect("config-inited", name_version)
    app.connect("build-finished", copy_licences)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
