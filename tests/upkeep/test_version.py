"""One version, one date, one address: what repeats them agrees."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from cnncourse import cli, version
from cnncourse.classroom.scribe import Scribe
from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
VERSION = PROJECT["version"]
# The keys of version 1.2.0 of the format that the file may use, and what they hold.
CITED = {
    "cff-version": str,
    "message": str,
    "type": str,
    "title": str,
    "abstract": str,
    "authors": list,
    "version": str,
    "date-released": date,
    "license": list,
    "repository-code": str,
    "keywords": list,
}


def test_command_says_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"cnncourse {VERSION}\n"


def test_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(version, "version", nothing)
    assert version.course_version() == "unknown"


def test_record_of_a_failure_says_which_version() -> None:
    scribe = SimpleNamespace(lesson=LESSONS[0], batch=SimpleNamespace(release="", seed=1))
    intake = SimpleNamespace(warnings=(), fingerprint="")
    record = Scribe.record_of_failure(scribe, "ada", intake, "It burned.")
    assert json.loads(json.dumps(record))["course_version"] == VERSION


def test_citation_is_whole() -> None:
    assert CITATION.keys() == CITED.keys()
    for key, kind in CITED.items():
        assert isinstance(CITATION[key], kind), key
        assert CITATION[key], key
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in ("software", "dataset")
    assert all(author.keys() == {"name"} for author in CITATION["authors"])
    assert CITATION["title"] == CONFIG["title"]


def test_citation_and_changelog_have_the_version_and_its_date() -> None:
    assert CITATION["version"] == VERSION
    released = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", CHANGELOG, re.MULTILINE)
    assert released[0] == (VERSION, CITATION["date-released"].isoformat())
    assert released == sorted(released, key=lambda one: one[1], reverse=True)
    headings = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert headings == ["Unreleased", *(f"{number} - {day}" for number, day in released)]


def test_changelog_names_every_lesson() -> None:
    for lesson in LESSONS:
        assert f"**{lesson.id}**" in CHANGELOG


def test_repository_has_one_address() -> None:
    address = CONFIG["repository"]["url"]
    assert CITATION["repository-code"] == address
    assert all(url.startswith(address) for url in PROJECT["urls"].values())
    for lesson in LESSONS:
        source = (ROOT / lesson.solution).read_text(encoding="utf-8")
        assert f"git+{address}" in source
