"""book/_ext: what each part does and refuses, on pages made for the purpose."""

from __future__ import annotations

import doctest

import pytest
from sphinx.errors import ExtensionError

MATH = {"html_math_renderer": "katex", "myst_enable_extensions": ["amsmath", "dollarmath"]}
PARTS = ("myst_parser", "_ext.formulas", "_ext.quiz")
QUIZ = """
```{{quiz}}
:name: {name}

How wide, for $n = 7$?

{choices}
```
"""
RIGHT = "- [x] $\\frac{7}{2}$\n  Because."
WRONG = "- [ ] 4\n  Not that."


@pytest.mark.parametrize(
    "name",
    [
        "accessible",
        "chapters",
        "fonts",
        "formulas",
        "hours",
        "launch",
        "map_picture",
        "preview",
        "quiz",
        "sharing",
        "spoken",
        "styles",
    ],
)
def test_worked_examples(part, name):
    failed, attempted = doctest.testmod(part(name))
    assert attempted > 0
    assert failed == 0


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (f"How?\n{RIGHT}\n- [ ] 4", "The choice '4' has no reply"),
        (f"How?\n{RIGHT}\n- [ ] 4\n\n{WRONG}", "The choice '4' has no reply"),
        (f"How?\n{RIGHT}", "two choices or more"),
        (f"How?\n{WRONG}\n{WRONG}", "at least one right choice"),
        (f"How?\n{RIGHT}\n{WRONG}\n\nAn afterthought.", "put nothing after it"),
        (f"{RIGHT}\n{WRONG}", "needs a question"),
    ],
)
def test_quiz_that_is_not_whole_is_refused(part, lines, complaint):
    with pytest.raises(ValueError, match=complaint):
        part("quiz").parse(lines.split("\n"))


def test_quiz_on_a_page(build, tmp_path):
    one = QUIZ.format(name="one-right", choices=f"{RIGHT}\n{WRONG}")
    two = QUIZ.format(name="two-right", choices=f"{RIGHT}\n{WRONG}\n{RIGHT}")
    (tmp_path / "index.md").write_text(f"# Page\n{one}{two}")
    done = build(*PARTS, **MATH)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "_build/html/index.html").read_text()
    first, second = page.split('id="two-right"')
    assert 'id="one-right"' in first
    assert (first.count('type="radio"'), first.count('type="checkbox"')) == (2, 0)
    assert (second.count('type="radio"'), second.count('type="checkbox"')) == (0, 3)
    assert page.count('class="quiz-reply"') == 5
    assert 'aria-label="7 over 2"' in page


def test_quiz_without_a_reply_fails_the_build(build, tmp_path):
    quiz = QUIZ.format(name="no-reply", choices=f"{RIGHT}\n- [ ] 4")
    (tmp_path / "index.md").write_text(f"# Page\n{quiz}")
    done = build(*PARTS, **MATH)
    assert done.returncode == 1
    assert "The choice '4' has no reply" in done.stderr


def test_formula_that_cannot_be_set_is_a_warning(build, tmp_path):
    (tmp_path / "index.md").write_text("# Page\n\nFine: $a + b$. Not fine: $\\frac{a$.\n")
    done = build(*PARTS, **MATH)
    assert done.returncode == 1
    assert "KaTeX cannot set" in done.stderr
    assert "a + b" not in done.stderr


def test_numbered_lines_are_numbered_once(build, tmp_path):
    page = "# Page\n\n\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\n\n$$\ne\n$$ (last)\n"
    (tmp_path / "index.md").write_text(f"{page}\nSee {{eq}}`last`.\n")
    done = build(*PARTS, **MATH)
    assert done.returncode == 0, done.stderr
    built = (tmp_path / "_build/html/index.html").read_text()
    assert built.count('class="eqno"') == 2
    assert 'class="tag"' not in built  # KaTeX's own number


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<script src="//cdn.example/x.js"></script>'),
        ("a.html", '<img src="https://cdn.example/x.png">'),
        ("a.html", '<p style="background: url(https://cdn.example/x.png)">'),
        ("a.html", "<style>@import 'https://cdn.example/x.css';</style>"),
        ("a.html", '<script>import("https://cdn.example/x.js")</script>'),
        ("a.css", "@font-face { src: url(https://cdn.example/x.woff2) }"),
        ("a.js", 'fetch("https://cdn.example/x.json")'),
    ],
)
def test_a_request_to_elsewhere_is_refused(part, tmp_path, name, text):
    (tmp_path / "fine.html").write_text('<a href="https://example.org">followed, not loaded</a>')
    part("offline").refuse_foreign_requests(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(ExtensionError, match=r"cdn\.example"):
        part("offline").refuse_foreign_requests(tmp_path)


def test_a_template_without_its_counterpart_is_refused(part, tmp_path):
    part("theme").refuse_stray_templates(part("theme").TEMPLATES)
    (tmp_path / "gone.html").touch()
    with pytest.raises(ExtensionError, match=r"gone\.html"):
        part("theme").refuse_stray_templates(tmp_path)


def test_a_changed_theme_is_noticed(part, tmp_path, monkeypatch):
    (tmp_path / "styles").mkdir()
    (tmp_path / part("trim").SHEET).write_text(".fa-bars:before{content:'x'}")
    monkeypatch.setattr(part("trim"), "THEME", tmp_path)
    with pytest.raises(ExtensionError, match="style sheet has changed"):
        part("trim").trim(tmp_path)
