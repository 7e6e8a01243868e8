"""The ResNet demo's Python side: its gradients, its traits, its HTML box and picture."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from traitlets import TraitError

from cnncourse.reference.resnet import gradient_ratio
from cnncourse.widgets.gradient_flow import EXAMPLES, WIDTH, gradient_sizes, normals, numbers
from cnncourse.widgets.resnet import PRESETS, Resnet


class Step(nn.Module):
    def __init__(self, layer, spread, batch_norm, skip):
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH, dtype=torch.float64)
        self.linear.weight.data = torch.from_numpy(layer[:, :-1] * spread * (2 / WIDTH) ** 0.5)
        self.linear.bias.data = torch.from_numpy(layer[:, -1] / (3 * WIDTH) ** 0.5)
        self.norm = nn.BatchNorm1d(WIDTH, dtype=torch.float64) if batch_norm else nn.Identity()
        self.skip = skip

    def forward(self, x):
        out = F.relu(self.norm(self.linear(x)))
        return x + out if self.skip else out


def in_torch(depth, spread, batch_norm, skip, seed) -> tuple[nn.Module, torch.Tensor, object]:
    x, targets, layers = numbers(depth, seed)
    model = nn.Sequential(*(Step(layer, spread, batch_norm, skip) for layer in layers))
    return model, torch.from_numpy(x), lambda out: F.mse_loss(out, torch.from_numpy(targets))


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("depth", "spread"), [(2, 1.0), (9, 0.7), (25, 1.3)])
def test_gradients_are_those_of_pytorch(depth, spread, batch_norm, skip, seed):
    model, x, loss = in_torch(depth, spread, batch_norm, skip, seed)
    found = gradient_sizes(depth, spread, batch_norm, skip, seed)
    assert found[0] == pytest.approx(gradient_ratio(model, x, loss), rel=1e-6)
    loss(model(x)).backward()
    norms = np.array([step.linear.weight.grad.norm().item() for step in model])
    np.testing.assert_allclose(found, norms / norms[-1], rtol=1e-6)


def test_numbers_are_normal_and_do_not_repeat():
    drawn = normals(20_000, seed=5)
    assert abs(drawn.mean()) < 0.03
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert len(set(drawn)) > 19_900
    assert not np.array_equal(normals(10, 0), normals(10, 1))


def test_first_layers_have_the_same_weights_whatever_the_depth():
    short, long = numbers(2, 7), numbers(5, 7)
    np.testing.assert_array_equal(short[0], long[0])
    np.testing.assert_array_equal(short[2], long[2][:2])
    assert short[0].shape == (EXAMPLES, WIDTH)


def test_presets_show_what_they_are_for():
    ratios = {name: Resnet(name, depth=50).sizes()[0] for name in PRESETS}
    assert ratios["PyTorch's start"] < 1e-10
    assert 1e-2 < ratios["He's start"] < 1e2
    assert ratios["BatchNorm"] > 1e2
    assert 1e-2 < ratios["BatchNorm and shortcuts"] < 1e2


@pytest.mark.parametrize(
    ("trait", "value"), [("depth", 1), ("depth", 61), ("spread", 0.1), ("seed", -1), ("skip", "no")]
)
def test_a_wrong_value_is_refused(trait, value):
    demo = Resnet()
    with pytest.raises(TraitError, match=trait):
        setattr(demo, trait, value)


def test_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="PyTorch's start, He's start"):
        Resnet("Glorot")


@pytest.mark.parametrize("preset", PRESETS)
def test_box_holds_state_and_picture(preset):
    demo = Resnet(preset, depth=20)
    html = demo.to_html()
    assert 'data-module="resnet"' in html
    assert "A network of 20 layers" in html
    state = demo.state()
    assert state["skip"] == PRESETS[preset]["skip"]
    assert len(json.dumps(state)) < 1000
    picture = np.asarray(Image.open(io.BytesIO(demo.picture())).convert("RGB")).astype(int)
    assert picture.shape == (320, 640, 3)
    for colour in ((10, 88, 168), (150, 150, 150)):
        assert (np.abs(picture - colour).sum(2) < 20).sum() > 300
