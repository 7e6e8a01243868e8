"""What changes from one stage of a network to the next, in numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnncourse.data.split import Split
from cnncourse.experiments.feature_network import SIDE, FeatureNetwork
from cnncourse.experiments.linear_probe import probe_accuracy
from cnncourse.experiments.orientation import gabor_share, gratings, orientation_selectivity

SHIFTS = (1, 2, 4)
SHIFTED = 200  # pictures


@torch.no_grad()
def stage_measures(model: FeatureNetwork, split: Split) -> dict[str, Any]:
    """Numbers for each stage, first to last; and how much the first filters look like Gabors.

    probe: held-out accuracy of a linear layer on the mean of each channel. orientation: how much
    units prefer a direction, on average. change_map and change_mean: `change` by the shift, for
    whole maps and for the mean of each channel.
    """
    stripes = gratings(SIDE)
    answers = means(model.maps(stripes.flatten(0, 2)))
    prefers = [orientation_selectivity(one.unflatten(0, stripes.shape[:3])) for one in answers]
    learned, tested = means(model.maps(split.inputs)), means(model.maps(split.held_out))
    probes = [
        probe_accuracy(seen, split.targets, unseen, split.held_out_targets)
        for seen, unseen in zip(learned, tested, strict=True)
    ]
    found: dict[str, Any] = {
        "gabor_share": round(gabor_share(model.convolutions[0].weight[:, 0]).mean().item(), 4),
        "probe": [round(right, 4) for right in probes],
        "orientation": [round(one.mean().item(), 4) for one in prefers],
        "change_map": {},
        "change_mean": {},
    }
    images = split.held_out[:: len(split.held_out) // SHIFTED]
    still = model.maps(images)
    for shift in SHIFTS:
        moved = model.maps(images.roll(shift, 3))
        pairs = list(zip(still, moved, strict=True))
        found["change_map"][str(shift)] = [change(a.flatten(1), b.flatten(1)) for a, b in pairs]
        found["change_mean"][str(shift)] = [change(*means(list(pair))) for pair in pairs]
    return found


def means(maps: list[Tensor]) -> list[Tensor]:
    """The mean of each channel. Each (N, C, H, W) -> (N, C)"""
    return [one.mean((2, 3)) for one in maps]


def change(before: Tensor, after: Tensor) -> float:
    """How far features moved, compared with how far those of another picture are away.

    before and after (N, D). 0: nothing changed; 1: as if the picture were another one.

    >>> x = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    >>> change(x, x), change(x, x + torch.tensor([0.0, 1.0])), change(x, x.flip(0))
    (0.0, 0.2, 1.0)
    """
    moved = (after - before).norm(dim=1).mean()
    apart = (before - before.roll(1, 0)).norm(dim=1).mean()
    return round((moved / apart).item(), 4)
