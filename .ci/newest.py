"""Try the course with the newest versions that pyproject.toml allows: newest.py install | test

Run by the Python of an environment that holds nothing else. It works on a copy of the course in
_build/newest, because an outcome that is kept from the pinned versions would prove nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPY = ROOT / "_build" / "newest"
LEFT_OUT = ("_build", ".git", ".venv*", "build", "dist", "__pycache__", "*.egg-info", ".*_cache")
# What others use and do not bring along; none of it needs a browser. The site comes last, for all
# chapters are executed for it.
TESTS = (
    "cnncourse",
    "tests/test_lessons.py",
    "tests/lessons",
    "tests/grading",
    "tests/data",
    "tests/models",
    "tests/reference",
    "tests/inspection",
    "tests/judge/test_outputs.py",
    "tests/judge/test_remote.py",
    "tests/kernels/test_confined_kernel.py",
    "tests/intake/test_zip_collect.py",
    "tests/pipeline/test_notebook.py",
    "tests/pipeline/test_release.py",
    "tests/upkeep/test_wheel.py",
    "tests/site/test_built_site.py",
)


def install() -> None:
    """The newest of everything, and a list of what is still older than what there is."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT, COPY, ignore=shutil.ignore_patterns(*LEFT_OUT))
    everything = f"{COPY}[teach,cluster,postgresql,book]"
    pip("install", "--quiet", "--upgrade", "pip")
    eager = ("--upgrade", "--upgrade-strategy", "eager")
    pip("install", "--quiet", *eager, "--editable", everything, *tools())
    print("Installed, although there are newer ones (a cap, or somebody else's):", flush=True)
    pip("list", "--outdated")


def tools() -> list[str]:
    """The names of the test tools. Their pins are for the pinned versions of everything else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.split("[<>=]", one)[0] for one in project["optional-dependencies"]["test"]]


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


def test() -> int:
    """Run the tests that tell; the exit status is pytest's."""
    programs = str(Path(sys.executable).parent)
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PATH": programs + os.pathsep + os.environ.get("PATH", ""),
    }
    command = [sys.executable, "-m", "pytest", "-n", os.environ.get("JOBS", "logical"), *TESTS]
    return subprocess.run(command, cwd=COPY, env=environment, check=False).returncode


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["install"]:
            install()
        case ["test"]:
            sys.exit(test())
        case _:
            sys.exit(__doc__)
