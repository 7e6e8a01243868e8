"""Is every command on the pages for instructors, and in the README, one that exists?

Blocks marked `bash` are run in other tests, as they stand. Here all are put to the real parsers: a
program, a verb or an option that is gone cannot stay on a page.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from nbgrader.apps.baseapp import NbGrader
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.exchange import default
from traitlets.utils.importstring import import_item

from cnncourse import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "book" / "exercises.md", *(ROOT / "book/teach").glob("*.md")]
# Any fenced block; what it is written in, and what is in it.
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = {"", "bash", "console", "sh", "{code-block} sh"}
INLINE = re.compile(r"`((?:\.venv/bin/)?(?:cnncourse|nbgrader|make|dask|jupyter|python) [^`]+)`")
# What is checked no further than that somebody meant to write it here.
ELSEWHERE = {"cd", "export", "git", "perl", "rsync", "sbatch"}


def commands(page: Path) -> list[str]:
    """The lines of the page's blocks that are commands."""
    text = page.read_text(encoding="utf-8")
    blocks = [block for shell, block in BLOCK.findall(text) if shell in SHELLS]
    lines = [line for block in blocks for line in block.splitlines() if not line.startswith(":")]
    words = [part.strip() for line in lines for part in line.split("#")[0].split("&&")]
    return [word for word in words if word]


def inline(page: Path) -> list[str]:
    """Commands in the text, which may leave out what is clear from it."""
    return [found.split("#")[0] for found in INLINE.findall(page.read_text(encoding="utf-8"))]


ALL = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in commands(page)]
SHORT = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in inline(page)]


def test_there_is_something_to_check() -> None:
    assert len(ALL) > 40
    assert len(SHORT) > 20


def test_blocks_that_say_so_are_run() -> None:
    """By the tests of these pages: a block for `bash` elsewhere would be run by none."""
    found = {page.stem for page in PAGES if "```bash\n" in page.read_text(encoding="utf-8")}
    assert found == {"add-an-exercise", "adopt", "grade", "scale", "term"}


@pytest.mark.parametrize("line", ALL)
def test_command_is_one(line: str) -> None:
    program, *words = shlex.split(line)
    CHECKS[program.removeprefix(".venv/bin/")](words)


@pytest.mark.parametrize("line", SHORT)
def test_command_in_the_text_is_one(line: str) -> None:
    program, *words = shlex.split(line.replace("...", "x"))
    program = program.removeprefix(".venv/bin/")
    if program == "cnncourse":
        parser = verb_parser(words[0])
        for option in options(words):
            assert option in parser._option_string_actions, option
    else:
        CHECKS[program](words)


def options(words: list[str]) -> list[str]:
    return [word.split("=", 1)[0] for word in words if word.startswith("--")]


def verb_parser(verb: str) -> argparse.ArgumentParser:
    verbs = cli.build_parser()._subparsers._group_actions[0].choices
    assert verb in verbs, f"cnncourse has no verb {verb!r}"
    return verbs[verb]


def check_cnncourse(words: list[str]) -> None:
    verb_parser(words[0])
    cli.build_parser().parse_args(words)


def check_nbgrader(words: list[str]) -> None:
    app, verbs = NbGraderApp(), []
    while words and words[0] in app.subcommands:
        verbs.append(words.pop(0))
        found = app.subcommands[verbs[-1]][0]
        app = (import_item(found) if isinstance(found, str) else found)()
    assert verbs, f"nbgrader has no command {words[0]!r}"
    for option in options(words):
        name = option.removeprefix("--")
        owner, _, trait = name.partition(".")
        assert name in {**app.aliases, **app.flags} or trait in settings()[owner], option


def settings() -> dict[str, set[str]]:
    """nbgrader's settings, by class. Some classes share a name."""
    classes = [*NbGrader().all_configurable_classes(), *vars(default).values()]
    found = defaultdict(set)
    for one in classes:
        if hasattr(one, "class_traits"):
            found[one.__name__] |= set(one.class_traits(config=True))
    return found


def check_make(words: list[str]) -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[
        1
    ].split()
    variables = re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for word in words:
        assert word.split("=")[0] in (*targets, *variables)


def check_file(words: list[str]) -> None:
    paths = [word for word in words if not word.startswith("-")]
    if words[0] != "-m":
        assert (ROOT / paths[0]).is_file(), paths[0]


def check_jupyter(words: list[str]) -> None:
    assert words[0] == "lab"
    assert all((ROOT / path).exists() for path in words[1:])


def check_pytest(words: list[str]) -> None:
    paths = [word for word in words[: words.index("-k")] if not word.startswith("-")]
    assert all((ROOT / path).exists() for path in paths)


def check_dask(words: list[str]) -> None:
    from distributed.cli import dask_scheduler, dask_worker

    known = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}[words[0]]
    there = {name for one in known.params for name in (*one.opts, *one.secondary_opts)}
    assert set(options(words)) <= there


def check_srun(words: list[str]) -> None:
    assert words[0] == ".venv/bin/dask"
    check_dask(words[1:])


CHECKS = {
    "cnncourse": check_cnncourse,
    "nbgrader": check_nbgrader,
    "make": check_make,
    "python": check_file,
    "jupyter": check_jupyter,
    "pytest": check_pytest,
    "dask": check_dask,
    "srun": check_srun,
    **dict.fromkeys(ELSEWHERE, lambda words: None),
}


def test_the_name_of_a_script_is_that_of_its_block() -> None:
    page = (ROOT / "book" / "teach" / "scale.md").read_text(encoding="utf-8")
    [name] = re.findall(r"^sbatch (\S+)", page, re.MULTILINE)
    assert f":caption: {name}" in page


def test_settings_on_the_pages_are_nbgraders() -> None:
    known = settings()
    found = 0
    for page in PAGES:
        for owner, trait in re.findall(r"\bc\.(\w+)\.(\w+) = ", page.read_text(encoding="utf-8")):
            if owner != "JudgeNotebook":
                found += 1
                assert trait in known[owner], f"{page}: {owner}.{trait}"
    assert found >= 3


def test_settings_of_the_site_are_the_sites() -> None:
    page = (ROOT / "book" / "teach" / "adopt.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    site = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    for name, values in yaml.safe_load(block).items():
        assert set(values) <= set(site[name])
