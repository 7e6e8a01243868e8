"""Random draws are judged by how they are spread, never by which numbers they are."""

from __future__ import annotations

import pytest
import torch

from cnncourse.grading.contract import Case, Exercise, Misconception
from cnncourse.grading.engine import grade
from cnncourse.grading.run_draw import Draw, Drawn

SHAPE = (120, 300)


def normal_numbers(shape, generator):
    return 3 * torch.randn(shape, generator=generator)


def too_wide(shape, generator):
    return 4 * torch.randn(shape, generator=generator)


EXERCISE = Exercise(
    reference=normal_numbers,
    points=2,
    minutes=5,
    difficulty="core",
    run=Draw(),
    cases=(Case("it draws", lambda generator: {"shape": SHAPE}),),
    misconceptions=(Misconception(too_wide, "too wide"),),
    hints=("a", "b"),
)


@pytest.mark.parametrize("seed", range(20))
def test_other_normal_numbers_pass(seed):
    def backwards(shape, generator):
        return torch.randn(shape, generator=generator, dtype=torch.float64).flip(0) * -3

    assert grade(EXERCISE, backwards, seed=seed).verdict == "right"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda shape, generator: print(end=""), "returns None"),
        (lambda shape, generator: 3.0, "expected a torch.Tensor"),
        (lambda shape, generator: torch.ones(shape, dtype=torch.int64), "a torch.Tensor"),
        (lambda shape, generator: torch.randn(3, 4, generator=generator), "shape (3, 4)"),
        (lambda shape, generator: 3 * torch.ones(shape), "share of numbers that differ"),
        (lambda shape, generator: normal_numbers(shape, generator) + 1, "mean"),
        (lambda shape, generator: normal_numbers(shape, generator) * torch.nan, "deviation of nan"),
        (
            lambda shape, generator: (torch.rand(shape, generator=generator) - 0.5) * 108**0.5,
            "share within one standard deviation",
        ),
        (lambda shape, generator: 3 * torch.randn(shape), "come from somewhere else"),
        (
            lambda shape, generator: normal_numbers(shape, generator.manual_seed(1)),
            "at the next call",
        ),
    ],
)
def test_what_is_wrong_is_said(answer, words):
    result = grade(EXERCISE, answer)
    assert result.score == 0
    assert words in result.say


def test_same_belief_is_named_whatever_numbers_it_draws():
    def wide(shape, generator):
        return torch.randn(shape[::-1], generator=generator).T * 4

    assert grade(EXERCISE, wide).misconception == "too_wide"


def test_figures_of_a_draw():
    draw = torch.tensor([[-1.0, 1.0, 2.0, -2.0]])
    figures = Drawn.of(draw, draw, draw + 1).figures
    assert figures["mean"] == 0
    assert figures["standard deviation"] == pytest.approx(2.5**0.5)
    assert figures["share within one standard deviation of zero"] == 0.5
    assert figures["share of numbers that differ"] == 1
    drawn = Drawn.of(draw, draw, draw + 1)
    assert (drawn.goes_on, drawn.repeats) == (False, False)
