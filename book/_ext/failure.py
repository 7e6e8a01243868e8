"""A build that failed leaves no page behind.

Sphinx does not read an unchanged page again. Without this, the next build would pass, and a page
with a traceback or a broken formula would be published.
"""

from __future__ import annotations

import shutil

from sphinx.application import Sphinx


def leave_nothing_behind(app: Sphinx, exception: Exception | None) -> None:
    """Remove pages and Sphinx's memory of them after an error, or after a warning under -W."""
    strict = app.warningiserror or app.keep_going
    if exception is not None or (strict and app._warncount):
        shutil.rmtree(app.outdir, ignore_errors=True)
        shutil.rmtree(app.doctreedir, ignore_errors=True)


def setup(app: Sphinx) -> None:
    # After everyone else, the theme included.
    app.connect("build-finished", leave_nothing_behind, priority=999)
