"""Are the networks as large as their scales say?"""

from __future__ import annotations

import torch
from torch import nn

from cnncourse.experiments.compound_scaling import BASE, SCALES, costs
from cnncourse.experiments.scaled_network import WIDTHS, network


def convolutions(name: str) -> list[nn.Conv2d]:
    return [m for m in network(SCALES[name]).modules() if isinstance(m, nn.Conv2d)]


def test_width_is_in_every_convolution_and_depth_in_every_stage():
    pairs = zip(convolutions(BASE), convolutions("width"), strict=True)
    assert all(wide.out_channels == 2 * one.out_channels for one, wide in pairs)
    for width in WIDTHS[1:]:
        few, many = (
            sum(c.out_channels == width for c in convolutions(name)) for name in (BASE, "depth")
        )
        assert many == 4 * few


def test_resolution_multiplies_the_macs_only():
    base, fine = costs(SCALES[BASE]), costs(SCALES["resolution"])
    assert fine["parameters"] == base["parameters"]
    head = WIDTHS[-1] * 4
    assert fine["macs"] - head == 4 * (base["macs"] - head)


def test_every_network_takes_its_own_pixels():
    for scale in SCALES.values():
        pixels = costs(scale)["pixels"]
        assert network(scale)(torch.ones(2, 1, pixels, pixels)).shape == (2, 4)
