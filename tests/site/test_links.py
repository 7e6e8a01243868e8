"""Links to other sites: over https, in one form each, and only to places that were chosen."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
# A page may lead nowhere else. Add a host here on purpose: will it be there in ten years?
PAPERS = {
    "archive.ics.uci.edu",
    "arxiv.org",
    "distill.pub",
    "doi.org",
    "inria.hal.science",
    "jmlr.org",
    "papers.nips.cc",
    "proceedings.mlr.press",
    "www.cs.toronto.edu",
}
MANUALS = {
    "distributed.dask.org",
    "docs.pytorch.org",
    "nbgitpuller.readthedocs.io",
    "nbgrader.readthedocs.io",
    "scikit-learn.org",
}
TERMS = {
    "creativecommons.org",
    "keepachangelog.com",
    "opensource.org",
    "semver.org",
    "www.flickr.com",  # whose photographs are shown
}
SERVICES = {"colab.research.google.com", "github.com", "mybinder.org"}
CHOSEN = PAPERS | MANUALS | TERMS | SERVICES
LINK = re.compile(r'<a [^>]*?href="((?:[a-z]+:)?//[^"]+|[a-z]+:[^"]*)"', re.IGNORECASE)
# Other forms of what has one lasting address.
PASSING = re.compile(
    r"//(dx\.doi\.org|www\.arxiv\.org|arxiv\.org/pdf|pytorch\.org/docs|export\.arxiv\.org)"
)


@pytest.fixture(scope="module")
def outside(site: Path) -> dict[str, set[str]]:
    """Every address outside of the site, with the pages that link to it."""
    found = defaultdict(set)
    for path in sorted(site.rglob("*.html")):
        for address in LINK.findall(path.read_text()):
            found[unescape(address)].add(path.relative_to(site).as_posix())
    return found


def test_links_to_elsewhere_are_secure_and_lasting(outside):
    assert len(outside) > 50
    assert not [address for address in outside if not address.startswith("https://")]
    assert not [address for address in outside if PASSING.search(address)]


def test_only_chosen_hosts_are_linked_to(outside):
    hosts = {urlsplit(address).netloc for address in outside}
    assert hosts <= CHOSEN
    # A host that nothing links to any more goes from the list.
    assert hosts >= CHOSEN


def test_one_place_has_one_address(outside):
    forms = defaultdict(set)
    for address in outside:
        parts = urlsplit(address)
        forms[parts.netloc.removeprefix("www."), parts.path.rstrip("/")].add(
            (parts.netloc, parts.path)
        )
    assert not [form for form in forms.values() if len(form) > 1]


def test_links_to_the_repository_name_files_that_are_there(outside):
    repository = CONFIG["repository"]["url"]
    branch = CONFIG["repository"]["branch"]
    named = re.compile(rf"{re.escape(repository)}/(?:blob|edit|tree)/{branch}/([^?#]+)")
    files = [found[1] for found in map(named.match, outside) if found]
    assert len(files) > len(LESSONS)
    assert not [file for file in files if not (ROOT / file).exists()]


def test_links_inside_the_notebooks_lead_somewhere(site):
    """They are read in Jupyter, too, where a page is a file of the repository."""
    for lesson in LESSONS:
        notebook = json.loads((ROOT / lesson.exercise).read_text())
        text = "".join(
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
        )
        targets = re.findall(r"\]\(([^)\s]+)\)", text)
        assert any("book/" in target for target in targets), lesson.id
        page = (site / lesson.exercise).with_suffix(".html").read_text()
        for target in targets:
            path, _, anchor = target.partition("#")
            if not path.startswith("https://") and path:
                assert (ROOT / lesson.exercise).parent.joinpath(path).exists(), target
            elif anchor and not path:
                assert f'id="{anchor}"' in page, target
