"""For lesson 08-resnet: blocks to stack, networks and losses to look at, layers to fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

SMALL = 3


def stand_in(expansion: int) -> type[nn.Module]:
    """A class that is built and called as a residual block is, and is far simpler inside.

    Its arguments are (in_channels, width, stride). x (N, in_channels, H, W) -> (N, width *
    expansion, H / stride, W / stride), sizes rounded up.

    >>> stand_in(4)(6, 3, stride=2)(torch.ones(1, 6, 5, 7)).shape
    torch.Size([1, 12, 3, 4])
    """

    class StandIn(nn.Module):
        def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
            super().__init__()
            out_channels = width * self.expansion
            self.in_channels, self.stride = in_channels, stride
            self.taken = [place % in_channels for place in range(out_channels)]
            self.factor = nn.Parameter(torch.ones(out_channels, 1))

        def forward(self, x: Tensor) -> Tensor:
            if x.shape[1] != self.in_channels:
                raise ValueError(
                    f"a block for {self.in_channels} channels got {x.shape[1]} channels"
                )
            # A neighbour has a say, so that it matters which block has the stride.
            x = x - 0.4 * x.roll((1, 1), (2, 3))
            x = x[:, self.taken, :: self.stride, :: self.stride]
            return (x * self.factor.view(-1, 1, 1)).tanh()

    StandIn.expansion = expansion
    return StandIn


def normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


class Scaled(nn.Module):
    """A factor for each channel, then other layers. The factor comes first among its parameters.

    x (N, C, ...) -> what the layers make of x * factor
    """

    def __init__(self, channels: int, body: nn.Module) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(channels))
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x * self.factor.view(-1, *[1] * (x.dim() - 2)))


class Matrix(nn.Module):
    """A weight that is no layer of the library. x (N, D) -> (N, outputs)"""

    def __init__(self, size: int, outputs: int) -> None:
        super().__init__()
        self.mixing = nn.Parameter(torch.empty(outputs, size))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.mixing.T


def network(
    kind: str, seed: int, *, sizes: Sequence[int] = (4, 5, 3), training: bool = True, **options
) -> nn.Module:
    """A small network in float64, with random weights.

    kind: "dense" takes (N, sizes[0]); "convolutions" and "normalised", which has BatchNorm, take
        (N, sizes[0], H, W); "scaled" begins and ends with parameters of one axis; "matrix" has
        weights in no layer of the library. All of them return (N, sizes[-1]).
    learned: whether gradients of an earlier step are still there.
    """
    generator = Generator().manual_seed(seed)
    model = LAYOUTS[kind](sizes).double()
    for parameter in model.parameters():
        fan_in = parameter[0].numel()
        parameter.data = normal(generator, *parameter.shape) / fan_in**0.5
        if options.get("learned"):
            parameter.grad = normal(generator, *parameter.shape)
    return model.train(training)


def dense(sizes: Sequence[int]) -> nn.Module:
    first, *inner, last = sizes
    widths = (first, *inner)
    hidden = [
        layer
        for before, behind in pairwise(widths)
        for layer in (nn.Linear(before, behind), nn.Tanh())
    ]
    return nn.Sequential(*hidden, nn.Linear(widths[-1], last))


def convolutions(sizes: Sequence[int], norm: bool = False) -> nn.Module:
    first, *inner, last = sizes
    widths = (first, *inner)
    hidden = [
        layer
        for before, behind in pairwise(widths)
        for layer in (
            nn.Conv2d(before, behind, SMALL, padding=1, bias=not norm),
            nn.BatchNorm2d(behind) if norm else nn.Identity(),
            nn.Tanh(),
        )
    ]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], last))
    return nn.Sequential(*hidden, *head)


def normalised(sizes: Sequence[int]) -> nn.Module:
    return convolutions(sizes, norm=True)


def scaled(sizes: Sequence[int]) -> nn.Module:
    return nn.Sequential(Scaled(sizes[0], dense(sizes)), Scaled(sizes[-1], nn.Identity()))


def matrix(sizes: Sequence[int]) -> nn.Module:
    first, *_, last = sizes
    return nn.Sequential(
        Matrix(first, 2 * first),
        nn.Tanh(),
        dense((2 * first, *sizes[1:])),
        nn.Tanh(),
        Matrix(last, last),
    )


LAYOUTS: dict[str, Callable[[Sequence[int]], nn.Module]] = {
    "dense": dense,
    "convolutions": convolutions,
    "normalised": normalised,
    "scaled": scaled,
    "matrix": matrix,
}


def loss(seed: int, examples: int, outputs: int) -> Callable[[Tensor], Tensor]:
    """The mean squared distance from random targets, for (N, outputs)."""
    targets = normal(Generator().manual_seed(seed), examples, outputs)

    def distance(out: Tensor) -> Tensor:
        return F.mse_loss(out, targets.to(out))

    return distance


def convolution(seed: int, channels: int, filters: int, kernel_size, **options) -> nn.Conv2d:
    """A convolution in float64 with random weights; `options` are those of nn.Conv2d."""
    generator = Generator().manual_seed(seed)
    layer = nn.utils.skip_init(
        nn.Conv2d, channels, filters, kernel_size, dtype=torch.float64, **options
    )
    for parameter in layer.parameters():
        parameter.data = normal(generator, *parameter.shape)
    return layer


def batch_norm(
    seed: int, channels: int, eps: float = 1e-5, training: bool = False, affine: bool = True
) -> nn.BatchNorm2d:
    """BatchNorm in float64 that has seen and learned something."""
    generator = Generator().manual_seed(seed)
    layer = nn.BatchNorm2d(channels, eps=eps, affine=affine, dtype=torch.float64)
    for parameter in layer.parameters():
        parameter.data = normal(generator, channels) + 0.5
    layer.running_mean.copy_(normal(generator, channels))
    # Small ones among them, so that epsilon counts.
    layer.running_var.copy_(0.01 + normal(generator, channels).square())
    return layer.train(training)
