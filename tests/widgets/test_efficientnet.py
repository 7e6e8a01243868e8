"""The demo of lesson 09-efficientnet, Python's side: its counts and its front."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from cnncourse import models
from cnncourse.inspection.summary import summary
from cnncourse.models.efficientnet import RESOLUTIONS, SCALES
from cnncourse.models.efficientnet import EfficientNet as Network
from cnncourse.widgets.efficientnet import EfficientNet, measured, network_cost, pareto_front


@pytest.mark.parametrize("index", range(8))
def test_cost_is_what_the_network_is_counted_to_have(index):
    width, depth, _ = SCALES[index]
    found = measured()[f"efficientnet_b{index}"]
    assert network_cost(depth, width, RESOLUTIONS[index]) == (found["parameters"], found["macs"])


@pytest.mark.parametrize(
    ("depth", "width", "pixels"), [(0.5, 0.5, 128), (1.3, 0.7, 225), (1.2**2.5, 1.1**2.5, 301)]
)
def test_cost_holds_between_the_published_networks(depth, width, pixels):
    with torch.device("meta"):
        network = Network(width, depth, dropout=0.2)
    found = summary(network, (3, pixels, pixels))
    assert network_cost(depth, width, pixels) == (found.parameters, found.macs)


def test_front_holds_those_that_nobody_beats():
    networks = {
        "cheap": {"macs": 1, "top1": 60},
        "as dear and worse": {"macs": 2, "top1": 65},
        "good": {"macs": 2, "top1": 70},
        "dear and no better": {"macs": 3, "top1": 70},
        "best": {"macs": 9, "top1": 71},
    }
    assert pareto_front(networks, "macs") == ["cheap", "good", "best"]
    assert EfficientNet(networks=networks).front() == ["cheap", "good", "best"]


@pytest.mark.parametrize(
    ("trait", "value"), [("depth", 0), ("width", 100), ("pixels", 3), ("axis", "energy")]
)
def test_a_wrong_value_is_refused_in_words(trait, value):
    demo = EfficientNet()
    with pytest.raises(TraitError, match=trait):
        setattr(demo, trait, value)


def test_box_holds_state_and_picture():
    data, _ = EfficientNet(depth=1.8, width=1.4, pixels=380)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    found = re.fullmatch(
        r'<div class="afm" data-module="efficientnet"><script type="application/json">(.*)</script>'
        r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="([^"<>]+)"></div>',
        data["text/html"],
    )
    state = json.loads(found[1])
    assert (state["depth"], state["width"], state["pixels"]) == (1.8, 1.4, 380)
    assert state["networks"].keys() == measured().keys()
    assert len(found[1]) < 3000
    assert "19,341,616 parameters" in found[2]


def test_picture_has_a_longer_bar_for_the_larger_network():
    def orange(demo: EfficientNet) -> int:
        picture = np.asarray(Image.open(io.BytesIO(demo.picture())).convert("RGB")).astype(int)
        return (picture[..., 0] > picture[..., 2] + 50).sum()

    assert orange(EfficientNet(depth=3.1, width=2.0, pixels=600)) > orange(EfficientNet())


def test_jupyter_is_sent_one_text_without_imports():
    demo = EfficientNet()
    assert "export default { render }" in demo._esm
    assert not re.search(r"^(import|export (?!default))", demo._esm, re.MULTILINE)
    assert ".efficientnet-demo" in demo._css


def test_networks_are_those_of_the_course():
    assert all(hasattr(models, name) for name in measured())
