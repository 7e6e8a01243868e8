"""What the site hands out: exercises without their solutions, chapters that run elsewhere."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
import yaml

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]
# What nbgrader takes out of a notebook when it is released.
MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS")
BLOCK = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


def test_solutions_stay_at_home(site):
    for path in site.rglob("*"):
        # There, how to write an exercise is told with an example.
        told = "/book/teach/" in path.as_posix()
        if path.suffix in (".html", ".js", ".ipynb", ".md") and not told:
            text = path.read_text(encoding="utf-8")
            assert not [marker for marker in MARKERS if marker in text], path


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_no_line_of_a_solution_is_in_its_exercise(site, lesson):
    solution = (ROOT / lesson.solution).read_text()
    blocks = re.findall(BLOCK, solution)
    assert len(blocks) >= len(lesson.exercises)
    lines = {line.strip() for block in blocks for line in block.splitlines() if len(line) > 30}
    # What also stands outside of the solutions, such as a class's first lines, is given.
    lines -= {line.strip() for line in re.sub(BLOCK, "", solution).splitlines()}
    page = (site / lesson.exercise).with_suffix(".html").read_text()
    shown = html.unescape(re.sub(r"<[^>]+>", "", page))
    notebook = json.loads((site / "_sources" / lesson.exercise).read_text())
    downloaded = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert lines
    assert not [line for line in lines if line in shown or line in downloaded]


def test_exercises_are_shown_empty(site):
    for lesson in LESSONS:
        page = (site / lesson.exercise).with_suffix(".html").read_text()
        assert page.count("NotImplementedError") == len(lesson.exercises)


def test_colab_gets_notebooks(site):
    pages = [path.read_text() for path in site.rglob("*.html")]
    links = {url for page in pages for url in re.findall(r'href="([^"]*//colab\.[^"]*)"', page)}
    assert links
    repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    for url in links:
        branch, path = re.search(r"/blob/([^/]+)/(.+)$", url).groups()
        assert repository.removeprefix("https://github.com/") in url
        assert path.endswith(".ipynb")
        here = site / path if branch == "gh-pages" else ROOT / path
        assert here.is_file(), url


def test_a_published_chapter_installs_the_course_and_has_its_outputs(site):
    for lesson in LESSONS:
        path = site / "_sources" / lesson.chapter.with_suffix(".ipynb")
        cells = json.loads(path.read_text())["cells"]
        assert "pip install --quiet git+https://" in "".join(cells[0]["source"])
        assert [cell for cell in cells[1:] if cell.get("outputs")]


def test_the_repository_is_named_in_one_place():
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    book = [path for path in (ROOT / "book").rglob("*") if path.suffix in (".md", ".py", ".html")]
    assert not [path for path in book if address in path.read_text(encoding="utf-8")]
