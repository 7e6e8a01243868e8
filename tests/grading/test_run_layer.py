"""Functions that make a layer are graded by what the layer does."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from cnncourse.grading.contract import Case, Exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.order import Recipe
from cnncourse.grading.run_layer import Layer
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.resnet import convolution


def doubled(conv):
    twin = copy.deepcopy(conv)
    twin.weight = nn.Parameter(2 * conv.weight.detach())
    return twin


def of_a_class_of_its_own(conv):
    class Doubling(nn.Conv2d):
        def forward(self, x):
            return 2 * super().forward(x)

    made = Doubling(conv.in_channels, conv.out_channels, conv.kernel_size, bias=False)
    made.weight = nn.Parameter(conv.weight.detach().clone())
    return made


def in_place(conv):
    conv.weight.data *= 2
    return conv


SIZES = {"seed": 3, "channels": 2, "filters": 3, "kernel_size": (2, 3), "bias": False}
CASE = Case("", lambda g: {"conv": Recipe(convolution, SIZES), "x": normal(g, 2, 2, 5, 6)})
EXERCISE = Exercise(doubled, 1, 5, (CASE,), (), ("a", "b"), difficulty="core", run=Layer("Conv2d"))


@pytest.mark.parametrize("answer", [doubled, of_a_class_of_its_own])
def test_layer_that_does_the_same_is_right(answer):
    assert grade(EXERCISE, answer).verdict == "right"


def test_layer_that_does_something_else_is_wrong():
    result = grade(EXERCISE, copy.deepcopy)
    assert result.verdict == "wrong"
    assert "layer's output" in result.say


def test_changed_argument_is_noticed():
    assert "conv" in grade(EXERCISE, in_place).say


@pytest.mark.parametrize("made", [nn.Sequential(), nn.Linear(2, 2), torch.ones(3), None])
def test_something_that_is_no_such_layer_is_told_so(made):
    result = grade(EXERCISE, lambda conv: made)
    assert result.verdict == "crashed"
    assert "an nn.Conv2d was expected" in result.say
