"""Take the picture of a report that the page for instructors shows, of the sample class.

cnncourse sample-class 02-convolution && python tests/report_picture.py
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from conftest import FLAGS
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "_build" / "sample_class" / "records" / "02-convolution" / "report.html"
PICTURE = ROOT / "book" / "teach" / "report.png"
WIDTH, COLOURS = 1160, 32


def main() -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = chromium.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        page.goto(REPORT.as_uri())
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        chromium.close()
    shot.convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
