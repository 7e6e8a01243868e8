"""Temporal convolutional networks, written to be read.

Bai, Kolter & Koltun 2018. Axes: N batch, C channels, F filters, T time.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def causal_conv1d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, dilation: int = 1
) -> Tensor:
    """A convolution in time that never looks ahead.

    x (N, C, T), weight (F, C, k), bias (F,) -> (N, F, T)

    >>> x = torch.tensor([[[1.0, 2.0, 3.0]]])
    >>> weight = torch.tensor([[[10.0, 1.0]]])  # ten times the one before
    >>> causal_conv1d(x, weight).tolist()
    [[[1.0, 12.0, 23.0]]]
    """
    if x.shape[1] != weight.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, not {weight.shape[1]}")
    if dilation < 1:
        raise ValueError(f"dilation={dilation}: it must be 1 or more")
    span = dilation * (weight.shape[2] - 1) + 1
    windows = F.pad(x, (span - 1, 0)).unfold(2, span, 1)[..., ::dilation]
    out = torch.einsum("nctk,fck->nft", windows, weight)
    return out if bias is None else out + bias[:, None]


class CausalConv1d(nn.Conv1d):
    """The same as a layer. x (N, C, T) -> (N, F, T)

    >>> CausalConv1d(2, 5, kernel_size=3, dilation=4)(torch.ones(1, 2, 9)).shape
    torch.Size([1, 5, 9])
    """

    def forward(self, x: Tensor) -> Tensor:
        ahead = self.dilation[0] * (self.kernel_size[0] - 1)
        return super().forward(F.pad(x, (ahead, 0)))


class TemporalBlock(nn.Module):
    """Two causal convolutions and a way around them. (Figure 1b.)

    x (N, in_channels, T) -> (N, out_channels, T). The paper also has weight
    normalisation and dropout.

    >>> block = TemporalBlock(1, 4, kernel_size=3, dilation=2)
    >>> block(torch.ones(2, 1, 9)).shape
    torch.Size([2, 4, 9])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int,
    ) -> None:
        super().__init__()
        self.conv1 = CausalConv1d(
            in_channels, out_channels, kernel_size, dilation=dilation
        )
        self.conv2 = CausalConv1d(
            out_channels, out_channels, kernel_size, dilation=dilation
        )
        same = in_channels == out_channels
        projection = nn.Conv1d(in_channels, out_channels, 1)
        self.shortcut = nn.Identity() if same else projection

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.conv2(F.relu(self.conv1(x))))
        return F.relu(out + self.shortcut(x))


def tcn_receptive_field(
    kernel_size: int, levels: int, convs_per_block: int = 2
) -> int:
    """How many time steps the last output sees; level i has dilation 2^i.

    1 + convs (k - 1) (2^levels - 1), which is the sum over the layers: each
    convolution reaches (k - 1) dilations further back.

    >>> tcn_receptive_field(3, levels=4)
    61
    """
    if kernel_size < 1 or levels < 0 or convs_per_block < 1:
        raise ValueError("no such network: sizes must be positive")
    return 1 + convs_per_block * (kernel_size - 1) * (2**levels - 1)


def min_levels(length: int, kernel_size: int, convs_per_block: int = 2) -> int:
    """How many levels it takes until the last output sees all of a signal.

    At least 1. ValueError where no number of levels is enough: a kernel of
    size 1 never looks back.

    >>> min_levels(61, kernel_size=3), min_levels(62, kernel_size=3)
    (4, 5)
    """
    if kernel_size == 1 and length > 1:
        raise ValueError("kernel_size=1 sees one step, whatever the levels")
    levels = 1
    while tcn_receptive_field(kernel_size, levels, convs_per_block) < length:
        levels += 1
    return levels


def is_causal(f: Callable[[Tensor], Tensor], x: Tensor) -> bool:
    """Does no output of f depend on a later input? Asked at every time step.

    f: x (N, C, T) -> (N, F, T). The future is replaced by other numbers; what
    came before may change by rounding alone.

    >>> x = torch.randn(2, 1, 9)
    >>> is_causal(lambda x: x.cumsum(2), x), is_causal(lambda x: x.flip(2), x)
    (True, False)
    """
    before, random = f(x).detach(), torch.Generator().manual_seed(0)
    rounding = 1000 * torch.finfo(before.dtype).eps * before.abs().max()
    for now in range(x.shape[2] - 1):
        noise = torch.randn(x.shape, generator=random).to(x)
        future = torch.arange(x.shape[2], device=x.device) > now
        after = f(torch.where(future, noise, x)).detach()
        if ((after - before)[..., : now + 1].abs() > rounding).any():
            return False
    return True


class SequenceClassifier(nn.Module):
    """Three layers that look ever wider, then the mean over time.

    x (N, 1, T) -> (N, classes), one score for each class. It may look ahead:
    whoever waits for the whole signal knows its end as well.

    >>> SequenceClassifier()(torch.ones(2, 1, 40)).shape
    torch.Size([2, 10])
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        width = 24
        self.layers = nn.Sequential(
            nn.Conv1d(1, width, 5, padding=2, stride=2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=4, dilation=2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )
        self.scores = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.layers(x).mean(2))
