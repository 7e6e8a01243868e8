"""How long the book takes to build: from nothing, with nothing changed, after an edit of prose.

Run it with `python benchmarks/build.py`. It works in a copy of the course, in a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "_build", "__pycache__", ".*_cache")


def build(course: Path) -> float:
    """The seconds that one build takes."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "book/build.py"],
        cwd=course,
        # The copy's own package, not the installed one.
        env=os.environ | {"PYTHONPATH": str(course)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder, "course")
        shutil.copytree(ROOT, course, ignore=LEFT_OUT)
        print(f"{len(LESSONS)} lesson(s)")
        print(f"from nothing           {build(course):6.1f} s")
        print(f"nothing changed        {build(course):6.1f} s")
        with (course / LESSONS[0].chapter).open("a", encoding="utf-8") as chapter:
            chapter.write("\nOne more sentence.\n")
        print(f"one sentence more      {build(course):6.1f} s")


if __name__ == "__main__":
    main()
