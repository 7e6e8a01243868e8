"""The network whose features are looked at, and the pictures that it learns from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.data.shapes import SHAPES, shapes
from cnncourse.data.split import Split
from cnncourse.data.textures import TEXTURES, textures
from cnncourse.experiments.seeded import seeded
from cnncourse.training import train

SIDE, RADIUS, NOISE = 32, (4, 9), 0.3
CLASSES = (*SHAPES, *TEXTURES)
WIDTH, STAGES = 32, 3  # as many channels in each stage, so that probes have as many inputs


class FeatureNetwork(nn.Module):
    """Three stages of convolution, BatchNorm and ReLU, a global average, a linear layer.

    x (N, 1, H, W) -> (N, classes). Between the stages the map is halved.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, WIDTH, side, padding=side // 2, bias=False)
            for inputs, side in ((1, 7), (WIDTH, 3), (WIDTH, 3))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(WIDTH) for _ in range(STAGES))
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(WIDTH, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.maps(x)[-1].mean((2, 3)))

    def maps(self, x: Tensor) -> list[Tensor]:
        """What each stage makes of x, after ReLU and before it is halved.

        x (N, 1, H, W) -> (N, WIDTH, H, W), (N, WIDTH, H / 2, W / 2), (N, WIDTH, H / 4, W / 4)
        """
        found: list[Tensor] = []
        for stage in range(STAGES):
            x = self.norms[stage](self.convolutions[stage](self.pool(x) if stage else x)).relu()
            found.append(x)
        return found

    def sums(self, x: Tensor, stage: int) -> Tensor:
        """What the convolution of one stage gives, before BatchNorm and ReLU: signed, smooth."""
        before = self.pool(self.maps(x)[stage - 1]) if stage else x
        return self.convolutions[stage](before)


def pictures(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Half of them shapes, filled or outlined, half of them textures; all with noise.

    -> images (count, 1, SIDE, SIDE) with mean 0 and standard deviation 1 each, so that neither
    says what it shows; targets (count,), the index in CLASSES.

    >>> images, targets = pictures(6, torch.Generator().manual_seed(0))
    >>> images.shape, int(targets[:3].max()) < 4 <= int(targets[3:].min())
    (torch.Size([6, 1, 32, 32]), True)
    """
    half = count // 2
    drawn, kinds, _ = shapes(half, generator, size=SIDE, radius=RADIUS, style="mixed", noise=0)
    filled, more = textures(count - half, generator, size=SIDE)
    images = torch.cat([drawn, filled])
    images = images + NOISE * torch.randn(images.shape, generator=generator)
    images = images - images.mean((2, 3), keepdim=True)
    return images / images.std((2, 3), keepdim=True), torch.cat([kinds, len(SHAPES) + more])


def picture_split(seed: int, count: int, held_out: int) -> Split:
    """Pictures to learn from, and others of the same kind."""
    chance = torch.Generator().manual_seed(seed)
    return Split(*pictures(count, chance), *pictures(held_out, chance))


def trained_network(
    split: Split, seed: int, epochs: int, device: torch.device
) -> tuple[FeatureNetwork, FeatureNetwork]:
    """The network as it starts, and what training makes of it; in eval mode, on the processor."""
    model = seeded(FeatureNetwork, seed)
    train(
        model,
        split.inputs,
        split.targets,
        epochs=epochs,
        generator=torch.Generator().manual_seed(seed),
        lr=1e-2,
        device=device,
        progress=False,
    )
    return seeded(FeatureNetwork, seed).eval(), model.cpu().eval()
