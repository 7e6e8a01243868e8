"""LeNet-5, as it is built today and as its authors built it.

Today's has 61 706 parameters. The paper says 60 000, and it is right: three
layers differ. C3 connects each of its maps to some maps only; subsampling
layers have two parameters a map; the output layer is drawn by hand.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.reference.architectures import LeNet5

# Which maps of S2 each map of C3 looks at. (LeCun et al. 1998, table I.)
CONNECTIONS = (
    *[[(first + step) % 6 for step in range(3)] for first in range(6)],
    *[[(first + step) % 6 for step in range(4)] for first in range(6)],
    *[[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]],
    [0, 1, 2, 3, 4, 5],
)


def lenet5(classes: int = 10) -> LeNet5:
    """LeNet-5 as it is built today. x (N, 1, 28, 28) -> (N, classes)

    >>> sum(p.numel() for p in lenet5().parameters())
    61706
    """
    return LeNet5(classes)


class Subsample(nn.Module):
    """Add up four neighbours, times a learned factor, plus a learned bias.

    x (N, C, H, W) -> (N, C, H / 2, W / 2)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        self.average = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return squash(4 * self.average(x) * self.factor + self.bias)


class SparseConvolution(nn.Module):
    """C3: each map is a convolution of the maps that the table gives it.

    x (N, 6, H, W) -> (N, 16, H - 4, W - 4)
    """

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.ModuleList(
            nn.Conv2d(len(seen), 1, 5) for seen in CONNECTIONS
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = zip(self.maps, CONNECTIONS, strict=True)
        return torch.cat([layer(x[:, seen]) for layer, seen in maps], 1)


class LeNet5Of1998(nn.Module):
    """LeNet-5 up to F6, as the paper has it: all that is learned.

    x (N, 1, 32, 32) -> (N, 84), a picture of 7 x 12 pixels. The paper's
    output layer compares it with drawings of the characters; these are
    designed, not learned, and are left out here. (LeCun et al. 1998, II.B.)

    >>> sum(p.numel() for p in LeNet5Of1998().parameters())
    60000
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsample(6)
        self.c3 = SparseConvolution()
        self.s4 = Subsample(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)

    def forward(self, x: Tensor) -> Tensor:
        x = self.s2(squash(self.c1(x)))  # (N, 6, 14, 14)
        x = self.s4(squash(self.c3(x)))  # (N, 16, 5, 5)
        x = squash(self.c5(x)).flatten(1)
        return squash(self.f6(x))


def squash(x: Tensor) -> Tensor:
    """The paper's sigmoid, which is 1 at 1. (Appendix A.)

    >>> squash(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-1.0000,  0.0000,  1.0000])
    """
    return 1.7159 * torch.tanh(2 / 3 * x)


def lenet5_1998() -> LeNet5Of1998:
    """LeNet-5 as the paper has it. x (N, 1, 32, 32) -> (N, 84)"""
    return LeNet5Of1998()
