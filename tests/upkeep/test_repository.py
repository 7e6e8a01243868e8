"""The files that greet contributors: forms that the host can read, and no dead link."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[0-9]*.yml"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / ".github").glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
FIELDS = {"input": {"placeholder"}, "textarea": {"render"}}
NEWEST = ROOT / ".ci/newest.py"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_form_is_one_that_the_host_reads(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (
        {"name", "description", "body"} <= form.keys() <= {"name", "description", "body", "labels"}
    )
    assert len({field["id"] for field in form["body"]}) == len(form["body"])
    for field in form["body"]:
        assert field.keys() <= {"type", "id", "attributes", "validations"}
        known = {"label", "description"} | FIELDS[field["type"]]
        assert {"label"} <= field["attributes"].keys() <= known
        assert field.get("validations", {"required": True}) == {"required": True}


def test_the_worst_bug_has_the_first_form() -> None:
    names = [yaml.safe_load(path.read_text(encoding="utf-8"))["name"] for path in FORMS]
    assert len(names) == 4
    assert names[0] == "A right answer was marked wrong"


def test_tests_that_contributors_are_told_to_run_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"tests(?:/\w+)*(?:\.py)?(?![\w<])", text))
    assert len(named) > 10
    for name in named:
        assert (ROOT / name).exists() or list(ROOT.glob(f"{name}*")), name


def test_tests_for_the_newest_versions_exist() -> None:
    found = importlib.util.spec_from_file_location("newest", NEWEST)
    newest = importlib.util.module_from_spec(found)
    found.loader.exec_module(newest)
    assert all((ROOT / name).exists() for name in newest.TESTS)
    tools = newest.tools()
    assert {"pytest", "torchvision", "axe-playwright-python"} <= set(tools)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in tools)


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")))
def test_workflow_runs_what_people_run(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    [job] = workflow["jobs"].values()
    commands = "\n".join(step.get("run", "") for step in job["steps"])
    assert re.search(r"make \S+|bash \.ci/run", commands)


def test_outputs_are_ignored_and_cleaned() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [clean] = re.findall(r"^clean:.*\n\t(.*)$", makefile, re.MULTILINE)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    for output in ("_build", "build", "dist", "*.egg-info"):
        assert output in clean.split()
        assert {f"{output}/", f"/{output}/"} & set(ignored)
    assert "$(VENV)-*" in clean
    assert ".venv-*/" in ignored
