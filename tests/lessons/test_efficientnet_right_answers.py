"""Answers of lesson 09-efficientnet that are right in a style of their own."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse import models
from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.models import efficientnet
from cnncourse.reference.efficientnet import MBConv, SqueezeExcite


# separable_ratio --------------------------------------------------------------------------------
def with_channels_that_cancel(kernel_size, out_channels):
    kh, kw = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
    separable = 7 * kh * kw + 7 * out_channels
    return Fraction(separable, 7 * kh * kw * out_channels)


def as_a_sum_of_two(k, out_channels):
    area = k * k if isinstance(k, int) else math.prod(k)
    return Fraction(1, area) + Fraction(1, out_channels)


def with_numpy(kernel_size, out_channels):
    area = int(np.prod(np.broadcast_to(kernel_size, 2)))
    return Fraction(area + out_channels, area * out_channels)


# SqueezeExcite ----------------------------------------------------------------------------------
class InSequence(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.SiLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.gate(x)


class WithLinearLayers(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.second = nn.Linear(squeezed, channels)
        self.first = nn.Linear(channels, squeezed)

    def forward(self, x):
        gate = torch.sigmoid(self.second(F.silu(self.first(x.mean(dim=(2, 3))))))
        return x * gate[:, :, None, None]


class WithBareParameters(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(squeezed, channels))
        self.b1 = nn.Parameter(torch.zeros(squeezed))
        self.w2 = nn.Parameter(torch.randn(channels, squeezed))
        self.b2 = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        means = x.flatten(2).mean(2)
        inner = means @ self.w1.T + self.b1
        inner = inner * inner.sigmoid()
        gate = (inner @ self.w2.T + self.b2).sigmoid()
        return torch.einsum("nchw,nc->nchw", x, gate)


# MBConv -----------------------------------------------------------------------------------------
class LayerByLayer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expand):
        super().__init__()
        self.adds = stride == 1 and in_channels == out_channels
        wide = in_channels * expand
        self.project_norm = nn.BatchNorm2d(out_channels)
        self.project = nn.Conv2d(wide, out_channels, 1, bias=False)
        self.excite = InSequence(wide, max(1, in_channels // 4))
        self.depth_norm = nn.BatchNorm2d(wide)
        padding = (kernel_size - 1) // 2
        self.depth = nn.Conv2d(
            wide, wide, kernel_size, stride=stride, padding=padding, groups=wide, bias=False
        )
        self.expand_norm = nn.BatchNorm2d(wide) if expand != 1 else nn.Identity()
        self.expand = nn.Conv2d(in_channels, wide, 1, bias=False) if expand != 1 else nn.Identity()
        self.expands = expand != 1

    def forward(self, x):
        inner = x
        if self.expands:
            inner = F.silu(self.expand_norm(self.expand(inner)))
        inner = self.depth_norm(self.depth(inner))
        inner = self.excite(inner * inner.sigmoid())
        inner = self.project_norm(self.project(inner))
        if self.adds:
            inner = inner + x
        return inner


class InPlace(nn.Module):
    """With activations that overwrite, and an addition that does."""

    def __init__(self, in_channels, out_channels, kernel_size, stride, expand):
        super().__init__()
        wide = expand * in_channels
        first = [
            nn.Conv2d(in_channels, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.SiLU(inplace=True),
        ]
        self.body = nn.Sequential(
            *(first if expand > 1 else []),
            nn.Conv2d(wide, wide, kernel_size, stride, kernel_size // 2, 1, wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.SiLU(inplace=True),
            WithLinearLayers(wide, max(in_channels // 4, 1)),
            nn.Conv2d(wide, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x):
        out = self.body(x)
        if self.shortcut:
            out += x
        return out


class WithModuleDict(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expand):
        super().__init__()
        wide = in_channels * expand
        pad = "same" if stride == 1 else kernel_size // 2
        parts = {"depthwise": nn.Conv2d(wide, wide, kernel_size, stride, pad, groups=wide)}
        parts["depthwise"].bias = None
        parts["norm"] = nn.BatchNorm2d(wide)
        parts["weigh"] = SqueezeExcite(wide, max(1, in_channels // 4))
        parts["narrow"] = nn.Conv2d(wide, out_channels, 1, bias=False)
        parts["last"] = nn.BatchNorm2d(out_channels)
        if expand != 1:
            parts["widen"] = nn.Conv2d(in_channels, wide, 1, bias=False)
            parts["wide norm"] = nn.BatchNorm2d(wide)
        self.parts = nn.ModuleDict(parts)
        self.same = stride == 1 and in_channels == out_channels

    def forward(self, x):
        parts, out = self.parts, x
        if "widen" in parts:
            out = F.silu(parts["wide norm"](parts["widen"](out)))
        out = parts["weigh"](F.silu(parts["norm"](parts["depthwise"](out))))
        out = parts["last"](parts["narrow"](out))
        return torch.add(x, out) if self.same else out


# round_filters ----------------------------------------------------------------------------------
def as_torchvision_says_it(v, min_v, divisor=8):
    v = v * min_v
    new = max(divisor, int(v + divisor / 2) // divisor * divisor)
    if new < 0.9 * v:
        new += divisor
    return new


def without_a_least(channels, width, divisor=8):
    """Zero loses more than a tenth of anything, so the last rule already takes the least."""
    scaled = channels * width
    rounded = math.floor(scaled / divisor + 0.5) * divisor
    return rounded if rounded >= 0.9 * scaled else rounded + divisor


def by_the_rest(channels, width, divisor=8):
    scaled = channels * width
    below = int(scaled // divisor) * divisor
    rounded = below if scaled - below < divisor / 2 else below + divisor
    rounded = divisor if rounded == 0 else rounded
    while rounded < 0.9 * scaled:
        rounded += divisor
    return rounded


def among_all_multiples(channels, width, divisor=8):
    scaled = channels * width
    multiples = range(divisor, int(2 * scaled) + 3 * divisor, divisor)
    best = min(multiples, key=lambda multiple: (abs(multiple - scaled), -multiple))
    return np.int64(best if best >= 0.9 * scaled else best + divisor)


# round_repeats ----------------------------------------------------------------------------------
def by_floor_of_the_negative(repeats, depth):
    return int(-(-repeats * depth // 1))


def cut_and_compare(repeats, depth):
    product = repeats * depth
    whole = int(product)
    return whole if whole == product else whole + 1


def numpys(repeats, depth):
    return int(np.ceil(repeats * depth))


# compound_scale ---------------------------------------------------------------------------------
def powers_of_products(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return alpha**phi, beta**phi, gamma**phi, (alpha * beta**2 * gamma**2) ** phi


def as_a_list(phi, alpha=1.2, beta=1.1, gamma=1.15):
    d, w, r = (math.pow(base, phi) for base in (alpha, beta, gamma))
    return [d, w, r, d * w * w * r * r]


def from_numpy(phi, alpha=1.2, beta=1.1, gamma=1.15):
    d, w, r = np.array([alpha, beta, gamma]) ** phi
    return d, w, r, d * (w * r) ** 2


def from_torch(phi, alpha=1.2, beta=1.1, gamma=1.15):
    bases = torch.tensor([alpha, beta, gamma], dtype=torch.float64)
    d, w, r = bases.pow(phi)
    return d, w, r, d * w**2 * r**2


ANSWERS = {
    "separable_ratio": (with_channels_that_cancel, as_a_sum_of_two, with_numpy),
    "SqueezeExcite": (InSequence, WithLinearLayers, WithBareParameters),
    "MBConv": (LayerByLayer, InPlace, WithModuleDict),
    "round_filters": (
        as_torchvision_says_it,
        without_a_least,
        by_the_rest,
        among_all_multiples,
    ),
    "round_repeats": (by_floor_of_the_negative, cut_and_compare, numpys),
    "compound_scale": (powers_of_products, as_a_list, from_numpy, from_torch),
}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in ANSWERS.items()
        for answer in answers
    ],
)
@pytest.mark.parametrize("seed", [0, 11])
def test_unusual_but_right_answer_passes(name, answer, seed):
    result = grade(find_exercise(name), answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


@pytest.mark.parametrize("network", ["efficientnet_b0", "efficientnet_b3"])
def test_blocks_of_the_networks_are_the_reference(network):
    with torch.device("meta"):
        model = getattr(models, network)()
    blocks = [module for module in model.modules() if isinstance(module, MBConv)]
    assert len(blocks) == {"efficientnet_b0": 16, "efficientnet_b3": 26}[network]
    assert efficientnet.MBConv is MBConv
