"""The built site, as a reader gets it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Page
from serving import serve

ROOT = Path(__file__).parents[2]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
MODES = {"light": ("light", DESK), "dark": ("dark", DESK), "phone": ("light", PHONE)}


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The site's address over http."""
    with serve(site) as address:
        yield address


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest, site: Path, served: str) -> str:
    """The site's address, from a server and from a disk."""
    return served if request.param == "http" else site.as_uri()


@contextmanager
def _opened(browser: Browser, base: str, name: str, mode: str = "light") -> Iterator[Page]:
    scheme, viewport = MODES[mode]
    ours = (base, "data:", "blob:")
    trouble: list[str] = []

    def note(happened: bool, what: str) -> None:
        trouble.extend([what] if happened else [])

    with browser.new_context(color_scheme=scheme, viewport=viewport) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: note(True, str(error)))
        page.on("console", lambda said: note(said.type in ("error", "warning"), said.text))
        page.on("request", lambda asked: note(not asked.url.startswith(ours), asked.url))
        page.on("response", lambda got: note(got.status >= 400, f"{got.status} {got.url}"))
        # Aborted: the reader went on to another page.
        page.on("requestfailed", lambda lost: note("ABORTED" not in lost.failure, lost.url))
        page.goto(f"{base}/{name}.html", wait_until="load")
        yield page
        assert not trouble


@pytest.fixture
def opened(browser: Browser) -> Callable[..., AbstractContextManager[Page]]:
    """Opens a page that must not complain, nor ask anyone else for anything, while it is open."""
    return partial(_opened, browser)


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Builds the pages of `tmp_path` with parts of our extension."""

    def build(*extensions: str, **settings: object) -> subprocess.CompletedProcess[str]:
        settings = {"extensions": list(extensions), "html_theme": "basic", **settings}
        lines = [f"{name} = {value!r}" for name, value in settings.items()]
        (tmp_path / "conf.py").write_text("\n".join(lines))
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
        folders = ["-d", "_build/doctrees", ".", "_build/html"]
        paths = [str(ROOT / "book"), str(ROOT)]
        return subprocess.run(
            [*command, *folders],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return build


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a part of our extension."""
    monkeypatch.syspath_prepend(ROOT / "book")
    return lambda name: importlib.import_module(f"_ext.{name}")
