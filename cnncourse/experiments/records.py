"""Results with their provenance: what was run, on what, with which seed, how long it took."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

# Demos show some of it: setup.py puts a copy into the package where that is made.
INSTALLED = Path(__file__).parents[1] / "measured"
FOLDER = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[2] / "book" / "_data"


def processor_name() -> str:
    """The processor of this machine in words, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def provenance(
    command: str, seeds: Sequence[int], seconds: float, device: torch.device
) -> dict[str, Any]:
    """What a reader needs in order to repeat a run.

    >>> record = provenance("cnncourse something", [0], 1.0, torch.device("cpu"))
    >>> sorted(record)
    ['command', 'date', 'device', 'gpu', 'processor', 'seconds', 'seeds', 'versions']
    """
    return {
        "command": command,
        "date": date.today().isoformat(),
        "seeds": list(seeds),
        "seconds": round(seconds, 1),
        "device": str(device),
        "processor": processor_name(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
    }


def write_record(name: str, record: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Write a record to `<folder>/<name>.json` and say where it went."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


def read_record(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Read what `write_record` wrote; FileNotFoundError where nothing was measured yet."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
