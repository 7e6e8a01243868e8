"""Does everything that others made say so, and under which terms?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTICE = (ROOT / "NOTICE.md").read_text(encoding="utf-8")
FOLDERS = (".ci", ".github", "benchmarks", "book", "cnncourse", "exercises", "solutions", "tests")
# Nobody here writes such files by hand.
FOREIGN = (".gif", ".jpeg", ".jpg", ".min.css", ".min.js", ".npz", ".otf", ".png", ".ttf", ".wav")
FOREIGN += (".woff", ".woff2")
# These speak of licences, or are one; and a picture of a page of ours.
OWN = {"book/_ext/licences.py", "book/teach/report.png", "cnncourse/data/LICENSE-MNIST-1D"}
CLAIM = re.compile(rb"copyright \(c\)|licensed under|apache license|mit license", re.IGNORECASE)


def ours() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            hidden = {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
            if path.is_file() and not hidden and path != Path(__file__):
                yield path


def noticed() -> list[str]:
    """The files and folders of the repository that NOTICE.md says to be others' work."""
    [listed] = re.findall(r"## In the repository\n\n(.*?)\n\n", NOTICE, re.DOTALL)
    return [re.findall(r"in `([^`]+)`", " ".join(one.split()))[0] for one in listed.split("\n- ")]


def test_what_others_made_is_noticed() -> None:
    found = [path for path in ours() if path.name.endswith(FOREIGN)]
    found += [path for path in ours() if CLAIM.search(path.read_bytes()[:2000])]
    names = {path.relative_to(ROOT).as_posix() for path in found}
    missing = {name for name in names - OWN if not name.startswith(tuple(noticed()))}
    assert names
    assert not missing, f"Name these in NOTICE.md: {missing}."


@pytest.mark.parametrize("place", noticed())
def test_what_is_noticed_is_there(place: str) -> None:
    assert (ROOT / place).exists()


def test_every_vendored_folder_has_its_licence() -> None:
    folders = [path for path in (ROOT / "book/_ext/vendor/static").iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        assert list(folder.glob("LICENSE*")), folder
        fonts = list(folder.rglob("*.woff2"))
        assert not fonts or list(folder.rglob("OFL.txt")), folder
    for folder in (ROOT / "book/_ext/vendor", *folders):
        assert f"`{folder.relative_to(ROOT).as_posix()}/" in NOTICE


def test_licence_files_that_are_named_are_there() -> None:
    for name in re.findall(r"`([\w./-]*/(?:LICENSE|OFL)[\w.-]*)`", NOTICE):
        assert (ROOT / name).is_file(), name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in project["license-files"]:
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize(
    ("name", "begins", "has"),
    [
        ("LICENSE", "BSD 3-Clause License", "Neither the name of the copyright holder"),
        ("LICENSE-TEXT", "Attribution 4.0 International", "Section 8 -- Interpretation."),
        ("cnncourse/data/LICENSE-MNIST-1D", "Apache License", "9. Accepting Warranty"),
    ],
)
def test_licence_is_there_in_full(name: str, begins: str, has: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.lstrip().startswith(begins)
    assert has in text


def test_licences_are_named_wherever_people_look() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "NOTICE.md", "book/about.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "BSD-3-Clause" in text, name
        assert "CC BY 4.0" in text, name
    footer = (ROOT / "book/_ext/templates/copyright.html").read_text(encoding="utf-8")
    assert "BSD-3-Clause" in footer
    assert "CC BY 4.0" in footer


def test_photographers_are_those_that_scikit_learn_names() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    folder = Path(datasets.__file__).parent / "images"
    told = (folder / "README.txt").read_text(encoding="utf-8")
    pages = re.findall(r"https://www\.flickr\.com/\S+", told)
    assert len(pages) == 2 * len(list(folder.glob("*.jpg")))
    for page in (*pages, *re.findall(r"https://creativecommons\.org/\S+", told)):
        assert page in NOTICE


def test_site_carries_the_licences_of_its_themes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "book")
    from _ext import licences

    for package in licences.PACKAGES:
        assert len(licences.licence_texts(package)) > 900
        assert re.search("BSD|MIT", licences.licence_name(package))
    assert "Bootstrap" in licences.licence_texts("pydata-sphinx-theme")
    rows = list(licences.rows("../"))
    assert len(rows) == 2 + len(licences.PACKAGES)
    assert '<a href="../_static/licences/sphinx.txt">' in rows[2]
