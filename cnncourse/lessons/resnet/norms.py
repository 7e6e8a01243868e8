"""Batch normalisation as it is misunderstood. Each class is a belief; BELIEFS says what of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

AXES = (0, 2, 3)


class OwnNorm(nn.Module):
    """Batch normalisation by hand, right as it stands. x (N, C, H, W) -> (N, C, H, W)

    The beliefs below change one step each.
    """

    eps, momentum = 1e-5, 0.1

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.statistics(x)
        normal = self.divided(x - mean.view(1, -1, 1, 1), var.view(1, -1, 1, 1))
        return normal * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training:
            return self.mean, self.var
        self.remember(x)
        return of_the_batch(x)

    def remember(self, x: Tensor) -> None:
        self.mean.lerp_(x.detach().mean(AXES), self.momentum)
        self.var.lerp_(x.detach().var(AXES), self.momentum)

    def divided(self, x: Tensor, var: Tensor) -> Tensor:
        return x / (var + self.eps).sqrt()


def of_the_batch(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.mean(AXES), x.var(AXES, unbiased=False)


class LeavesOutFactorAndSummand(OwnNorm):
    def __init__(self, channels):
        super().__init__(channels)
        del self.weight, self.bias
        self.register_buffer("weight", torch.ones(channels))
        self.register_buffer("bias", torch.zeros(channels))


class LeavesOutTheSummand(OwnNorm):
    def __init__(self, channels):
        super().__init__(channels)
        del self.bias
        self.register_buffer("bias", torch.zeros(channels))


class LooksAtTheBatchInEvalMode(OwnNorm):
    def statistics(self, x):
        return of_the_batch(x)


class NeverUpdatesTheVariance(OwnNorm):
    def remember(self, x):
        self.mean.lerp_(x.detach().mean(AXES), self.momentum)


class NeverUpdatesTheMean(OwnNorm):
    def remember(self, x):
        self.var.lerp_(x.detach().var(AXES), self.momentum)


class AddsEpsilonOutsideTheRoot(OwnNorm):
    def divided(self, x, var):
        return x / (var.sqrt() + self.eps)


class DividesByTheVariance(OwnNorm):
    def divided(self, x, var):
        return x / (var + self.eps)


class TurnsTheMomentumRound(OwnNorm):
    momentum = 0.9


class RemembersTheBiasedVariance(OwnNorm):
    def remember(self, x):
        self.mean.lerp_(x.detach().mean(AXES), self.momentum)
        self.var.lerp_(x.detach().var(AXES, unbiased=False), self.momentum)


class NormalisesEachExampleAlone(OwnNorm):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        self.remember(x)
        mean = x.mean((2, 3), keepdim=True)
        var = x.var((2, 3), keepdim=True, unbiased=False)
        normal = self.divided(x - mean, var)
        return normal * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class TakesMeanAndVarianceForConstants(OwnNorm):
    def statistics(self, x):
        return tuple(one.detach() for one in super().statistics(x))


class UsesTheMemoryInTrainMode(OwnNorm):
    def statistics(self, x):
        if self.training:
            self.remember(x)
        return self.mean.clone(), self.var.clone()


class GoesOnRememberingInEvalMode(OwnNorm):
    def statistics(self, x):
        self.remember(x)
        return of_the_batch(x) if self.training else (self.mean.clone(), self.var.clone())


BELIEFS: dict[type[OwnNorm], str] = {
    LeavesOutFactorAndSummand: (
        "Your BatchNorm has no parameters. Behind the division, each channel has a factor and a "
        "summand that are learned; without them a layer could never be quiet or loud."
    ),
    LeavesOutTheSummand: (
        "Your BatchNorm has a factor for each channel, but no summand. The convolution before it "
        "has no bias either, so nothing could ever move a channel up or down."
    ),
    LooksAtTheBatchInEvalMode: (
        "Your BatchNorm uses the mean and variance of the batch in eval mode, too. There an "
        "image's answer must not depend on what else is in the batch."
    ),
    NeverUpdatesTheVariance: (
        "Your BatchNorm remembers the mean of the batches, but its running variance stays as it "
        "began. In eval mode everything is then divided by the wrong number."
    ),
    NeverUpdatesTheMean: (
        "Your BatchNorm remembers the variance of the batches, but its running mean stays as it "
        "began."
    ),
    AddsEpsilonOutsideTheRoot: (
        "Your BatchNorm adds epsilon to the standard deviation. It belongs to the variance, "
        "under the root."
    ),
    DividesByTheVariance: (
        "Your BatchNorm divides by the variance. What has the unit of the signal itself, so that "
        "the quotient has variance 1?"
    ),
    TurnsTheMomentumRound: (
        "Your BatchNorm's momentum is the wrong way round: it keeps a tenth of what it knew. In "
        "PyTorch, momentum 0.1 means that a tenth comes from the *new* batch."
    ),
    RemembersTheBiasedVariance: (
        "Your BatchNorm remembers the variance that it divides the batch by. PyTorch remembers "
        "the unbiased one, over n - 1, because it is to estimate that of all images."
    ),
    NormalisesEachExampleAlone: (
        "Your BatchNorm gives every image a mean and a variance of its own. That is instance "
        "normalisation; here a channel has one mean for the whole batch."
    ),
    TakesMeanAndVarianceForConstants: (
        "The outputs are right, but your BatchNorm hides from the gradient that mean and variance "
        "depend on x as well (`detach`, `no_grad` or `.data`)."
    ),
    UsesTheMemoryInTrainMode: (
        "Your BatchNorm uses its running mean and variance in train mode already. There the batch "
        "itself is what counts."
    ),
    GoesOnRememberingInEvalMode: (
        "Your BatchNorm goes on changing its running mean and variance in eval mode. They are for "
        "use then, and stay."
    ),
}
