"""Networks for lesson 06-representations: to look into, to climb on, to freeze."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn


class ForwardFailed(RuntimeError):
    """What a layer of the course raises that is made to fail."""


class Fails(nn.Module):
    """A layer on which every forward pass stops."""

    def forward(self, x: Tensor) -> Tensor:
        raise ForwardFailed("this layer stops every forward pass")


class Branched(nn.Module):
    """A small network that is no row of layers. x (N, 2, H, W) -> (N, 3)

    Its ReLUs write into their input, `act` runs twice, and `fails` stops it where asked.
    """

    def __init__(self, fails: bool, norm: bool) -> None:
        super().__init__()
        # Not in the order of use.
        self.head = nn.utils.skip_init(nn.Linear, 4, 3)
        self.act = nn.ReLU(inplace=True)
        self.stem = nn.utils.skip_init(nn.Conv2d, 2, 4, 3, padding=1)
        conv = nn.utils.skip_init(nn.Conv2d, 4, 4, 3, padding=1)
        last = nn.BatchNorm2d(4) if norm else nn.Identity()
        self.body = nn.Sequential(conv, nn.ReLU(inplace=True), last)
        self.fails = Fails() if fails else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.stem(x))
        x = self.act(self.body(x) - 0.5 * x)
        return self.head(self.fails(x).mean((2, 3)))


def branched(
    seed: int,
    *,
    training: bool = True,
    norm: bool = False,
    fails: bool = False,
    hooked: bool = False,
) -> nn.Module:
    """A network to record from, with random weights.

    norm: with BatchNorm; fails: it stops half way; hooked: somebody else's hooks are on it.
    """
    model = filled(Branched(fails, norm), seed).train(training)
    if hooked:
        for module in (model.stem, model.head):
            module.register_forward_hook(looks_on)
    return model


def looks_on(module: nn.Module, inputs: tuple, output: Tensor) -> None:
    """A hook that does nothing."""


class LinearUnit(nn.Module):
    """How well inputs fit a pattern, summed up. x (N, ...) -> a scalar"""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, *shape))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).sum()


class SmoothUnit(nn.Module):
    """A unit behind a bent layer, summed over the batch. x (N, C, H, W) -> a scalar"""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.utils.skip_init(nn.Conv2d, channels, 3, 3)
        self.scores = nn.utils.skip_init(nn.Linear, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.conv(x).tanh().sum((2, 3))).sum()


def linear_unit(seed: int, shape: tuple[int, ...]) -> nn.Module:
    """A unit whose gradient is the same everywhere."""
    return filled(LinearUnit(shape), seed)


def smooth_unit(seed: int, channels: int, learned: bool = False) -> nn.Module:
    """A unit whose gradient changes on the way; learned: with gradients of an earlier step."""
    model = filled(SmoothUnit(channels), seed)
    if learned:
        generator = Generator().manual_seed(seed + 1)
        for parameter in model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
    return model


class Backbone(nn.Module):
    """Convolutions with BatchNorm, a linear layer with BatchNorm, a head. x (N, 2, H, W)

    nested: the head is the second part of `classifier`, else it is `head`.
    """

    def __init__(self, classes: int, nested: bool) -> None:
        super().__init__()
        head = nn.utils.skip_init(nn.Linear, 6, classes)
        if nested:
            self.classifier = nn.Sequential(nn.Identity(), head)
        else:
            self.head = head
        conv = nn.utils.skip_init(nn.Conv2d, 2, 4, 3, padding=1)
        self.stem = nn.Sequential(conv, nn.BatchNorm2d(4))
        self.dense = nn.utils.skip_init(nn.Linear, 4, 6)
        self.norm = nn.BatchNorm1d(6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu().mean((2, 3))
        x = self.norm(self.dense(x)).relu()
        return self.classifier(x) if hasattr(self, "classifier") else self.head(x)


def backbone(seed: int, classes: int, *, nested: bool = False, double: bool = False) -> nn.Module:
    """A network whose head is to be replaced, in train mode; double: in float64."""
    model = filled(Backbone(classes, nested), seed)
    return model.double() if double else model


def filled(model: nn.Module, seed: int) -> nn.Module:
    """Random weights, and BatchNorm that has seen something before; all from the seed alone."""
    generator = Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            fan_in = max(1, parameter[0].numel())
            drawn = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(drawn * (1.5 / fan_in**0.5))
        for name, buffer in model.named_buffers():
            if buffer.is_floating_point():
                drawn = torch.rand(buffer.shape, generator=generator)
                buffer.copy_(drawn + 0.5 if "var" in name else drawn - 0.5)
    return model
