"""Fifty layers: what initialisation, BatchNorm and shortcuts each do to the gradient.

Glorot & Bengio 2010 looked at gradients layer by layer; He et al. 2015 ("Delving deep into
rectifiers") gave the initialisation; Hanin & Rolnick 2018 and Yang et al. 2019 ("A mean field
theory of batch normalization") say why plain BatchNorm lets gradients grow with depth.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.experiments.seeded import seeded
from cnncourse.reference.resnet import gradient_ratio

SEEDS = (0, 1, 2, 3, 4)
DEPTH, WIDTH, EXAMPLES = 50, 64, 128
STARTS = ("PyTorch's default", "He")


class Step(nn.Module):
    """One layer: linear, perhaps BatchNorm, ReLU, perhaps a way around. (N, D) -> (N, D)"""

    def __init__(self, he: bool, batch_norm: bool, skip: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.BatchNorm1d(WIDTH) if batch_norm else nn.Identity()
        self.skip = skip
        if he:
            nn.init.kaiming_normal_(self.linear.weight, nonlinearity="relu")
            nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.norm(self.linear(x)))
        return x + out if self.skip else out


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """For each of eight networks: gradient at the first layer over that at the last.

    In float64, because some of the numbers leave the range of float32.
    """
    found = []
    for start in STARTS:
        for batch_norm in (False, True):
            for skip in (False, True):
                ratios = [
                    ratio(start == "He", batch_norm, skip, seed, device)
                    for seed in (SEEDS[:1] if quick else SEEDS)
                ]
                found.append(
                    {"start": start, "batch_norm": batch_norm, "skip": skip, "ratios": ratios}
                )
    return {"depth": DEPTH, "width": WIDTH, "networks": found}


def ratio(he: bool, batch_norm: bool, skip: bool, seed: int, device: torch.device) -> float:
    """One network, random inputs, random targets; its gradient ratio to three digits."""
    model = seeded(lambda: nn.Sequential(*(Step(he, batch_norm, skip) for _ in range(DEPTH))), seed)
    # MPS has no float64.
    place = torch.device("cpu") if device.type == "mps" else device
    model.to(place, torch.float64)
    chance = torch.Generator().manual_seed(seed)
    x, targets = torch.randn(2, EXAMPLES, WIDTH, generator=chance).to(place, torch.float64)
    return float(f"{gradient_ratio(model, x, lambda out: F.mse_loss(out, targets)):.3g}")


def middle(results: dict[str, Any], start: str, batch_norm: bool, skip: bool) -> float:
    """The median ratio of one of the eight networks."""
    for found in results["networks"]:
        if (found["start"], found["batch_norm"], found["skip"]) == (start, batch_norm, skip):
            return median(found["ratios"])
    raise ValueError(f"There is no network with {start}, {batch_norm}, {skip}.")


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    default, he = STARTS
    return {
        "With PyTorch's default start, the first layer's gradient vanishes.": (
            middle(results, default, False, False) < 1e-10
        ),
        "With He's start it keeps its size, give or take a factor of a hundred.": (
            1e-2 < middle(results, he, False, False) < 1e2
        ),
        "With BatchNorm and no shortcut it grows more than a hundredfold, whatever the start.": all(
            middle(results, start, True, False) > 1e2 for start in STARTS
        ),
        "With BatchNorm and shortcuts it keeps its size, whatever the start.": all(
            1e-2 < middle(results, start, True, True) < 1e2 for start in STARTS
        ),
    }


def table(results: dict[str, Any]) -> str:
    """The eight networks, with the median ratio and the lowest and highest."""
    lines = ["| start | BatchNorm | shortcuts | first / last gradient |", "|---|---|---|---:|"]
    for found in results["networks"]:
        ratios = found["ratios"]
        words = [found["start"], *("yes" if found[key] else "no" for key in ("batch_norm", "skip"))]
        low, high = f"{min(ratios):.2g}", f"{max(ratios):.2g}"
        lines.append(f"| {' | '.join(words)} | {median(ratios):.2g} ({low} to {high}) |")
    return "\n".join(lines)
