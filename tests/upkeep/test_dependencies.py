"""Is what is imported declared, what is declared pinned, and what is missing named?"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from cnncourse.extras import EXTRAS, require
from cnncourse.folder import CourseError

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
# Nothing imports them: the demos' pages in Jupyter, and the notebooks' own widgets, are theirs.
NOT_IMPORTED = {"ipywidgets"}
# What only these parts import may come with an extra.
TEACHING = {
    "classroom": {"teach", "cluster"},
    "intake": {"teach"},
    "judge": {"teach"},
    "kernels": {"teach"},
    "nbgrader_commands": {"teach"},
    "new_lesson": {"teach"},
    "release": {"teach"},
    "sample_class": {"teach"},
}


def names(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imports(path: Path) -> Iterator[str]:
    """The packages of others that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found = []
        if isinstance(node, ast.Import):
            found = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [node.module]
        yield from (name.split(".")[0] for name in found)


def imported() -> dict[str, set[str]]:
    """Distribution -> the parts of the package that import it."""
    whose = packages_distributions()
    found = defaultdict(set)
    for path in sorted((ROOT / "cnncourse").rglob("*.py")):
        part = path.relative_to(ROOT / "cnncourse").parts[0].removesuffix(".py")
        for name in set(imports(path)) - sys.stdlib_module_names - {"cnncourse"}:
            found[canonicalize_name(whose[name][0])].add(part)
    return found


def pins() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line.split("==") for line in lines if re.match(r"[A-Za-z]", line)]
    assert all(len(one) == 2 for one in pinned)
    names = [canonicalize_name(name) for name, _ in pinned]
    assert len(set(names)) == len(names)
    return dict(zip(names, (version for _, version in pinned), strict=True))


def test_all_that_is_imported_is_declared() -> None:
    for distribution, parts in imported().items():
        for part in parts:
            declared = names(PROJECT["dependencies"])
            for extra in TEACHING.get(part, ()):
                declared |= names(OPTIONAL[extra])
            assert distribution in declared, f"cnncourse/{part} imports {distribution}"


def test_nothing_is_declared_in_vain() -> None:
    declared = names(PROJECT["dependencies"]) | names(OPTIONAL["teach"])
    assert declared - NOT_IMPORTED <= imported().keys()


def test_extra_is_what_the_package_looks_for() -> None:
    whose = packages_distributions()
    for extra, modules in EXTRAS.items():
        assert {canonicalize_name(whose[name][0]) for name in modules} == names(OPTIONAL[extra])


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    with pytest.raises(CourseError) as refused:
        require("teach", "cnncourse grade")
    assert "(nbgrader)" in str(refused.value)
    assert "pip install 'cnncourse[teach]'" in str(refused.value)


@pytest.mark.parametrize("extra", ["", "teach", "book"])
def test_every_dependency_has_a_pin_in_its_range(extra: str) -> None:
    pinned = pins()
    for line in OPTIONAL[extra] if extra else PROJECT["dependencies"]:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        assert name in pinned, f"Pin {name} in requirements.txt."
        assert wanted.specifier.contains(pinned[name]), f"{name} {pinned[name]} is not {line}."


def test_test_tools_are_pinned() -> None:
    for line in OPTIONAL["test"]:
        [specifier] = Requirement(line).specifier
        assert specifier.operator == "==", line


def test_pythons_that_are_named_are_allowed() -> None:
    allowed = SpecifierSet(PROJECT["requires-python"])
    named = [one.rsplit(" ", 1)[-1] for one in PROJECT["classifiers"] if ":: 3." in one]
    assert len(named) >= 3
    assert all(allowed.contains(version) for version in named)
    assert not allowed.contains("3.10")
