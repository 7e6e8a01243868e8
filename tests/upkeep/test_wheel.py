"""The package as it is installed: nothing missing, nothing too much, nothing borrowed from here.

It goes into environments that see what its requirements bring and no other package. There, outside
of the repository, it does what learners and instructors do.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cnncourse.course import LESSONS
from cnncourse.listing import as_list
from cnncourse.widgets.demo import WIDGETS

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "book" / "_data"
SOURCES = (
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "MANIFEST.in",
    "NOTICE.md",
    "README.md",
    "pyproject.toml",
    "setup.py",
)
# The parts that only instructors and contributors use; they need the extra `teach`.
TEACHING = (
    "classroom",
    "intake",
    "judge",
    "kernels",
    "nbgrader_commands",
    "new_lesson",
    "release",
    "sample_class",
)
# What lies around in a folder where people work.
STRAY = (
    ".venv/lib/stray.py",
    "_build/html/stray.js",
    "book/stray.md",
    "cnncourse/.ipynb_checkpoints/stray.csv",
    "cnncourse/__pycache__/stray.pyc",
    "submitted/ada/stray.md",
    "tests/test_stray.py",
)
FOR_RUFF = "ruff.toml"
IMPORT_ALL = """
import importlib, pkgutil, sys
for part in sys.argv[1:]:
    module = importlib.import_module(f"cnncourse.{part}")
    print(module.__name__)
    for one in pkgutil.walk_packages(getattr(module, "__path__", ()), module.__name__ + "."):
        print(importlib.import_module(one.name).__name__)
"""


@dataclass(frozen=True)
class Environment:
    """A Python that sees the package, what it requires, and no other package."""

    folder: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A program of this environment, in an empty folder."""
        empty = self.folder / "elsewhere"
        empty.mkdir(exist_ok=True)
        command = [str(self.folder / "bin" / program), *arguments]
        return subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sources, made by the command of `make wheel` among stray files."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    shutil.copytree(MEASURED, folder / "book" / "_data")
    junk = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "cnncourse", folder / "cnncourse", ignore=junk)
    for name in STRAY:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    command = [sys.executable, "-m", "build", "--no-isolation", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [path] = built.glob("*.whl")
    return path


def requirements(wheel: Path) -> list[Requirement]:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = message_from_bytes(archive.read(name))
    return [Requirement(line) for line in said.get_all("Requires-Dist")]


def brought(wanted: Iterable[Requirement], extra: str = "") -> dict[str, Distribution]:
    """All that these requirements bring, by name, as it is installed here."""
    found: dict[str, Distribution] = {}
    waiting = [(one, extra) for one in wanted]
    while waiting:
        one, asked = waiting.pop()
        name = canonicalize_name(one.name)
        if one.marker is not None and not one.marker.evaluate({"extra": asked}):
            continue
        if name in found and not one.extras:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # such as what PyTorch for a GPU would bring
        needs = [Requirement(line) for line in found[name].requires or ()]
        waiting += [(need, each) for need in needs for each in ("", *one.extras)]
    return found


def environment(wheel: Path, folder: Path, extra: str) -> Environment:
    """With the wheel, what it requires, and what this extra brings."""
    venv.create(folder, with_pip=False, symlinks=True)
    [site] = folder.glob("lib/python*/site-packages")
    for one in brought(requirements(wheel), extra).values():
        tops = {file.parts[0] for file in one.files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            link = site / top
            if not link.is_symlink():
                link.symlink_to(Path(one.locate_file(top)).resolve())
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    command = [*pip, "--no-deps", "--no-compile", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Environment(folder)


@pytest.fixture(scope="module")
def learner(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """After `pip install cnncourse`."""
    return environment(wheel, tmp_path_factory.mktemp("learner"), "")


@pytest.fixture(scope="module")
def teacher(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """After `pip install 'cnncourse[teach]'`."""
    return environment(wheel, tmp_path_factory.mktemp("teacher"), "teach")


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    files = [path for path in (ROOT / "cnncourse").rglob("*") if path.is_file()]
    parts = [(path, path.relative_to(ROOT).parts) for path in files if path.name != FOR_RUFF]
    mine = {
        path.relative_to(ROOT).as_posix()
        for path, names in parts
        if not any(name.startswith((".", "__pycache__")) for name in names)
    }
    records = {f"cnncourse/measured/{path.name}" for path in MEASURED.glob("*.json")}
    assert records
    assert names - about == mine | records
    licences = {name.split("/licenses/")[1] for name in about if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE.md", "cnncourse/data/LICENSE-MNIST-1D"}


def test_sources_hold_what_the_wheel_is_made_from(built: Path) -> None:
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    records = {path.relative_to(ROOT).as_posix() for path in MEASURED.glob("*.json")}
    assert {*SOURCES, *records, "cnncourse/data/LICENSE-MNIST-1D"} <= names
    assert not [name for name in names if "stray" in name]
    others = ("tests", "book/teach", "book/_ext", "solutions")
    assert not [name for name in names if name.startswith(others)]


def test_learner_has_all_that_notebooks_need(learner: Environment) -> None:
    program = str(Path(__file__).with_name("as_a_learner.py"))
    done = learner.run("python", "-I", program, *TEACHING)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert Path(told["where"]).is_relative_to(learner.folder)
    assert told["verdicts"] == ["right", "wrong"]
    assert len(told["modules"]) > 200
    assert "cnncourse.notebook" in told["modules"]
    # Each lesson's demo has a style sheet of its own on top of the common one.
    assert len(told["demos"]) >= len(LESSONS)
    common = len((WIDGETS / "demo.css").read_text(encoding="utf-8"))
    assert all(script > 500 and style >= common for script, style in told["demos"].values())
    assert told["data"]["flower"] == [427, 640, 3]
    assert all(told["data"].values())


def test_learner_sees_the_list(learner: Environment) -> None:
    done = learner.run("cnncourse", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == as_list(LESSONS)


@pytest.mark.parametrize(
    "verb", ["doctor", "grade 02-convolution", "new 13-more", "release", "report 02-convolution"]
)
def test_learner_is_told_what_teaching_needs(learner: Environment, verb: str) -> None:
    done = learner.run("cnncourse", *verb.split())
    assert done.returncode == 1
    assert f"`cnncourse {verb.split()[0]}` needs" in done.stderr
    assert "nbgrader" in done.stderr
    assert "pip install 'cnncourse[teach]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_module_is_there_for_instructors(teacher: Environment) -> None:
    done = teacher.run("python", "-I", "-c", IMPORT_ALL, *TEACHING)
    assert done.returncode == 0, done.stderr
    told = done.stdout.split()
    assert {f"cnncourse.{part}" for part in TEACHING} <= set(told)
    assert {"cnncourse.judge.judge", "cnncourse.kernels.graded_kernel"} <= set(told)


def test_doctor_examines_the_machine(teacher: Environment) -> None:
    done = teacher.run("cnncourse", "doctor")
    assert "What confines students' code on this machine:" in done.stdout
    assert "Traceback" not in done.stderr
    assert (done.returncode == 0) == ("Tried from inside" in done.stdout), done.stderr
