"""What the site needs beyond Jupyter Book: one Sphinx extension, one file for each thing.

execution  runs the chapters in parallel; forgets their outputs when the course changes
failure    leaves no page behind when a build fails
formulas   sets formulas with KaTeX while the site is built
numbers    how much there is of everything, for sentences: {{ exercises }}
contents   the {course-table} and {lesson-list} directives: all lessons (chapters, hours)
course_map the {course-map} and {course-ways} directives: what needs what (map_picture)
exercise_table  the {exercise-table} directive: everything there is to do
zoo        the {zoo} directive: the wrong answers that each grader recognises
verdict    the {verdict} directive: a wrong answer, graded while the page is built
quiz       the {quiz} directive (spoken: formulas in words)
words      the {words} directive: a chapter's words, as the glossary explains them
search     what a search finds and shows (search_results.js)
demos      the course's widgets, alive on a page without a kernel
sharing    titles, descriptions, preview pictures, the list for search engines
accessible what docutils and myst-nb tell those who hear a page
launch     download, Colab, Binder and JupyterHub; from a chapter to its exercises and back
licences   the {licence-table} directive: whose work the site carries; the version
theme      the templates that differ from the theme's, and the style sheet
trim       cuts the site down to what its pages use (fonts, styles)
offline    refuses a site that would ask another server for anything
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import offline, trim

PARTS = (
    "execution",
    "failure",
    "formulas",
    "numbers",
    "contents",
    "course_map",
    "exercise_table",
    "zoo",
    "verdict",
    "quiz",
    "words",
    "search",
    "demos",
    "sharing",
    "accessible",
    "launch",
    "licences",
    "theme",
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part."""
    for part in PARTS:
        app.setup_extension(f"_ext.{part}")
    app.connect("build-finished", finish, priority=900)
    # Jupyter Book sets it even where sphinx_comments, which knows it, is left out.
    app.add_config_value("comments_config", {}, "")
    # Sphinx must not read in parallel: the cache of execution has a single writer.
    return {"parallel_read_safe": False, "parallel_write_safe": True}


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Trim and examine the finished site."""
    if exception is None and app.builder.format == "html":
        trim.trim(Path(app.outdir))
        offline.refuse_foreign_requests(Path(app.outdir))
