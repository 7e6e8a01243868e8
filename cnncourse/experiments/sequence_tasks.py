"""Does a TCN remember? The adding problem and copying, far below what needs no memory.

Bai, Kolter & Koltun 2018, table 1, has both for longer sequences. A network with few levels has
the same layers, but its last step does not see far enough back: that alone makes it fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncourse.data.sequences import (
    KINDS,
    adding_chance,
    adding_problem,
    copy_chance,
    copy_memory,
)
from cnncourse.experiments.seeded import seeded
from cnncourse.models.tcn import TCN, tcn
from cnncourse.reference.tcn import tcn_receptive_field
from cnncourse.training import Loss, predict, train

SEEDS = (0, 1, 2)
WIDTH, KERNEL_SIZE = 24, 5
HELD_OUT = 1000


@dataclass(frozen=True)
class Size:
    """How long the sequences are, and how much there is to learn from."""

    length: int
    delay: int
    levels: dict[str, int]
    adding: tuple[int, int]  # examples, epochs
    copying: tuple[int, int]


FULL = Size(100, 50, {"deep": 4, "shallow": 2}, (5000, 6), (2000, 15))
QUICK = Size(30, 10, {"deep": 3, "shallow": 1}, (2000, 12), (2000, 10))


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """The loss on fresh sequences of a deep and of a shallow network, for each seed."""
    size = QUICK if quick else FULL
    seeds = SEEDS[:1] if quick else SEEDS
    tasks = {
        "adding": {"length": size.length, "chance": adding_chance()},
        "copying": {"length": size.delay + 20, "chance": round(copy_chance(size.delay), 4)},
    }
    for name, score in (("adding", adding_error), ("copying", copying_error)):
        for depth, levels in size.levels.items():
            tasks[name][depth] = {
                "levels": levels,
                "sees": tcn_receptive_field(KERNEL_SIZE, levels),
                # The shallow one fails for every seed, and one shows that.
                "loss": [
                    score(size, levels, seed, device)
                    for seed in (seeds if depth == "deep" else seeds[:1])
                ],
            }
    return tasks


def adding_error(size: Size, levels: int, seed: int, device: torch.device) -> float:
    """Learn to add; the mean squared error on fresh sequences."""
    chance = torch.Generator().manual_seed(seed)
    count, epochs = size.adding
    data = adding_problem(count + HELD_OUT, size.length, chance)
    model = seeded(lambda: tcn(2, [WIDTH] * levels, KERNEL_SIZE, outputs=1), seed)
    return error(model, data, epochs, squared_error, chance, device)


def copying_error(size: Size, levels: int, seed: int, device: torch.device) -> float:
    """Learn to copy; the cross-entropy on fresh sequences."""
    chance = torch.Generator().manual_seed(seed)
    count, epochs = size.copying
    data = copy_memory(count + HELD_OUT, size.delay, chance)
    model = seeded(
        lambda: tcn(KINDS, [WIDTH] * levels, KERNEL_SIZE, outputs=KINDS, every_step=True), seed
    )
    return error(model, data, epochs, F.cross_entropy, chance, device)


def squared_error(output: Tensor, target: Tensor) -> Tensor:
    """output (N, 1), target (N,)"""
    return F.mse_loss(output[:, 0], target)


def error(
    model: TCN,
    data: tuple[Tensor, Tensor],
    epochs: int,
    loss: Loss,
    chance: torch.Generator,
    device: torch.device,
) -> float:
    """Train on all sequences but the last HELD_OUT; the loss on those, to three digits."""
    inputs, targets = data
    train(
        model,
        inputs[:-HELD_OUT],
        targets[:-HELD_OUT],
        epochs=epochs,
        generator=chance,
        batch_size=32,
        lr=4e-3,
        loss=loss,
        device=device,
        progress=False,
    )
    outputs = predict(model, inputs[-HELD_OUT:])
    return float(f"{loss(outputs, targets[-HELD_OUT:]).item():.3g}")


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""

    def share_of_chance(task: str, depth: str) -> float:
        return median(results[task][depth]["loss"]) / results[task]["chance"]

    return {
        "A TCN adds two numbers with less than a tenth of the error of a constant answer.": (
            share_of_chance("adding", "deep") < 0.1
        ),
        "One that sees too little of the sequence keeps more than a third of that error.": (
            share_of_chance("adding", "shallow") > 1 / 3
        ),
        "A TCN copies with less than a tenth of the loss that needs no memory.": (
            share_of_chance("copying", "deep") < 0.1
        ),
        "One that does not see back over the delay copies no better than without memory.": (
            share_of_chance("copying", "shallow") > 0.95
        ),
    }


def table(results: dict[str, Any]) -> str:
    """Losses beside what is reached without memory."""
    lines = [
        "| task | length | levels | sees | loss on fresh sequences | without memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for task, found in results.items():
        for depth in ("deep", "shallow"):
            levels, sees = found[depth]["levels"], found[depth]["sees"]
            losses = sorted(found[depth]["loss"])
            cell = f"{median(losses):.2g}"
            if len(losses) > 1:
                cell += f" ({losses[0]:.2g} to {losses[-1]:.2g})"
            lines.append(
                f"| {task} | {found['length']} | {levels} | {sees} | {cell}"
                f" | {found['chance']:.3g} |"
            )
    return "\n".join(lines)
