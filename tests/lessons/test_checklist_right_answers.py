"""Answers of lesson 12-checklist that are right in a style of their own."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from torch import nn

from cnncourse.course import find_exercise, find_lesson
from cnncourse.grading.engine import grade
from cnncourse.reference import checklist

LESSON = find_lesson("12-checklist")
PREDICTIONS = [one.name for one in LESSON.exercises if one.predicts]


def as_a_class(right):
    """An object that can be called."""

    class Answers:
        def __call__(self, question):
            return right(question)

    return Answers()


def with_another_name_of_the_argument(right):
    def answer(q):
        return right(q)

    return answer


def by_partial(right):
    return functools.partial(lambda table, question: right(question), {})


def by_chains_of_if(right):
    def answer(question):
        if question:
            return right(question)
        raise ValueError(question)

    return answer


def in_numpy(right):
    def answer(question):
        found = right(question)
        return found if isinstance(found, str) else np.int64(found)

    return answer


def in_a_tensor(right):
    def answer(question):
        found = right(question)
        return found if isinstance(found, str) else torch.tensor(found)

    return answer


STYLES = (
    as_a_class,
    with_another_name_of_the_argument,
    by_partial,
    by_chains_of_if,
    in_numpy,
    in_a_tensor,
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", PREDICTIONS)
def test_prediction_is_right_in_any_style(name: str, style) -> None:
    result = grade(find_exercise(name), style(getattr(checklist, name)))
    assert (result.verdict, result.score) == ("right", 1), str(result)


# ChosenNet --------------------------------------------------------------------------------------
def block(channels: int, filters: int, kernel: int = 3) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, filters, kernel, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(filters), nn.ReLU()]


def pooled_by_the_mean(in_channels=1, classes=4):
    return nn.Sequential(
        *block(in_channels, 8),
        nn.MaxPool2d(2),
        *block(8, 14),
        *block(14, 12),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, classes),
    )


def a_map_for_each_class(in_channels=1, classes=4):
    """No dense layer at all: the largest value of the map of each class is its score."""
    return nn.Sequential(
        *block(in_channels, 8, 5),
        nn.MaxPool2d(2),
        *block(8, 16),
        nn.Conv2d(16, classes, 1),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
    )


class Residual(nn.Module):
    """With a shortcut, and a pooling by stride."""

    def __init__(self, in_channels: int = 1, classes: int = 4) -> None:
        super().__init__()
        self.begin = nn.Sequential(nn.Conv2d(in_channels, 16, 5, stride=2), nn.BatchNorm2d(16))
        self.branch = nn.Sequential(*block(16, 16))
        self.scores = nn.Linear(16, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.begin(x).relu()
        x = (x + self.branch(x)).relu()
        return self.scores(x.flatten(2).max(2).values)


def sees_two_halves_alike(in_channels=1, classes=4):
    """Depthwise separable, and the mean of the squares for a pooling."""

    class Squares(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.amax((-2, -1))

    return nn.Sequential(
        *block(in_channels, 16, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 16, 3, padding=1, groups=16),
        *block(16, 24, 1),
        Squares(),
        nn.Linear(24, classes),
    )


@pytest.mark.parametrize(
    "network", [pooled_by_the_mean, a_map_for_each_class, Residual, sees_two_halves_alike]
)
def test_network_of_another_kind_has_all_points(network) -> None:
    result = grade(find_exercise("ChosenNet"), network)
    assert (result.verdict, result.score) == ("right", 1), str(result)


# What a prediction is told ----------------------------------------------------------------------
def test_check_of_a_prediction_does_not_show_what_is_right() -> None:
    def predict_dense(question):
        return 1 if question == "parameters" else checklist.predict_dense(question)

    result = grade(find_exercise("predict_dense"), predict_dense)
    for text in (str(result), result._repr_html_()):
        assert "You predict 1." in text
        assert "150529000" not in text.replace(" ", "").replace(",", "")


def test_wrong_kind_is_named_all_the_same() -> None:
    def predict_sharing(question):
        return 3025.0 if question == "factor" else checklist.predict_sharing(question)

    result = grade(find_exercise("predict_sharing"), predict_sharing)
    assert "integer" in str(result)
    assert result.score == pytest.approx(6 / 7)


def test_two_wrong_beliefs_are_named_one_after_the_other() -> None:
    def predict_moving(question):
        beliefs = {"max pooling, one pixel": "stays", "ReLU": "neither"}
        return beliefs.get(question) or checklist.predict_moving(question)

    result = grade(find_exercise("predict_moving"), predict_moving)
    assert result.misconception == "thinks_relu_breaks_it"
    assert result.score == pytest.approx(6 / 8)
