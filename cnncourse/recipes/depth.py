"""For lesson 05-depth: the course's way to train a network, and networks to look through."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from cnncourse.training import train

EPOCHS = 20


def fit(model: nn.Module, inputs: Tensor, targets: Tensor, seed: int) -> None:
    """Train a model in place with the course's loop, for 20 epochs."""
    chance = Generator().manual_seed(seed)
    device = inputs.device
    train(model, inputs, targets, epochs=EPOCHS, generator=chance, device=device, progress=False)


def chain(
    layers: Sequence[tuple],
    seed: int,
    *,
    channels: int = 2,
    training: bool = True,
    asleep: Sequence[int] = (),
    learned: bool = False,
) -> nn.Module:
    """A network of layers in a row, with random weights.

    layers: ("conv", kernel_size, stride, dilation), ("max", size), ("relu",), ("norm",), or
        ("fork", one, other): two rows of layers side by side, whose results are added up.
    channels: of the input, and of everything behind it.
    training: whether it is in train mode, as networks begin.
    asleep: places of layers that are in eval mode in any case.
    learned: whether gradients of an earlier step are still there.

    >>> chain([("conv", 3, 1, 1), ("relu",), ("max", 2)], seed=0)
    Sequential(
      (0): Conv2d(2, 2, kernel_size=(3, 3), stride=(1, 1))
      (1): ReLU()
      (2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    )
    """
    generator = Generator().manual_seed(seed)
    model = nn.Sequential(*(layer(channels, generator, *words) for words in layers))
    model.train(training)
    for place in asleep:
        model[place].eval()
    if learned:
        for parameter in model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
    return model


def layer(channels: int, generator: Generator, kind: str, *sizes) -> nn.Module:
    """One layer of `chain`; ValueError for a kind that it does not know."""
    if kind == "conv":
        return convolution(channels, generator, *sizes)
    if kind == "max":
        return nn.MaxPool2d(*sizes)
    if kind == "relu":
        return nn.ReLU()
    if kind == "norm":
        return normalisation(channels, generator)
    if kind == "fork":
        return Fork([[layer(channels, generator, *words) for words in way] for way in sizes])
    raise ValueError(f"no layer {kind!r}")


def convolution(
    channels: int, generator: Generator, kernel_size, stride=1, dilation=1, padding=0
) -> nn.Conv2d:
    """Filters that answer a plain ground with a little less than nothing.

    So behind them a ReLU sleeps unless something is going on, as in a trained network.
    """
    # Its own start would draw from the global generator.
    conv = nn.utils.skip_init(nn.Conv2d, channels, channels, kernel_size, stride, padding, dilation)
    weight = torch.randn(conv.weight.shape, generator=generator)
    if weight[0].numel() > channels:
        weight -= weight.mean((1, 2, 3), keepdim=True)
    weight /= weight.square().sum((1, 2, 3), keepdim=True).sqrt()
    with torch.no_grad():
        conv.weight.copy_(weight)
        conv.bias.fill_(-0.05)
    return conv


def normalisation(channels: int, generator: Generator) -> nn.BatchNorm2d:
    """BatchNorm that has seen something before."""
    norm = nn.BatchNorm2d(channels)
    norm.running_mean.copy_(torch.randn(channels, generator=generator) / 10)
    norm.running_var.copy_(torch.rand(channels, generator=generator) + 0.5)
    return norm


class Fork(nn.Module):
    """Ways side by side; what comes out of them is added up, around the common middle.

    x (N, C, H, W) -> (N, C, H', W'), the smallest of the sizes.
    """

    def __init__(self, ways: Sequence[Sequence[nn.Module]]) -> None:
        super().__init__()
        self.ways = nn.ModuleList(nn.Sequential(*way) for way in ways)

    def forward(self, x: Tensor) -> Tensor:
        outputs = [way(x) for way in self.ways]
        height, width = (min(out.shape[axis] for out in outputs) for axis in (2, 3))
        return sum(cropped(out, height, width) for out in outputs)


def cropped(x: Tensor, height: int, width: int) -> Tensor:
    """The middle of x (N, C, H, W) -> (N, C, height, width)."""
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]
