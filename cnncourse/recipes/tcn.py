"""For lesson 10-tcn: how a network is trained, and functions of time that may look ahead or not.

All functions take x (N, C, T) and return (N, F, T). They are float64, because their rounding is a
part of the question.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cnncourse.training import train

EPOCHS = 30


def fit(model: nn.Module, inputs: Tensor, targets: Tensor, seed: int) -> None:
    """Train a model in place with the course's loop, for 30 epochs."""
    chance = Generator().manual_seed(seed)
    device = inputs.device
    train(model, inputs, targets, epochs=EPOCHS, generator=chance, device=device, progress=False)


def weights(seed: int, *shape: int) -> Tensor:
    """Numbers from 0.5 to 1.5 with random signs: none is too small to be seen.

    >>> weights(0, 2, 3).abs().min() >= 0.5
    tensor(True)
    """
    generator = Generator().manual_seed(seed)
    sizes = 0.5 + torch.rand(shape, generator=generator, dtype=torch.float64)
    signs = torch.randint(2, shape, generator=generator) * 2 - 1
    return sizes * signs


class OverTime(nn.Module):
    """A convolution over time, with zeros on both sides. x (N, C, T) -> (N, F, T)

    ahead: how many steps of the future it sees.
    """

    def __init__(self, weight: Tensor, dilation: int, ahead: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.dilation, self.ahead = dilation, ahead

    def forward(self, x: Tensor) -> Tensor:
        span = self.dilation * (self.weight.shape[2] - 1)
        padded = F.pad(x, (span - self.ahead, self.ahead))
        return F.conv1d(padded, self.weight, dilation=self.dilation)


def over_time(
    seed: int, channels: int, filters: int, kernel_size: int, dilation: int = 1, ahead: int = 0
) -> OverTime:
    """A convolution with random weights that sees `ahead` steps of the future."""
    return OverTime(weights(seed, filters, channels, kernel_size), dilation, ahead)


class Leak(nn.Module):
    """A function with a hole: one output gets one input added. x (N, C, T) -> (N, F, T)

    way: (channel, step) of the input and (filter, step) of the output.
    """

    def __init__(self, body: nn.Module, way: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.body, self.way = body, way

    def forward(self, x: Tensor) -> Tensor:
        (channel, source), (filter, target) = self.way
        out = self.body(x)
        hole = torch.zeros_like(out[0])
        hole[filter, target] = 1
        return out + hole * x[:, channel, source, None, None]


def leak(seed: int, channels: int, filters: int, way: Sequence[Sequence[int]]) -> Leak:
    """Two steps of the past and the present, and one single hole in time."""
    return Leak(over_time(seed, channels, filters, 3), way)


class Totals(nn.Module):
    """A running sum, worked out as the total less what is still to come.

    The future cancels out, but for rounding. x (N, C, T) -> (N, C, T)
    """

    def forward(self, x: Tensor) -> Tensor:
        later = x.flip(2).cumsum(2).flip(2) - x
        return x.sum(2, keepdim=True) - later


def totals() -> Totals:
    """A running sum that rounds."""
    return Totals()


class Spectrum(nn.Module):
    """A causal convolution of each channel by itself, through the Fourier transform.

    factors (C, k). x (N, C, T) -> (N, C, T)
    """

    def __init__(self, factors: Tensor) -> None:
        super().__init__()
        self.register_buffer("factors", factors)

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[2] + self.factors.shape[1] - 1
        product = torch.fft.rfft(x, length) * torch.fft.rfft(self.factors, length)
        return torch.fft.irfft(product, length)[..., : x.shape[2]]


def spectrum(seed: int, channels: int, kernel_size: int) -> Spectrum:
    """A filter for each channel that is applied to frequencies."""
    return Spectrum(weights(seed, channels, kernel_size))


class Centred(nn.Module):
    """Each channel less its mean over all of time. x (N, C, T) -> (N, C, T)"""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(2, keepdim=True)


def centred() -> Centred:
    """A normalisation that knows the whole signal."""
    return Centred()


class Backwards(nn.Module):
    """What came last comes first. x (N, C, T) -> (N, C, T)"""

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(2)


def backwards() -> Backwards:
    """A signal turned around."""
    return Backwards()


class Delay(nn.Module):
    """What was put in some steps ago, and zeros before. x (N, C, T) -> (N, C, T)"""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (self.steps, 0))[..., : x.shape[2]]


def delay(steps: int) -> Delay:
    """A line that holds a signal back."""
    return Delay(steps)


class Recurrent(nn.Module):
    """A recurrent network, one step after the other. x (N, C, T) -> (N, F, T)"""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        self.gru = gru

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(x.transpose(1, 2))[0].transpose(1, 2)


def recurrent(seed: int, channels: int, width: int, both_ways: bool = False) -> Recurrent:
    """A GRU with random weights that reads from left to right, or both ways."""
    # Its own start would draw from the global generator.
    with torch.random.fork_rng([]):
        gru = nn.GRU(channels, width, batch_first=True, bidirectional=both_ways)
    gru.double()
    for place, parameter in enumerate(gru.parameters()):
        parameter.data = weights(seed + place, *parameter.shape) / 2
    return Recurrent(gru.requires_grad_(False))
