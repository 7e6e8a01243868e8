"""Two pairs of tasks: one with many examples, and a related one with a few of each class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from cnncourse.data.digits import digits
from cnncourse.data.shapes import SHAPES, shapes
from cnncourse.data.split import Split

FIRST_NEW_DIGIT = 5
SIDE, RADIUS, NOISE = 24, (4, 8), 0.2
MANY, HELD_OUT = 1500, 1000


@dataclass(frozen=True)
class Pair:
    """What is learned first and what then, and a network that turns inputs into features."""

    source: Split
    target: Split
    build: Callable[[], nn.Sequential]
    features: int
    classes: int


def digit_pair(seed: int) -> Pair:
    """The digits 0 to 4, then 5 to 9. 8 x 8 pixels, all in the middle, all of one size."""
    split = digits(seed=seed)
    source, target = _some_digits(split, new=False), _some_digits(split, new=True)
    return Pair(source, target, lambda: backbone((1,), grid=2), 64 * 4, FIRST_NEW_DIGIT)


def shape_pair(seed: int) -> Pair:
    """Filled shapes, then outlined ones, anywhere in noise."""
    chance = torch.Generator().manual_seed(seed)

    def split(style: str) -> Split:
        images, targets, _ = shapes(
            MANY + HELD_OUT, chance, size=SIDE, radius=RADIUS, style=style, noise=NOISE
        )
        return Split(images[:MANY], targets[:MANY], images[MANY:], targets[MANY:])

    source, target = split("filled"), split("outlined")
    return Pair(source, target, lambda: backbone((0, 1), grid=1), 64, len(SHAPES))


def backbone(pooled: tuple[int, ...], grid: int) -> nn.Sequential:
    """Three convolutions, and the averages of their last map in a grid of places.

    x (N, 1, H, W) -> (N, 64 * grid * grid). `pooled`: after which convolutions the map is halved.

    >>> backbone((1,), grid=2)(torch.ones(3, 1, 8, 8)).shape
    torch.Size([3, 256])
    """
    layers: list[nn.Module] = []
    for index, (inputs, outputs) in enumerate(((1, 16), (16, 32), (32, 64))):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(outputs), nn.ReLU()]
        if index in pooled:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(grid), nn.Flatten())


def few_of_each(split: Split, shots: int, generator: torch.Generator) -> Split:
    """So many training examples of each class, drawn at random; what is held out stays.

    >>> nothing, targets = torch.zeros(6, 1, 2, 2), torch.tensor([0, 1, 1, 0, 0, 1])
    >>> split = Split(nothing, targets, nothing, targets)
    >>> few_of_each(split, 2, torch.Generator().manual_seed(0)).targets
    tensor([0, 0, 1, 1])
    """
    order = torch.randperm(len(split.targets), generator=generator)
    classes = split.targets.unique()
    drawn = torch.cat([order[split.targets[order] == one][:shots] for one in classes])
    return Split(split.inputs[drawn], split.targets[drawn], split.held_out, split.held_out_targets)


def _some_digits(split: Split, new: bool) -> Split:
    learn, test = (
        (targets >= FIRST_NEW_DIGIT) == new for targets in (split.targets, split.held_out_targets)
    )
    return Split(
        split.inputs[learn],
        split.targets[learn] % FIRST_NEW_DIGIT,
        split.held_out[test],
        split.held_out_targets[test] % FIRST_NEW_DIGIT,
    )
