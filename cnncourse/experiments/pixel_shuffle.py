"""What it means that a network knows about space: one fixed shuffle of all signals.

Greydanus & Kobak 2024, "Scaling down deep learning with MNIST-1D", table 1, has the same
comparison. A network that treats all places alike cannot tell that they have been shuffled.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import nn

from cnncourse.data.mnist1d import mnist1d
from cnncourse.data.split import Split
from cnncourse.experiments.seeded import seeded
from cnncourse.models.mlp import mlp
from cnncourse.models.mnist1d import pooled_cnn, strided_cnn
from cnncourse.training import accuracy, train

SEEDS = (0, 1, 2)
EPOCHS, QUICK_EPOCHS = 60, 6
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "logistic regression": lambda: mlp([40, 10]),
    "MLP": lambda: mlp([40, 100, 100, 10]),
    "CNN, strided": strided_cnn,
    "CNN, pooled globally": lambda: pooled_cnn(48),
}
QUICK = ("MLP", "CNN, pooled globally")
# Percent; people, too, were asked. (Table 1 of the paper.)
PAPER = {
    "logistic regression": {"plain": 32, "shuffled": 32},
    "MLP": {"plain": 68, "shuffled": 68},
    "CNN": {"plain": 94, "shuffled": 56},
    "GRU": {"plain": 91, "shuffled": 57},
    "human": {"plain": 96, "shuffled": 30},
}


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Held-out accuracy of each network, before and after the shuffle, for each seed."""
    seeds = SEEDS[:1] if quick else SEEDS
    plain = mnist1d()
    networks = {}
    for name in QUICK if quick else NETWORKS:
        scores: dict[str, list[float]] = {"plain": [], "shuffled": []}
        for seed in seeds:
            shuffled = plain.shuffled(torch.Generator().manual_seed(seed))
            for kind, split in (("plain", plain), ("shuffled", shuffled)):
                epochs = QUICK_EPOCHS if quick else EPOCHS
                scores[kind].append(round(score(name, split, seed, epochs, device), 4))
        parameters = sum(p.numel() for p in seeded(NETWORKS[name], 0).parameters())
        networks[name] = {"parameters": parameters, **scores}
    return {"networks": networks, "paper": PAPER, "examples": len(plain.inputs)}


def score(name: str, split: Split, seed: int, epochs: int, device: torch.device) -> float:
    """Train one network; its held-out accuracy after the last epoch."""
    model = seeded(NETWORKS[name], seed)
    chance = torch.Generator().manual_seed(seed)
    train(
        model,
        split.inputs,
        split.targets,
        epochs=epochs,
        generator=chance,
        device=device,
        progress=False,
    )
    return accuracy(model, split.held_out, split.held_out_targets)


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    networks = results["networks"]

    def loss(name: str) -> float:
        return median(networks[name]["plain"]) - median(networks[name]["shuffled"])

    said = {
        "An MLP is as good after the shuffle as before.": abs(loss("MLP")) < 0.04,
        "A CNN with global pooling loses 25 points or more by the shuffle.": (
            loss("CNN, pooled globally") > 0.25
        ),
        "Before the shuffle, the CNN beats the MLP by 15 points or more.": (
            median(networks["CNN, pooled globally"]["plain"]) - median(networks["MLP"]["plain"])
            > 0.15
        ),
        "After the shuffle, the CNN is no better than the MLP.": (
            median(networks["CNN, pooled globally"]["shuffled"])
            <= median(networks["MLP"]["shuffled"]) + 0.03
        ),
    }
    if len(networks) == len(NETWORKS):
        said["The CNN with global pooling reaches the 94 % of the paper's CNN."] = (
            median(networks["CNN, pooled globally"]["plain"]) >= 0.94
        )
    return said


def table(results: dict[str, Any]) -> str:
    """Accuracy before and after, median with lowest and highest, and what the paper has."""
    lines = ["| network | parameters | plain | shuffled |", "|---|---:|---:|---:|"]
    for name, found in results["networks"].items():
        cells = " | ".join(spread(found[kind]) for kind in ("plain", "shuffled"))
        lines.append(f"| {name} | {found['parameters']} | {cells} |")
    for name, found in results["paper"].items():
        lines.append(f"| {name}, in the paper | | {found['plain']} % | {found['shuffled']} % |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """The median, with the lowest and the highest where there are several.

    >>> spread([0.5, 0.25, 1.0])
    '50.0 % (25.0 to 100.0)'
    """
    middle = f"{100 * median(values):.1f} %"
    if len(values) == 1:
        return middle
    return f"{middle} ({100 * min(values):.1f} to {100 * max(values):.1f})"
