"""Layers that an answer of lesson 03-weight-sharing is to measure. All of them are float64."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn


def normal(seed: int, *shape: int) -> Tensor:
    """Normal numbers that depend on the seed alone."""
    return torch.randn(shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


def convolution(
    seed: int,
    channels: int,
    filters: int,
    kernel_size: tuple[int, int],
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
    circular: bool = False,
) -> nn.Conv2d:
    """A convolution with random weights, padded by zeros or by the other side of the picture.

    All weights are whole numbers: on a picture of whole numbers nothing is rounded.
    """
    mode = "circular" if circular else "zeros"
    sizes = (channels, filters, kernel_size, stride, padding)
    layer = nn.Conv2d(*sizes, padding_mode=mode, dtype=torch.float64)
    layer.weight.data = (3 * normal(seed, *layer.weight.shape)).round()
    layer.bias.data = (3 * normal(seed + 1, filters)).round()
    return layer.requires_grad_(False)


class Gain(nn.Module):
    """Every place has a factor and a bias of its own. x (..., H, W) -> (..., H, W)"""

    def __init__(self, factor: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.register_buffer("factor", factor)
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor + self.bias


def gain(seed: int, height: int, width: int) -> Gain:
    """A layer that treats every place in a way of its own."""
    return Gain(normal(seed, height, width), normal(seed + 1, height, width))


def linear(seed: int, channels: int, height: int, width: int, outputs: int) -> nn.Sequential:
    """A dense layer on all pixels. x (N, C, H, W) -> (N, outputs)"""
    layer = nn.Linear(channels * height * width, outputs, dtype=torch.float64)
    layer.weight.data = normal(seed, *layer.weight.shape)
    layer.bias.data = normal(seed + 1, outputs)
    return nn.Sequential(nn.Flatten(), layer).requires_grad_(False)


def global_average(
    seed: int, channels: int, filters: int, padding: tuple[int, int], circular: bool
) -> nn.Sequential:
    """A convolution of 3 x 5 weights, a ReLU, the average of each map. (N, C, H, W) -> (N, F)"""
    layer = convolution(seed, channels, filters, (3, 5), padding=padding, circular=circular)
    return nn.Sequential(layer, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def identity() -> nn.Identity:
    """What comes in goes out."""
    return nn.Identity()
