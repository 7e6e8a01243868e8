"""What the book says of an experiment holds: in a quick run here, and in the record it shows."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from cnncourse.cli import main
from cnncourse.experiments.records import FOLDER, read_record
from cnncourse.experiments.run import (
    EXPERIMENTS,
    failing_claims,
    find_experiment,
    run_experiment,
    shown,
)

PROVENANCE = {"command", "seeds", "seconds", "device", "processor", "gpu", "versions", "quick"}


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("quick")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_quick_run_bears_out_what_the_book_says(name: str, quick: Path) -> None:
    threads, chance = torch.get_num_threads(), torch.get_rng_state()
    run_experiment(name, quick=True, device=torch.device("cpu"), folder=quick)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), chance)
    record = read_record(name, quick)
    assert record["quick"]
    assert failing_claims(name, record["results"]) == []
    assert "--quick" in shown(name, quick)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_record_in_the_book_is_whole_and_bears_it_out(name: str) -> None:
    record = read_record(name)
    assert set(record) >= PROVENANCE
    assert not record["quick"]
    assert record["command"] == f"cnncourse experiment {name}"
    assert tuple(record["seeds"]) == find_experiment(name).SEEDS
    assert failing_claims(name, record["results"]) == []
    assert (FOLDER / f"{name}.json").stat().st_size < 400_000
    text = shown(name)
    assert "|---" in text
    assert ("not been run on a GPU" in text) == (record["device"] == "cpu")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_claims_are_sentences_that_can_be_false(name: str) -> None:
    """The same sentences for numbers that are all alike, and they are no longer all true."""
    results = read_record(name)["results"]
    claims = find_experiment(name).claims
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in claims(results))
    assert not all(claims(level(copy.deepcopy(results))).values())


def level(results: Any) -> Any:
    """Measured numbers, all replaced by one half."""
    if isinstance(results, dict):
        return {key: level(value) for key, value in results.items()}
    if isinstance(results, list):
        return [level(value) for value in results]
    return 0.5 if isinstance(results, float) else results


def test_the_book_shows_every_experiment_once() -> None:
    page = (FOLDER.parent / "experiments.md").read_text()
    assert sorted(re.findall(r'^show\("(\w+)"\)$', page, re.MULTILINE)) == sorted(EXPERIMENTS)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(
        [*EXPERIMENTS, "grading_scale", "imagenet_accuracy"]
    )


def test_the_command_lists_runs_and_refuses(tmp_path: Path, capsys) -> None:
    assert main(["experiment"]) == 0
    assert capsys.readouterr().out.split() == list(EXPERIMENTS)
    assert main(["experiment", "gradient_ratios", "--quick", "--into", str(tmp_path)]) == 0
    path = tmp_path / "gradient_ratios.json"
    assert capsys.readouterr().out == f"{path}\n"
    assert json.loads(path.read_text())["command"].endswith("--quick")
    assert main(["experiment", "no_such_thing"]) == 1
    assert "There are: convolution_timing" in capsys.readouterr().err
