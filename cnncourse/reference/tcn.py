"""Temporal convolutional networks, written to be read.

Bai, Kolter & Koltun 2018. Axes: N batch, C channels, F filters, T time.
"""

from __future__ import annotations

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

    1 + convs (k - 1) (2^levels - 1), which is the sum over the layers.

    >>> tcn_receptive_field(3, levels=4)
    61
    """
    return 1 + convs_per_block * (kernel_size - 1) * (2**levels - 1)
