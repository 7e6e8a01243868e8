"""Chapters run when their code or the course changes, and only then; a failure leaves no page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

CHAPTER = """---
file_format: mystnb
kernelspec:
  name: python3
---

# {title}

```{{code-cell}} python
from pathlib import Path

runs = Path("{title}.runs")
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
{code}
```
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "cnncourse").mkdir()
    (tmp_path / "cnncourse" / "size.py").write_text("HALF = 2\n")
    (tmp_path / "index.md").write_text("# Start\n\n```{toctree}\none\ntwo\n```\n")
    for title in ("one", "two"):
        write(tmp_path, title)
    return tmp_path


def write(book: Path, title: str, code: str = "1 + 1", prose: str = "") -> None:
    (book / f"{title}.md").write_text(CHAPTER.format(title=title, code=code) + prose)


def runs(book: Path) -> dict[str, int]:
    return {path.stem: len(path.read_text()) for path in book.glob("*.runs")}


@pytest.fixture
def build_book(build):
    def build_book() -> subprocess.CompletedProcess[str]:
        return build(
            "myst_nb",
            "_ext.execution",
            "_ext.failure",
            nb_execution_mode="cache",
            exclude_patterns=["_build"],
        )

    return build_book


def test_chapters_run_only_when_something_changed(build_book, book):
    steps = [
        ("first build", lambda: None, {"one": 1, "two": 1}),
        ("nothing changed", lambda: None, {"one": 1, "two": 1}),
        ("prose", lambda: write(book, "one", prose="\nMore.\n"), {"one": 1, "two": 1}),
        ("code", lambda: write(book, "one", "2 + 2"), {"one": 2, "two": 1}),
        (
            "the course",
            lambda: (book / "cnncourse" / "size.py").write_text("HALF = 3\n"),
            {"one": 3, "two": 2},
        ),
    ]
    for what, change, expected in steps:
        change()
        done = build_book()
        assert done.returncode == 0, what + done.stderr
        assert runs(book) == expected, what
    assert "4" in (book / "_build/html/one.html").read_text()


def test_pages_follow_the_course(build_book, book):
    read = "print(Path('cnncourse/size.py').read_text())"
    write(book, "one", read)
    assert build_book().returncode == 0
    (book / "cnncourse" / "size.py").write_text("HALF = 'changed'\n")
    assert build_book().returncode == 0
    assert "changed" in (book / "_build/html/one.html").read_text()


def test_a_chapter_that_raises_fails_the_build_and_leaves_no_page(build_book, book):
    assert build_book().returncode == 0
    size = book / "cnncourse" / "size.py"
    check = "exec(Path('cnncourse/size.py').read_text())\nassert HALF == 2, 'not a half'"
    write(book, "one", check)
    size.write_text("HALF = 5\n")
    failed = build_book()
    assert failed.returncode != 0
    said = failed.stderr
    assert "one.md" in said
    assert "not a half" in said
    assert "two.md failed" not in said
    assert not (book / "_build" / "html").exists()
    size.write_text("HALF = 2\n")
    assert build_book().returncode == 0
    assert "Traceback" not in (book / "_build/html/one.html").read_text()


def test_a_warning_leaves_no_page(build_book, book):
    write(book, "one", prose="\n[nowhere](nowhere.md)\n")
    assert build_book().returncode == 1
    assert not (book / "_build" / "html").exists()
    # Nothing was repaired, so nothing may pass.
    assert build_book().returncode == 1
