"""Do the edges face the way that their label says?"""

from __future__ import annotations

import math

import pytest
import torch

from cnncourse.data.oriented_edges import DIRECTIONS, oriented_edges


@pytest.fixture(scope="module")
def edges():
    return oriented_edges(2000, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("direction", range(DIRECTIONS))
def test_pictures_get_lighter_in_their_direction(edges, direction: int):
    images, directions = edges
    average = images[directions == direction].mean(0)[0]
    steps = torch.arange(15.0) - 7
    rightwards, downwards = (average * steps).sum(), (average * steps[:, None]).sum()
    angle = math.degrees(math.atan2(downwards, rightwards)) % 360
    expected = direction * 360 / DIRECTIONS
    assert abs((angle - expected + 180) % 360 - 180) < 5


def test_the_same_seed_gives_the_same_pictures():
    one, other = (oriented_edges(5, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one[0], other[0])
    assert torch.equal(one[1], other[1])


def test_directions_are_about_equally_frequent(edges):
    counts = edges[1].bincount(minlength=DIRECTIONS)
    assert counts.min() > 0.7 * 2000 / DIRECTIONS


def test_noise_has_the_size_that_was_asked_for():
    quiet, _ = oriented_edges(500, torch.Generator().manual_seed(0), noise=0.0)
    noisy, _ = oriented_edges(500, torch.Generator().manual_seed(0), noise=0.3)
    assert (noisy - quiet).std().item() == pytest.approx(0.3, rel=0.05)
