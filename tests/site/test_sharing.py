"""What each page tells search engines and those who share it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from PIL import Image

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
OWNER, NAME = CONFIG["repository"]["url"].rsplit("/", 2)[1:]
BASE = f"https://{OWNER}.github.io/{NAME}/"
PROPERTY = re.compile(r'<meta property="(og:[a-z:_]+)" content="([^"]*)"')
DESCRIPTION = re.compile(
    r'<meta (?:content="([^"]*)" name="description"|name="description" content="([^"]*)")'
)
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def heads(site) -> dict[str, str]:
    """The head of every page, but for the index, which only sends on to the first one."""
    return {
        path.relative_to(site).as_posix(): path.read_text().partition("</head>")[0]
        for path in sorted(site.rglob("*.html"))
    }


def descriptions(head: str) -> list[str]:
    return [unescape(one or other) for one, other in DESCRIPTION.findall(head)]


def test_titles_and_descriptions_are_there_and_unique(heads):
    titles, said = {}, {}
    for name, head in heads.items():
        (title,) = re.findall(r"<title>(.*?)</title>", head, re.DOTALL)
        (description,) = descriptions(head)
        assert 60 < len(description) < 300, name
        assert not description.startswith(title.split(" — ")[0]), name
        titles.setdefault(title.strip(), []).append(name)
        said.setdefault(description, []).append(name)
    # The index stands for the first page.
    doubled = [names for found in (titles, said) for names in found.values() if len(names) > 1]
    assert doubled == [["book/intro.html", "index.html"]] * 2


def test_title_of_the_landing_page_says_the_course_once(heads):
    assert f"<title>{CONFIG['title']}</title>" in heads["book/intro.html"]
    assert f" — {CONFIG['title']}</title>" in heads["book/02-convolution.html"]


def test_every_page_says_where_it_is_and_how_it_looks(heads, site):
    for name, head in heads.items():
        said = {key: unescape(value) for key, value in PROPERTY.findall(head)}
        address = BASE + name.replace("index.html", "book/intro.html", name == "index.html")
        assert f'<link rel="canonical" href="{address}" />' in head
        assert said["og:url"] == address
        assert (said["og:site_name"], said["og:description"]) == (
            CONFIG["title"],
            descriptions(head)[0],
        )
        assert said["og:title"]
        assert said["og:type"] == ("website" if "book/intro" in address else "article")
        assert 'name="twitter:card" content="summary_large_image"' in head
        assert said["og:image"].startswith(BASE)
        picture = site / said["og:image"].removeprefix(BASE)
        with Image.open(picture) as image:
            assert (
                image.size
                == (1200, 630)
                == (int(said["og:image:width"]), int(said["og:image:height"]))
            )
            assert len(image.convert("RGB").getcolors(1 << 20)) > 10
        assert picture.stat().st_size < 100_000


def test_lessons_have_pictures_of_their_own(heads, site):
    pictures = [
        (site / "_static/previews" / f"book-{lesson.id}.png").read_bytes() for lesson in LESSONS
    ]
    assert len(set(pictures)) == len(LESSONS)


def test_exercises_are_described_by_their_names(heads):
    for lesson in LESSONS:
        (description,) = descriptions(heads[lesson.exercise.with_suffix(".html").as_posix()])
        for exercise in lesson.exercises:
            assert exercise.name in description


def test_search_engines_get_every_page(heads, site):
    found = ElementTree.parse(site / "sitemap.xml").iter(f"{SITEMAP}loc")
    expected = {BASE + name for name in heads if name not in ("index.html", "search.html")}
    assert {place.text for place in found} == expected
    assert f"Sitemap: {BASE}sitemap.xml" in (site / "robots.txt").read_text()


def test_another_address_replaces_that_of_github(part):
    class Config:
        html_baseurl = "https://course.example/"
        html_theme_options = {"repository_url": CONFIG["repository"]["url"]}  # noqa: RUF012

    config = Config()
    part("sharing").name_address(None, config)
    assert config.html_baseurl == "https://course.example/"
    config.html_baseurl = ""
    part("sharing").name_address(None, config)
    assert config.html_baseurl == BASE


def test_preview_is_the_same_each_time_and_drawn_only_when_something_changed(part, tmp_path):
    preview = part("preview")
    card = preview.Card("A title that is so long that it has to go on a second line", "One", "Two")
    first, second = tmp_path / "a" / "first.png", tmp_path / "second.png"
    preview.write(first, card, None)
    preview.write(second, card, first.read_bytes())
    again = tmp_path / "again.png"
    preview.write(again, card, None)
    assert first.read_bytes() == again.read_bytes() != second.read_bytes()
    written = again.stat().st_mtime_ns
    preview.write(again, card, None)
    assert again.stat().st_mtime_ns == written
    preview.write(again, preview.Card("Another", "One", "Two"), None)
    assert again.read_bytes() != first.read_bytes()
