"""A network that is an argument must be left as it was: layers and hooks included."""

from __future__ import annotations

import pytest
from torch import nn

from cnncourse.grading.arguments import state


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 2), nn.ReLU())


def add_a_hook(model):
    model[0].register_forward_hook(lambda *arguments: None)


def put_another_layer(model):
    model[1] = nn.Identity()


def evaluate(model):
    model[1].eval()


def stop_learning(model):
    model[0].weight.requires_grad_(False)


def test_untouched_network_is_the_same():
    model = network()
    before = state(model)
    model[0].register_forward_hook(lambda *arguments: None).remove()
    assert state(model) == before


@pytest.mark.parametrize("change", [add_a_hook, put_another_layer, evaluate, stop_learning])
def test_change_is_seen(change):
    model = network()
    before = state(model)
    change(model)
    assert state(model) != before
