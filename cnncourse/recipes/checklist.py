"""For lesson 12-checklist: shapes at the left to learn from, the course's way to train."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from cnncourse.data.shapes import shapes
from cnncourse.data.split import Split
from cnncourse.training import train

EPOCHS, SIDE, RADIUS = 20, 20, (3, 4.5)
MOST_PARAMETERS = 3000


def left_and_right(generator: Generator, learn: int = 400, held_out: int = 200) -> Split:
    """Shapes to learn from, all in the left half; held out are as many left as right ones.

    -> inputs (learn, 1, 20, 20), held_out (held_out, 1, 20, 20), left and right in turns.

    >>> split = left_and_right(Generator().manual_seed(0), learn=8, held_out=6)
    >>> split.inputs.shape, split.held_out_targets.shape
    (torch.Size([8, 1, 20, 20]), torch.Size([6]))
    """
    inputs, targets = at("left", learn, generator)
    left, right = (at(place, held_out // 2, generator) for place in ("left", "right"))
    both = (torch.stack(pair, 1).flatten(0, 1) for pair in zip(left, right, strict=True))
    return Split(inputs, targets, *both)


def at(place: str, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Images (count, 1, 20, 20) and targets (count,) of shapes in one half."""
    images, targets, _ = shapes(count, generator, size=SIDE, radius=RADIUS, place=place)
    return images, targets


def fit(model: nn.Module, inputs: Tensor, targets: Tensor, seed: int) -> None:
    """Train a model in place with the course's loop, for 20 epochs."""
    chance = Generator().manual_seed(seed)
    device = inputs.device
    train(model, inputs, targets, epochs=EPOCHS, generator=chance, device=device, progress=False)
