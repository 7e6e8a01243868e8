"""How far causal convolutions get on MNIST-1D, and what the last layer should look at.

The same blocks twice: the last step knows all of the signal, but has to carry it there; the mean of
all steps may collect what each of them has noticed. A GRU, which also reads from left to right, for
comparison. All are trained for as long; what is reported comes after the last epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.data.mnist1d import mnist1d
from cnncourse.data.split import Split
from cnncourse.experiments.pixel_shuffle import spread
from cnncourse.experiments.seeded import seeded
from cnncourse.models.tcn import tcn
from cnncourse.training import accuracy, train

SEEDS = (0, 1, 2)
EPOCHS, QUICK_EPOCHS = 30, 5
# Percent. (Greydanus & Kobak 2024, table 1.)
PAPER = {"CNN": 94, "GRU": 91, "human": 96}


class GRU(nn.Module):
    """A recurrent network, one step after the other. x (N, 1, T) -> (N, classes)"""

    def __init__(self, width: int = 96, classes: int = 10) -> None:
        super().__init__()
        self.gru = nn.GRU(1, width, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.gru(x.transpose(1, 2))
        return self.head(states[:, -1])


LAST, MEAN, RECURRENT = "TCN, last step", "TCN, mean of all steps", "GRU, last step"
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    LAST: lambda: tcn(1, [32] * 5, kernel_size=3, outputs=10),
    MEAN: lambda: tcn(1, [32] * 5, kernel_size=3, outputs=10, average=True),
    RECURRENT: GRU,
}


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Accuracy on the 1000 signals held out, for each seed, after the last epoch."""
    split = mnist1d().to(device)
    networks = {}
    for name in (MEAN,) if quick else NETWORKS:
        scores = []
        for seed in SEEDS[:1] if quick else SEEDS:
            model = seeded(NETWORKS[name], seed)
            learn(model, split, seed, QUICK_EPOCHS if quick else EPOCHS, device)
            scores.append(round(accuracy(model, split.held_out, split.held_out_targets), 4))
        parameters = sum(p.numel() for p in model.parameters())
        networks[name] = {"parameters": parameters, "accuracy": scores}
    return {"examples": len(split.inputs), "networks": networks, "paper": PAPER}


def learn(model: nn.Module, split: Split, seed: int, epochs: int, device: torch.device) -> None:
    """Train a network on all of the training signals."""
    train(
        model,
        split.inputs,
        split.targets,
        epochs=epochs,
        generator=torch.Generator().manual_seed(seed),
        lr=0.01,
        device=device,
        progress=False,
    )


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    reached = {name: median(found["accuracy"]) for name, found in results["networks"].items()}
    parameters = results["networks"][MEAN]["parameters"]
    said = {
        "The TCN has fewer than 60 000 parameters.": parameters < 60_000,
        "The TCN beats a linear model, which gets 32 %, by far.": reached[MEAN] > 0.6,
    }
    if len(reached) == len(NETWORKS):
        said |= {
            "A TCN that takes the mean of all steps gets 95 % or more.": reached[MEAN] >= 0.95,
            "The mean of all steps beats the last step by a point or more.": (
                reached[MEAN] - reached[LAST] >= 0.01
            ),
            "A GRU with as many parameters keeps up with it, within two points.": (
                reached[RECURRENT] >= reached[MEAN] - 0.02
            ),
        }
    return said


def table(results: dict[str, Any]) -> str:
    """Accuracy, median with lowest and highest, and what the paper has."""
    lines = ["| network | parameters | accuracy |", "|---|---:|---:|"]
    for name, found in results["networks"].items():
        parameters = f"{found['parameters']:,}".replace(",", " ")
        lines.append(f"| {name} | {parameters} | {spread(found['accuracy'])} |")
    for name, percent in results["paper"].items():
        lines.append(f"| {name}, in the paper | | {percent} % |")
    return "\n".join(lines)
