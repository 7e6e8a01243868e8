"""A small site with demos, built by the book's own extension and opened from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sphinx.cmd.build import main as sphinx_build

from cnncourse.widgets.convolution import Convolution

ROOT = Path(__file__).parents[2]
WITH_DIRECTIVE = """# A page

```{anywidget} cnncourse/widgets/convolution.js
:alt: A kernel slides over a digit.
{"padding": 1}
```
"""
CONFIGURATION = """
extensions = ["myst_parser", "_ext.demos"]
html_theme = "basic"
html_copy_source = False
exclude_patterns = ["cnncourse"]
"""


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, str], str], Path]:
    """Builds a site from pages by name, with the given flags; returns its folder."""

    def build(pages: dict[str, str], flags: str = "-qW") -> Path:
        source, target = (tmp_path_factory.mktemp(name) for name in ("source", "site"))
        # The directive names a file of the course by its path from the page.
        (source / "cnncourse").symlink_to(ROOT / "cnncourse")
        (source / "conf.py").write_text(CONFIGURATION)
        contents = "\n".join(pages)
        (source / "index.md").write_text(f"# Start\n\n```{{toctree}}\n{contents}\n```\n")
        for name, text in pages.items():
            (source / f"{name}.md").write_text(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(ROOT / "book")
            assert sphinx_build([flags, str(source), str(target)]) == 0
        return target

    return build


@pytest.fixture(scope="session")
def site(build: Callable[..., Path]) -> Path:
    """A site with `plain.html` (no demo), `demo.html` (one) and `cell.html` (two)."""
    box = Convolution("photograph", "Laplacian").to_html()
    return build(
        {
            "plain": "# No demo\n",
            "demo": WITH_DIRECTIVE,
            # As MyST-NB puts it: with class names around it that the demo uses inside.
            "cell": f'# From a cell\n\n<div class="output">{box}</div>\n\nAgain:\n\n{box}\n',
        }
    )
