"""Modules are graded by value, whatever their parameters are called and whenever declared.

The oracle is a residual block; the wrong answers are the bugs that public graders let through.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnncourse.grading.contract import Case, Exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.run_module import Module
from cnncourse.lessons.inputs import normal


class Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        changes = stride != 1 or in_channels != out_channels
        self.shortcut = nn.Sequential(
            *(
                [
                    nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                    nn.BatchNorm2d(out_channels),
                ]
                if changes
                else []
            )
        )

    def inner(self, x):
        return self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        return torch.relu(self.inner(x) + self.shortcut(x))


class DeclaredBackwards(nn.Module):
    """Right: other names, other order of declaration."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        if stride != 1 or in_channels != out_channels:
            self.b_side = nn.BatchNorm2d(out_channels)
            self.a_side = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        self.z = nn.BatchNorm2d(out_channels)
        self.y = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.x = nn.BatchNorm2d(out_channels)
        self.w = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)

    def forward(self, x):
        out = self.z(self.y(self.x(self.w(x)).clamp(min=0)))
        side = self.b_side(self.a_side(x)) if hasattr(self, "a_side") else x
        return (out + side).clamp(min=0)


class ShortcutFirst(Block):
    """Right: the other way is gone first, and the sum is taken in the other order."""

    def forward(self, x):
        side = self.shortcut(x)
        return torch.relu(side + self.inner(x))


class OwnNorm(nn.Module):
    """Batch normalisation by hand; in eval mode its factors are worked out first."""

    def __init__(self, channels):
        super().__init__()
        self.shift, self.scale = (nn.Parameter(torch.zeros(channels)) for _ in range(2))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, x):
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            count = x.numel() / x.shape[1]
            self.mean.lerp_(mean.detach(), 0.1)
            self.var.lerp_(var.detach() * count / (count - 1), 0.1)
        else:
            mean, var = self.mean, self.var
        scale = self.scale / (var + 1e-5).sqrt()
        shift = self.shift - mean * scale
        return x * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


class WithOwnNorm(Block):
    """Right: its normalisation is written by hand."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn1, self.bn2 = OwnNorm(out_channels), OwnNorm(out_channels)


def variant(forward):
    return type("Block", (Block,), {"forward": forward})


def with_options(**options):
    class Changed(Block):
        def __init__(self, *arguments, **more):
            super().__init__(*arguments, **more)
            for path, value in options.items():
                setattr(self, path, value(self))

    return Changed


WRONG = {
    "no skip": variant(lambda self, x: torch.relu(self.inner(x))),
    "adds after the relu": variant(lambda self, x: torch.relu(self.inner(x)) + self.shortcut(x)),
    "no last relu": variant(lambda self, x: self.inner(x) + self.shortcut(x)),
    "multiplies": variant(lambda self, x: torch.relu(self.inner(x) * self.shortcut(x))),
    "subtracts": variant(lambda self, x: torch.relu(self.inner(x) - self.shortcut(x))),
    "scales the skip": variant(lambda self, x: torch.relu(self.inner(x) + 0.5 * self.shortcut(x))),
    "detaches the skip": variant(
        lambda self, x: torch.relu(self.inner(x) + self.shortcut(x).detach())
    ),
    "no inner relu": variant(
        lambda self, x: torch.relu(self.bn2(self.conv2(self.bn1(self.conv1(x)))) + self.shortcut(x))
    ),
    "relu before the norm": variant(
        lambda self, x: torch.relu(
            self.bn2(self.conv2(self.bn1(torch.relu(self.conv1(x))))) + self.shortcut(x)
        )
    ),
    "returns zeros": variant(lambda self, x: torch.zeros_like(self.inner(x))),
    "no norm": with_options(bn1=lambda self: nn.Identity()),
    "bias in the convolution": with_options(
        conv1=lambda self: nn.Conv2d(
            self.conv1.in_channels, self.conv1.out_channels, 3, self.conv1.stride, 1
        )
    ),
    "norm always on the batch": with_options(
        bn1=lambda self: nn.BatchNorm2d(self.conv1.out_channels, track_running_stats=False)
    ),
    "norm with another epsilon": with_options(
        bn2=lambda self: nn.BatchNorm2d(self.conv1.out_channels, eps=1e-2)
    ),
    "norm with another momentum": with_options(
        bn2=lambda self: nn.BatchNorm2d(self.conv1.out_channels, momentum=0.3)
    ),
}


def block(in_channels, out_channels, stride):
    return lambda generator: {
        "x": normal(generator, 3, in_channels, 6, 7),
        "in_channels": in_channels,
        "out_channels": out_channels,
        "stride": stride,
    }


EXERCISE = Exercise(
    reference=Block,
    points=3,
    minutes=30,
    difficulty="core",
    cases=(
        Case("the shape stays", block(4, 4, 1)),
        Case("the channels change", block(3, 5, 1)),
        Case("the size changes", block(4, 4, 2)),
    ),
    misconceptions=(),
    hints=("Draw it.", "Add before the last ReLU."),
    run=Module(inputs=("x",)),
)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("answer", [Block, DeclaredBackwards, ShortcutFirst, WithOwnNorm])
def test_right_modules_pass(answer, seed):
    result = grade(EXERCISE, answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


@pytest.mark.parametrize("answer", [pytest.param(a, id=name) for name, a in WRONG.items()])
def test_wrong_modules_are_caught(answer):
    result = grade(EXERCISE, answer)
    assert result.verdict in ("wrong", "crashed"), str(result)
    assert result.score < 1


def test_function_instead_of_module_is_told_so():
    result = grade(EXERCISE, lambda *arguments, **options: 3)
    assert result.verdict == "crashed"
    assert "nn.Module" in result.say


def test_module_stub_is_not_attempted():
    class Stub(nn.Module):
        def __init__(self, in_channels, out_channels, stride=1):
            super().__init__()
            raise NotImplementedError

    assert grade(EXERCISE, Stub).verdict == "not attempted"


def test_dense_layer_and_convolution_that_do_the_same_are_both_right():
    class Dense(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.layer = nn.Linear(4 * 5, classes)

        def forward(self, x):
            return self.layer(x.flatten(1))

    class Convolution(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.layer = nn.Conv2d(1, classes, (4, 5))

        def forward(self, x):
            return self.layer(x).flatten(1)

    case = Case("", lambda generator: {"x": normal(generator, 3, 1, 4, 5), "classes": 7})
    exercise = Exercise(Dense, 1, 5, (case,), (), ("a", "b"), difficulty="core", run=Module())
    assert grade(exercise, Convolution).verdict == "right"


def test_gradient_that_vanishes_need_not_be_the_same_noise():
    class Biased(nn.Module):
        """The bias is taken away at once, so its gradient is zero but for rounding."""

        def __init__(self, channels):
            super().__init__()
            self.conv = nn.Conv2d(channels, channels, 1)
            self.norm = nn.BatchNorm2d(channels)

        def forward(self, x):
            return self.norm(self.conv(x))

    class Dense(Biased):
        def forward(self, x):
            weight = self.conv.weight.flatten(1)
            mixed = torch.einsum("fc,nchw->nfhw", weight, x) + self.conv.bias.view(-1, 1, 1)
            return self.norm(mixed)

    case = Case("", lambda generator: {"x": normal(generator, 3, 4, 5, 6), "channels": 4})
    exercise = Exercise(Biased, 1, 5, (case,), (), ("a", "b"), difficulty="core", run=Module())
    for seed in range(5):
        assert grade(exercise, Dense, seed=seed).verdict == "right"
