"""Build the site into _build/html: python book/build.py

Only what changed is executed and written anew. Any warning makes it fail, with nothing left in
_build/html.
"""

from __future__ import annotations

from pathlib import Path

from jupyter_book.cli.main import build

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    build([str(ROOT), "--warningiserror", "--nitpick", "--keep-going", "--quiet"])
