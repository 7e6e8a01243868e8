"""Put the whole course into _build/cnncourse.pdf: python book/pdf.py

It prints the built site with Chromium, so build that first (make pdf does both). No network is
asked for anything.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import yaml
from _paper import binding, contents, front, printing
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
PAPER = ROOT / "_build" / "cnncourse.pdf"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def make(site: Path, paper: Path) -> None:
    """Print, number and bind the pages of `site` into the file `paper`."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    chapters = list(contents.chapters(ROOT))
    pages = [chapter.page for chapter in chapters]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for chapter in chapters:
            printing.print_chapter(chromium, site, chapter, pages)
        about = (config["title"], config["repository"]["url"], chapters)
        beginning = printing.print_html(chromium, front.title_and_contents(*about))
        # The numbers take the same room whatever they are, so the contents keep their length.
        before = len(PdfReader(io.BytesIO(beginning)).pages)
        first = before
        for chapter in chapters:
            chapter.first = first
            first += chapter.sheets
        beginning = printing.print_html(chromium, front.title_and_contents(*about))
        feet = ["", *["Contents"] * (before - 1)]
        for chapter in chapters:
            feet += [chapter.title] * chapter.sheets
        numbers = printing.print_html(chromium, front.feet(feet))
        chromium.close()
    binding.bind(
        beginning, chapters, numbers, paper, title=config["title"], author=config["author"]
    )


def main() -> None:
    if not (SITE / "index.html").exists():
        sys.exit("There is no site to print. Build it first: make pdf does both.")
    if shutil.which("chromium") is None:
        sys.exit("The PDF is printed by the program chromium. Install it, then run this again.")
    make(SITE, PAPER)
    print(f"{PAPER.relative_to(ROOT)}: {PAPER.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
