"""Run an experiment by its name, and write down what came of it, and how.

An experiment is a module of this package with

- `SEEDS`: one run for each, or, where it is to be quick, for the first;
- `run(device, quick)`: plain numbers, lists and dictionaries; quick is small enough for a test;
- `claims(results)`: what the book says of them, sentence -> whether it holds;
- `table(results)`: the same as a table in Markdown, for the book.

On a processor it runs with one thread, because small networks are no faster with more, and much
slower where others want the cores; a module that measures time may set `ALL_THREADS = True`.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from cnncourse.experiments.records import FOLDER, provenance, read_record, write_record
from cnncourse.training import best_device

# The gap between a number and its unit, where no line may end.
UNIT = re.compile(r"(?<=\d) (?=(?:%|[GM]B?|ms|px|sd)(?!\w))")
EXPERIMENTS = (
    "convolution_timing",
    "pixel_shuffle",
    "data_size",
    "gradient_ratios",
    "degradation",
    "mnist1d_tcn",
    "sequence_tasks",
    "architecture_costs",
    "equivariance",
    "feature_hierarchy",
    "few_shot_transfer",
    "compound_scaling",
    "check_times",
)


def find_experiment(name: str) -> ModuleType:
    """The module of an experiment; ValueError names those there are."""
    if name not in EXPERIMENTS:
        raise ValueError(f"There is no experiment {name!r}. There are: {', '.join(EXPERIMENTS)}.")
    return importlib.import_module(f"cnncourse.experiments.{name}")


def run_experiment(
    name: str, quick: bool = False, device: torch.device | None = None, folder: Path = FOLDER
) -> Path:
    """Run it and write `<folder>/<name>.json`; where that is. ValueError for an unknown name."""
    experiment = find_experiment(name)
    device = device or best_device()
    began = time.perf_counter()
    with threads(None if getattr(experiment, "ALL_THREADS", False) else 1):
        results = experiment.run(device, quick)
    seconds = time.perf_counter() - began
    command = f"cnncourse experiment {name}" + (" --quick" if quick else "")
    seeds = experiment.SEEDS[:1] if quick else experiment.SEEDS
    record = provenance(command, seeds, seconds, device) | {"quick": quick, "results": results}
    return write_record(name, record, folder)


@contextlib.contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Let PyTorch use so many threads for a while; None changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def results_of(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What an experiment found, from the record that is in the book."""
    return read_record(name, folder)["results"]


def failing_claims(name: str, results: dict[str, Any]) -> list[str]:
    """The sentences of an experiment that its results do not bear out."""
    claims = find_experiment(name).claims(results)
    return [sentence for sentence, holds in claims.items() if not holds]


def claims_of(name: str, folder: Path = FOLDER) -> list[str]:
    """What the book says of an experiment, as far as the record in the book bears it out."""
    claims = find_experiment(name).claims(results_of(name, folder))
    return [sentence for sentence, holds in claims.items() if holds]


def shown(name: str, folder: Path = FOLDER) -> str:
    """An experiment's table and where its numbers are from, in Markdown for the book."""
    record = read_record(name, folder)
    place = record["gpu"] if record["device"].startswith("cuda") else record["processor"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    seeds = ", ".join(map(str, record["seeds"]))
    # Older records do not say when.
    when = f", {record['date']}," if "date" in record else ""
    lines = [
        find_experiment(name).table(record["results"]),
        f"Measured on {place}{when} in {record['seconds']:.0f} s, with seeds {seeds}; {versions}. "
        f"To repeat it: `{record['command']}`.",
    ]
    if not record["device"].startswith("cuda"):
        lines.append("It has not been run on a GPU.")
    return UNIT.sub("\u00a0", "\n\n".join(lines))
