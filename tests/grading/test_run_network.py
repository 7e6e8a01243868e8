"""Whole networks are graded without their millions of weights, and dropout without luck."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.grading.contract import Case, Exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.run_network import Chance, Network
from cnncourse.grading.wire import packed
from cnncourse.lessons.inputs import normal


def reference(width, classes=3):
    return nn.Sequential(
        nn.Conv2d(2, width, 3),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Dropout(),
        nn.Flatten(),
        nn.Linear(width * 4 * 5, classes),
    )


EXERCISE = Exercise(
    reference=reference,
    points=1,
    minutes=5,
    difficulty="core",
    cases=(
        Case("only shapes", lambda _: {"width": 3000, "x": (2, 2, 6, 7)}),
        Case(
            "values",
            lambda generator: {
                "width": 5,
                "x": normal(generator, 4, 2, 6, 7, dtype=torch.float32),
            },
        ),
    ),
    misconceptions=(),
    hints=("a", "b"),
    run=Network(),
)


class Own(nn.Module):
    """Right in a style of its own; what drops values out is left to others."""

    def __init__(self, width, classes=3):
        super().__init__()
        self.last = nn.Linear(width * 4 * 5, classes)
        self.norm = nn.BatchNorm2d(width)
        self.conv = nn.Conv2d(2, width, 3)

    def forward(self, x):
        x = self.norm(self.conv(x)).clamp(min=0)
        return self.last(self.drop(x).flatten(1))

    def drop(self, x):
        return F.dropout(x, training=self.training)


class KeepsAbove(Own):
    def drop(self, x):
        return 2 * x * (torch.rand(x.shape, device=x.device) > 0.5) if self.training else x


class KeepsBelow(Own):
    def drop(self, x):
        return x * (torch.rand_like(x) < 0.5) / 0.5 if self.training else x


class DrawsCoins(Own):
    def drop(self, x):
        return 2 * x * torch.bernoulli(torch.full_like(x, 0.5)) if self.training else x


class FillsWithCoins(Own):
    def drop(self, x):
        return 2 * x * torch.empty_like(x).bernoulli_(0.5) if self.training else x


class DropsInPlace(Own):
    def drop(self, x):
        F.dropout(x, training=self.training, inplace=True)
        return x


class LooksAtNumbers(Own):
    def forward(self, x):
        assert x.abs().max().item() < 1e6  # which a tensor without numbers does not know
        return super().forward(x)


RIGHT = [Own, KeepsAbove, KeepsBelow, DrawsCoins, FillsWithCoins, DropsInPlace, LooksAtNumbers]


class NeverDrops(Own):
    def drop(self, x):
        return x


class AlwaysDrops(Own):
    def drop(self, x):
        return F.dropout(x)


class DropsAFifth(Own):
    def drop(self, x):
        return F.dropout(x, 0.2, self.training)


class DropsMaps(Own):
    def drop(self, x):
        return F.dropout2d(x, training=self.training)


class DoesNotScale(Own):
    def drop(self, x):
        return x * (torch.rand_like(x) < 0.5) if self.training else x


class DropsTheScores(NeverDrops):
    def forward(self, x):
        return F.dropout(super().forward(x), training=self.training)


class CutsOff(Own):
    def forward(self, x):
        return super().forward(x.detach())


class HasAnotherNorm(Own):
    def __init__(self, width, classes=3):
        super().__init__(width, classes)
        self.norm = nn.BatchNorm2d(width, momentum=0.5)


class IsTooWide(Own):
    def __init__(self, width, classes=3):
        super().__init__(width + 1, classes)


WRONG = [
    *(NeverDrops, AlwaysDrops, DropsAFifth, DropsMaps, DoesNotScale, DropsTheScores),
    *(CutsOff, HasAnotherNorm, IsTooWide),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("answer", [reference, *RIGHT])
def test_right_networks_pass(answer, seed):
    result = grade(EXERCISE, answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


@pytest.mark.parametrize("answer", WRONG)
def test_wrong_networks_are_caught(answer):
    result = grade(EXERCISE, answer)
    assert result.verdict == "wrong", str(result)


def test_layer_that_does_not_fit_is_told_in_the_words_of_the_layer():
    def answer(width, classes=3):
        return nn.Sequential(nn.Conv2d(2, width, 3), nn.Flatten(), nn.Linear(7, classes))

    result = grade(EXERCISE, answer)
    assert result.verdict == "crashed"
    assert "mat1 and mat2 shapes cannot be multiplied" in result.say


def test_function_that_makes_no_network_is_told_so():
    assert "nn.Module" in grade(EXERCISE, lambda width, classes=3: 3).say


def test_a_large_network_is_neither_stored_nor_computed():
    def answer(width):
        assert torch.get_default_device().type == "meta"
        return nn.Linear(2**20, 2**20)

    case = Case("", lambda _: {"width": 1, "x": (1, 2**20)})
    result = grade(
        Exercise(answer, 1, 5, (case,), (), ("a", "b"), difficulty="core", run=Network()), answer
    )
    assert result.verdict == "right", str(result)


def test_what_one_run_drops_the_other_one_keeps():
    x = torch.ones(3, 500)
    with Chance(1):
        one = F.dropout(x)
    with Chance(1, flipped=True):
        other = F.dropout(x)
    assert torch.equal(one + other, torch.full_like(x, 2))
    assert 0.4 < one.mean() / 2 < 0.6


def test_it_can_be_sent_to_another_process():
    assert b"cnncourse.grading.run_network:Network" in packed(Network())
