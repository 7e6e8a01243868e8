"""A training exercise earns points by what the network learned, the best seed counting."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnncourse.grading.contract import Case, Exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.run_training import Training


def fit(model: nn.Module, seed: int) -> float:
    """Separate two clouds of points; returns the accuracy on points not seen."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(400) % 2
    points = torch.randn(400, 2, generator=generator)
    points[:, 0] += 4 * labels - 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(points[:200]), labels[:200])
        loss.backward()
        optimizer.step()
    return float((model(points[200:]).argmax(1) == labels[200:]).float().mean())


def Separator():
    return nn.Linear(2, 2)


EXERCISE = Exercise(
    reference=Separator,
    points=4,
    minutes=10,
    cases=(Case("it is trained", lambda generator: {}),),
    misconceptions=(),
    hints=("a", "b"),
    run=Training(fit, floor=0.5, full=0.9),
)


def test_network_that_learns_earns_all():
    assert repr(grade(EXERCISE, Separator)) == "4.0"


def test_network_that_cannot_learn_earns_nothing():
    def blind():
        model = nn.Linear(2, 2)
        model.forward = lambda x: model.bias + 0 * x
        return model

    result = grade(EXERCISE, blind)
    assert result.verdict == "wrong"
    assert result.score < 0.15
    assert "all" in result.say


@pytest.mark.parametrize(("value", "share"), [(0.4, 0.0), (0.5, 0.0), (0.7, 0.5), (0.95, 1.0)])
def test_points_grow_between_floor_and_full(value, share):
    run = Training(lambda built, seed: value - 0.1 * seed, floor=0.5, full=0.9)
    exercise = Exercise(Separator, 4, 1, EXERCISE.cases, (), ("a", "b"), run=run)
    assert grade(exercise, Separator).score == pytest.approx(share)


def test_training_leaves_the_global_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    grade(EXERCISE, Separator)
    assert torch.equal(torch.get_rng_state(), before)
