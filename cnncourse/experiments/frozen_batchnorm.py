"""A network is frozen, no weight changes, and yet it gets worse: BatchNorm in training mode.

In training mode BatchNorm moves its running mean and variance towards every batch it sees, also
where no gradient is wanted. `requires_grad_(False)` does not stop that; `eval()` does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.data.split import Split
from cnncourse.training import accuracy

BATCHES, BATCH = 50, 16
SAME, INVERTED, UNSCALED = "as before", "black and white swapped", "16 times as bright"
PICTURES: dict[str, Callable[[Tensor], Tensor]] = {
    SAME: lambda x: x,
    INVERTED: lambda x: 1 - x,
    UNSCALED: lambda x: 16 * x,  # scikit-learn has pixels from 0 to 16
}


def drift(model: nn.Module, old: Split, new: Split, generator: torch.Generator) -> dict[str, Any]:
    """What looking at new pictures does to a network that is frozen, by kind of picture.

    accuracy: on the old held-out pictures, after batches in training mode. moved: how far the
    running means went, in standard deviations of their channel. `eval` is the same in eval mode.
    """

    def known(one: nn.Module) -> float:
        return round(accuracy(one, old.held_out, old.held_out_targets), 4)

    found: dict[str, Any] = {"before": known(model)}
    untouched = look_at(model, new.inputs, generator, training=False)
    found["eval"] = {"accuracy": known(untouched), "moved": moved(model, untouched)}
    for name, change in PICTURES.items():
        after = look_at(model, change(new.inputs), generator)
        found[name] = {"accuracy": known(after), "moved": moved(model, after)}
    return found


@torch.no_grad()
def look_at(
    model: nn.Module, inputs: Tensor, generator: torch.Generator, training: bool = True
) -> nn.Module:
    """A copy that has seen some batches of the inputs (N, ...); no weight of it has changed."""
    model = copy.deepcopy(model).train(training)
    device = next(model.parameters()).device
    for _ in range(BATCHES):
        batch = torch.randint(len(inputs), (BATCH,), generator=generator)
        model(inputs[batch].to(device))
    return model


def moved(before: nn.Module, after: nn.Module) -> float:
    """How far running means went, in standard deviations of their channel; the mean over all.

    >>> layer = nn.BatchNorm2d(1)
    >>> ones = torch.ones(2, 1, 1, 1)
    >>> moved(layer, look_at(layer, ones, torch.Generator())) > 0.9
    True
    """
    pairs = zip(before.modules(), after.modules(), strict=True)
    steps = [
        (new.running_mean - old.running_mean).abs() / old.running_var.sqrt().clamp(min=1e-3)
        for old, new in pairs
        if isinstance(old, nn.BatchNorm2d)
    ]
    return round(torch.cat(steps).mean().item(), 4)


def drift_claims(drifts: list[dict[str, Any]]) -> dict[str, bool]:
    """What the book says of it."""

    def average(kind: str, what: str) -> float:
        return mean(one[kind][what] for one in drifts)

    before = mean(one["before"] for one in drifts)
    return {
        "In eval mode, looking at new pictures moves no BatchNorm statistics.": all(
            one["eval"]["moved"] == 0 for one in drifts
        ),
        "In training mode they move, although no weight changes.": all(
            one[kind]["moved"] > 0 for one in drifts for kind in PICTURES
        ),
        "Pictures of new digits of the same kind cost less than 5 points on the old digits.": (
            before - average(SAME, "accuracy") < 0.05
        ),
        "Pictures that are 16 times as bright cost 40 points or more on the old digits.": (
            before - average(UNSCALED, "accuracy") >= 0.4
        ),
    }


def drift_table(drifts: list[dict[str, Any]]) -> str:
    """Means over the seeds: how far statistics moved, and what that does to the old task."""
    lines = [
        f"| the frozen network saw {BATCHES} batches | running means moved by | old digits |",
        "|---|---:|---:|",
        f"| nothing yet | | {100 * mean(one['before'] for one in drifts):.1f} % |",
    ]
    for kind in ("eval", *PICTURES):
        step, right = (mean(one[kind][what] for one in drifts) for what in ("moved", "accuracy"))
        name = "in eval mode" if kind == "eval" else f"in training mode, {kind}"
        lines.append(f"| {name} | {step:.2f} sd | {100 * right:.1f} % |")
    return "\n".join(lines)
