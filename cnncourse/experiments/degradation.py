"""Deeper and worse, already on the examples it learns from; and what a shortcut changes.

He et al. 2015, "Deep residual learning", section 1 and figure 1: a deeper plain network has a
higher *training* error, so it is not overfitting; and BatchNorm keeps its gradients healthy.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import nn

from cnncourse.data.digits import digits
from cnncourse.data.split import Split
from cnncourse.experiments.seeded import seeded
from cnncourse.models.cifar_resnet import cifar_plain, cifar_resnet
from cnncourse.training import accuracy, train

SEEDS = (0, 1, 2)
DEPTHS, QUICK_DEPTHS = (20, 56), (8, 38)
EPOCHS, QUICK_EPOCHS = 6, 2
QUICK_EXAMPLES = 640
KINDS: dict[str, Callable[..., nn.Module]] = {"plain": cifar_plain, "residual": cifar_resnet}


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Training loss by epoch, and errors at the end, for each kind, depth and seed."""
    split = digits().take(QUICK_EXAMPLES) if quick else digits()
    depths = QUICK_DEPTHS if quick else DEPTHS
    epochs = QUICK_EPOCHS if quick else EPOCHS
    found = {
        kind: {
            str(depth): [
                learn(build, depth, split, epochs, seed, device)
                for seed in (SEEDS[:1] if quick else SEEDS)
            ]
            for depth in depths
        }
        for kind, build in KINDS.items()
    }
    return {"depths": list(depths), "epochs": epochs, "kinds": found}


def learn(
    build: Callable[..., nn.Module],
    depth: int,
    split: Split,
    epochs: int,
    seed: int,
    device: torch.device,
) -> dict[str, Any]:
    """Train one network; how it went on what it learned from, and on what it did not see."""
    model = seeded(lambda: build(depth, in_channels=1), seed)
    losses = train(
        model,
        split.inputs,
        split.targets,
        epochs=epochs,
        generator=torch.Generator().manual_seed(seed),
        lr=1e-3,
        device=device,
        progress=False,
    )
    wrong = 1 - accuracy(model, split.inputs, split.targets)
    held_out = 1 - accuracy(model, split.held_out, split.held_out_targets)
    return {
        "losses": [round(loss, 4) for loss in losses],
        "training_error": round(wrong, 4),
        "held_out_error": round(held_out, 4),
    }


def last_loss(results: dict[str, Any], kind: str, depth: int) -> float:
    """The median training loss of the last epoch."""
    return median(run["losses"][-1] for run in results["kinds"][kind][str(depth)])


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    shallow, deep = results["depths"]
    plain, residual = (
        last_loss(results, kind, deep) - last_loss(results, kind, shallow) for kind in KINDS
    )
    return {
        "The deeper plain network has the higher training loss.": plain > 0,
        "Shortcuts make the deep network learn better than without.": (
            last_loss(results, "residual", deep) < last_loss(results, "plain", deep)
        ),
        "With shortcuts, depth costs far less of the training loss, or nothing.": (
            residual < plain / 2
        ),
    }


def table(results: dict[str, Any]) -> str:
    """Training loss and errors at the end, medians with lowest and highest."""
    after = f"after {results['epochs']} epochs"
    lines = [
        f"| {after} | layers | training loss | training error | held-out error |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind, depths in results["kinds"].items():
        for depth, runs in depths.items():
            losses = [run["losses"][-1] for run in runs]
            cells = [f"{median(losses):.3f} ({min(losses):.3f} to {max(losses):.3f})"]
            for key in ("training_error", "held_out_error"):
                cells.append(f"{100 * median(run[key] for run in runs):.1f} %")
            lines.append(f"| {kind} | {depth} | {' | '.join(cells)} |")
    return "\n".join(lines)
