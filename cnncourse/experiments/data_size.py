"""How much a prior is worth: four networks, with more and more examples to learn from.

The networks differ in what they take for granted. An MLP takes nothing; convolution takes it that
near values belong together; global pooling, that it does not matter where something is; a
transformer has to learn from examples which patches belong together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import nn

from cnncourse.data.mnist1d import mnist1d
from cnncourse.data.split import Split
from cnncourse.experiments.pixel_shuffle import spread
from cnncourse.experiments.seeded import seeded
from cnncourse.models.mlp import mlp
from cnncourse.models.mnist1d import PatchTransformer, pooled_cnn, strided_cnn
from cnncourse.training import accuracy, train

SEEDS = (0, 1, 2)
SIZES, QUICK_SIZES = (500, 2000, 8000), (500, 2000)
STEPS, QUICK_STEPS = 2000, 250
BATCH = 64
HELD_OUT = 2000
MLP, FLAT, POOLED, PATCHES = "MLP", "CNN, flattened", "CNN, pooled globally", "transformer"
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    MLP: lambda: mlp([40, 100, 100, 10]),
    FLAT: strided_cnn,
    POOLED: pooled_cnn,
    PATCHES: PatchTransformer,
}


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Held-out accuracy by network and number of examples; as many steps for all."""
    sizes = QUICK_SIZES if quick else SIZES
    most = sizes[-1] + HELD_OUT
    # Another seed than the published set's, and held-out signals that are the same for all.
    everything = mnist1d(most, seed=7, held_out=HELD_OUT / most)
    found: dict[str, Any] = {}
    for name, build in NETWORKS.items():
        parameters = sum(p.numel() for p in seeded(build, 0).parameters())
        found[name] = {"parameters": parameters, "accuracy": {}}
        for size in sizes:
            found[name]["accuracy"][str(size)] = [
                round(score(build, everything.take(size), seed, quick, device), 4)
                for seed in (SEEDS[:1] if quick else SEEDS)
            ]
    return {"sizes": list(sizes), "steps": QUICK_STEPS if quick else STEPS, "networks": found}


def score(
    build: Callable[[], nn.Module], split: Split, seed: int, quick: bool, device: torch.device
) -> float:
    """Train for so many steps, whatever the size; the held-out accuracy."""
    model = seeded(build, seed)
    steps_an_epoch = math.ceil(len(split.inputs) / BATCH)
    train(
        model,
        split.inputs,
        split.targets,
        epochs=round((QUICK_STEPS if quick else STEPS) / steps_an_epoch),
        generator=torch.Generator().manual_seed(seed),
        batch_size=BATCH,
        device=device,
        progress=False,
    )
    return accuracy(model, split.held_out, split.held_out_targets)


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    least, most = str(results["sizes"][0]), str(results["sizes"][-1])

    def reached(name: str, size: str) -> float:
        return median(results["networks"][name]["accuracy"][size])

    said = {
        "With the fewest examples, global pooling beats a flattened head by 20 points or more.": (
            reached(POOLED, least) - reached(FLAT, least) > 0.2
        ),
        "With the fewest examples, the CNN with global pooling beats the transformer.": (
            reached(POOLED, least) > reached(PATCHES, least)
        ),
    }
    if len(results["sizes"]) == len(SIZES):
        lead = reached(POOLED, least) - reached(PATCHES, least)
        said["More examples help every network."] = all(
            reached(name, most) > reached(name, least) for name in NETWORKS
        )
        said["The lead of the CNN over the transformer shrinks to less than half."] = (
            reached(POOLED, most) - reached(PATCHES, most) < lead / 2
        )
        said["Even with the most examples, the transformer has not overtaken it."] = reached(
            POOLED, most
        ) > reached(PATCHES, most)
    return said


def table(results: dict[str, Any]) -> str:
    """Accuracy by network and number of examples."""
    sizes = [str(size) for size in results["sizes"]]
    lines = [
        "| network | parameters | " + " | ".join(f"{size} examples" for size in sizes) + " |",
        "|---|---:|" + "---:|" * len(sizes),
    ]
    for name, found in results["networks"].items():
        cells = " | ".join(spread(found["accuracy"][size]) for size in sizes)
        lines.append(f"| {name} | {found['parameters']} | {cells} |")
    return "\n".join(lines)
