"""A stranger who adds a lesson: from one command to a page with a demo, and a check that works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_course import Course, copy_course
from playwright.sync_api import Browser, Page, expect

from cnncourse.course import LESSONS, Lesson

NEW = Lesson("13-segmentation")
EXERCISE = f"{NEW.slug}_example"
# A site of the new lesson alone, with the one word that its chapter explains: the others would
# take minutes.
CONTENTS = f"""format: jb-book
root: {NEW.chapter.with_suffix("").as_posix()}
chapters:
  - file: {NEW.exercise.with_suffix("").as_posix()}
  - file: book/glossary
"""
WORDS = f"""# Glossary

```{{glossary}}
Weight
  A number that is learned. See lesson {NEW.number}: [](NEW.md#how-it-is-computed).
```
""".replace("NEW.md", NEW.chapter.name)
# One of the wrong answers that the example comes with.
WRONG = f"""
from cnncourse import check

def {EXERCISE}(x, factor):
    return x + factor[:, None]

result = check({EXERCISE})
print(result.verdict, result.misconception)
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(copy_course(tmp_path))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def test_from_one_command_to_a_page_with_a_demo(course: Course, page: Page) -> None:
    made = course.command("new", NEW.id)
    assert made.returncode == 0, made.stderr
    join(course.folder)
    released = course.command("release", NEW.id)
    assert released.returncode == 0, released.stderr

    assert f"{NEW.id}: 1 exercises, 1 points" in course.command("list").stdout
    (course.folder / "wrong_answer.py").write_text(WRONG)
    assert course.run("wrong_answer").stdout == "wrong adds_instead\n"

    built = course.run("book.build")
    assert built.returncode == 0, built.stdout + built.stderr
    page.goto((course.folder / "_build" / "html" / NEW.chapter.with_suffix(".html")).as_uri())
    page.wait_for_selector(".afm[data-state=live]")
    expect(page.locator(".bd-article h1").first).to_be_visible()
    strip = page.get_by_role("navigation", name=f"Lesson {NEW.number}")
    strip.get_by_role("link", name="Exercises").click()
    expect(page.locator("body")).to_contain_text(EXERCISE)


def join(folder: Path) -> None:
    """What the command says is left to do, and a shorter table of contents."""
    lessons = folder / "cnncourse" / "course.py"
    text = lessons.read_text()
    last = f'    Lesson("{LESSONS[-1].id}"),\n'
    assert text.count(last) == 1
    lessons.write_text(text.replace(last, f'{last}    Lesson("{NEW.id}"),\n'))
    (folder / "_toc.yml").write_text(CONTENTS)
    (folder / "book" / "glossary.md").write_text(WORDS)
