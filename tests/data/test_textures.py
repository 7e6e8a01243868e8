"""Do the textures have their waves where the Fourier transform looks for them?"""

from __future__ import annotations

import math

import pytest
import torch

from cnncourse.data.textures import TEXTURES, textures


@pytest.fixture(scope="module")
def strongest():
    """For each picture: its texture, and its strongest wave (cycles per pixel, down and right)."""
    images, targets = textures(600, torch.Generator().manual_seed(0))
    power = (
        torch.fft.rfft2(images[:, 0] - images.mean((2, 3), keepdim=True)[:, 0], s=(64, 64)).abs()
        ** 2
    )
    peak = power.flatten(1).argmax(1)
    down = torch.fft.fftfreq(64)[peak // power.shape[2]]
    right = torch.fft.rfftfreq(64)[peak % power.shape[2]]
    share = power.flatten(1).max(1).values / power.sum((1, 2))
    return targets, down, right, share


@pytest.mark.parametrize(
    ("name", "angle"),
    [
        ("vertical stripes", 0),
        ("falling stripes", -45),
        ("horizontal stripes", 90),
        ("rising stripes", 45),
    ],
)
def test_stripes_have_their_direction_and_distance(strongest, name: str, angle: float):
    targets, down, right, _ = strongest
    chosen = targets == TEXTURES.index(name)
    period = 1 / torch.hypot(down, right)[chosen]
    assert 3.7 < period.min() < 4.5
    assert 7.5 < period.max() < 8.7
    found = torch.atan2(down, right)[chosen] * (180 / math.pi)
    turned = (found - angle + 90) % 180 - 90  # a wave looks the same from behind
    assert turned.abs().max() < 8


def test_checks_have_waves_across_each_other(strongest):
    targets, down, right, _ = strongest
    chosen = targets == TEXTURES.index("checks")
    assert (down.abs() - right.abs())[chosen].abs().max() <= 2 / 64
    assert right[chosen].min() > 1 / 9


def test_noise_has_no_strong_wave(strongest):
    targets, _, _, share = strongest
    noise = targets == TEXTURES.index("noise")
    assert share[noise].max() < share[~noise].min() / 2


def test_values_from_0_to_1():
    images, _ = textures(50, torch.Generator().manual_seed(1), size=20)
    assert images.shape == (50, 1, 20, 20)
    assert 0 <= images.min() < 0.01
    assert 0.99 < images.max() <= 1
