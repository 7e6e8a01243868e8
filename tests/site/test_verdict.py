"""A wrong answer on a page is really graded, and only what is recognised may stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncourse.course import find_exercise

ROOT = Path(__file__).parents[2]
PAGE = "# Page\n\n```{{verdict}} relu\n{code}\n```\n"
RIGHT = "def relu(x):\n    return x.clamp(min=0)"
EXTENSIONS = ("myst_parser", "_ext.verdict")


def test_wrong_answer_gets_its_own_sentence(build, tmp_path) -> None:
    (tmp_path / "index.md").write_text(PAGE.format(code="def relu(x):\n    return x.abs()"))
    done = build(*EXTENSIONS)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "_build" / "html" / "index.html").read_text()
    assert 'data-verdict="wrong"' in page
    [name] = re.findall(r'data-misconception="(\w+)"', page)
    assert name in {wrong.name for wrong in find_exercise("relu").misconceptions}
    assert "x.abs()" in re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (RIGHT, "No misconception is recognised"),
        ("def relu(x):\n    return x + 1234567", "No misconception is recognised"),
        ("def rectify(x):\n    return x", "The code has to define relu"),
        ("def relu(x:", "This answer cannot be shown"),
    ],
)
def test_what_is_not_recognised_fails_the_build(build, tmp_path, code, complaint) -> None:
    (tmp_path / "index.md").write_text(PAGE.format(code=code))
    done = build(*EXTENSIONS)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_landing_page_shows_a_recognised_belief(site) -> None:
    page = (site / "book" / "intro.html").read_text()
    [name] = re.findall(r'data-misconception="(\w+)"', page)
    [wrong] = [one for one in find_exercise("cross_correlate2d").misconceptions if one.name == name]
    assert wrong.say in page
