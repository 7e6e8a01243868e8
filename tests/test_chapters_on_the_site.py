"""What every chapter keeps to once it has been executed for the site."""

from __future__ import annotations

from pathlib import Path

import pytest
from chapter_outputs import executed
from chapter_text import Chapter

from cnncourse.course import LESSONS, Lesson

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_figure_leaves_no_values_beside_it(lesson: Lesson, site: Path):
    """A drawing's last line returns something; a semicolon keeps it off the page."""
    chapter = Chapter(ROOT / lesson.chapter)
    code = [cell for cell in executed(chapter).cells if cell.cell_type == "code"]
    for cell, output in zip(chapter.cells, code, strict=True):
        kinds = [set(one.get("data", {})) for one in output.outputs]
        assert not cell.alt or {"text/plain"} not in kinds, cell.source.splitlines()[-1]
