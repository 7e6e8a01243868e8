"""Small networks for MNIST-1D, each with another idea of what a signal is.

Greydanus & Kobak 2020. Signals are x (N, 1, 40), classes are ten digits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.models.tcn import TCN
from cnncourse.models.vit import FusedBlock


def strided_cnn(width: int = 25, classes: int = 10) -> nn.Sequential:
    """Three strided convolutions and a flattened head: the paper's CNN.

    x (N, 1, 40) -> (N, classes)

    >>> sum(p.numel() for p in strided_cnn().parameters())
    5210
    """
    return nn.Sequential(
        nn.Conv1d(1, width, 5, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv1d(width, width, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv1d(width, width, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(5 * width, classes),
    )


def pooled_cnn(width: int = 32, classes: int = 10) -> nn.Sequential:
    """Convolutions at full length, then the mean over time: global pooling.

    x (N, 1, 40) -> (N, classes)
    """
    return nn.Sequential(
        *conv_norm_relu(1, width, 5),
        *conv_norm_relu(width, width, 5),
        nn.MaxPool1d(2),
        *conv_norm_relu(width, width, 5),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(width, classes),
    )


def conv_norm_relu(
    in_channels: int, out_channels: int, kernel_size: int
) -> tuple[nn.Module, nn.Module, nn.Module]:
    """A convolution that keeps the length. x (N, C, T) -> (N, F, T)"""
    padding = kernel_size // 2
    return (
        nn.Conv1d(in_channels, out_channels, kernel_size, padding=padding),
        nn.BatchNorm1d(out_channels),
        nn.ReLU(),
    )


def causal_cnn(width: int = 25, classes: int = 10) -> TCN:
    """A TCN of five levels, which sees the whole signal at its last step.

    x (N, 1, 40) -> (N, classes)
    """
    return TCN(1, [width] * 5, 3, classes)


class PatchTransformer(nn.Module):
    """Patches of four values, two encoder blocks, the mean over patches.

    x (N, 1, 40) -> (N, classes)
    """

    def __init__(self, dim: int = 64, classes: int = 10) -> None:
        super().__init__()
        self.patches = nn.Conv1d(1, dim, 4, stride=4)
        self.positions = nn.Parameter(torch.randn(1, 10, dim) * 0.02)
        self.blocks = nn.Sequential(
            *(FusedBlock(dim, 4, 4 * dim) for _ in range(2))
        )
        self.ln = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).transpose(1, 2) + self.positions
        return self.head(self.ln(self.blocks(tokens)).mean(1))
