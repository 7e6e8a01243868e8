"""Do the shapes have the area, the place and the size that geometry gives them?"""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnncourse.data.shapes import ARM, PLACES, SHAPES, shapes

# For a half width of 1: the area, and how far the centre of mass lies below the middle.
GEOMETRY = {
    "disc": (math.pi, 0),
    "square": (4, 0),
    "triangle": (2, 1 / 3),
    "cross": (8 * ARM - 4 * ARM**2, 0),
}


def _seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SHAPES)
def test_area_and_centre_of_mass(name: str, place: str):
    radius = 8
    images, targets, places = shapes(400, _seeded(), radius=(radius, radius), place=place, noise=0)
    chosen = targets == SHAPES.index(name)
    images, places = images[chosen, 0], places[chosen]
    area, below = GEOMETRY[name]
    areas = images.sum((1, 2))
    torch.testing.assert_close(areas, torch.full_like(areas, area * radius**2), rtol=0.02, atol=0.0)
    steps = torch.arange(32.0)
    row = (images.sum(2) * steps).sum(1) / areas
    column = (images.sum(1) * steps).sum(1) / areas
    centre = places + torch.tensor([below * radius, 0])
    torch.testing.assert_close(torch.stack([row, column], 1), centre, rtol=0, atol=0.1)


@pytest.mark.parametrize(
    ("place", "rows", "columns"),
    [
        ("anywhere", (3.5, 27.5), (3.5, 27.5)),
        ("centre", (15.5, 15.5), (15.5, 15.5)),
        ("left", (3.5, 27.5), (3.5, 15.5)),
        ("right", (3.5, 27.5), (15.5, 27.5)),
    ],
)
def test_places_fill_their_part(place: str, rows: tuple, columns: tuple):
    _, _, places = shapes(2000, _seeded(), radius=(4, 4), place=place)
    for found, (low, high) in zip(places.T, (rows, columns), strict=True):
        assert low <= found.min() <= low + 0.1
        assert high - 0.1 <= found.max() <= high


@given(
    size=st.integers(4, 40),
    smallest=st.floats(0.1, 1),
    largest=st.floats(0.1, 1),
    seed=st.integers(0, 99),
)
def test_middles_keep_their_distance_from_the_rim(
    size: int, smallest: float, largest: float, seed: int
):
    radius = tuple(sorted((smallest * size / 2, largest * size / 2)))
    images, _, places = shapes(20, _seeded(seed), size=size, radius=radius, noise=0)
    assert images.shape == (20, 1, size, size)
    assert (places >= radius[0] - 0.51).all()
    assert (places <= size - 0.49 - radius[0]).all()


def test_radius_is_half_of_the_width():
    images, _, _ = shapes(300, _seeded(), size=64, radius=(10, 20), place="centre", noise=0)
    # The triangle's foot, and the middle row of the others.
    widths = images[:, 0].amax(1).sum(1)
    assert 19.5 < widths.min() < 21
    assert 39 < widths.max() < 40.5


def test_every_shape_is_about_equally_frequent():
    counts = shapes(2000, _seeded(), size=8, radius=(2, 4))[1].bincount(minlength=len(SHAPES))
    assert counts.min() > 0.8 * 2000 / len(SHAPES)


@pytest.mark.parametrize(("style", "hollow"), [("filled", 0), ("outlined", 1), ("mixed", 0.5)])
def test_outlines_are_hollow(style: str, hollow: float):
    images, _, _ = shapes(1000, _seeded(), size=33, place="centre", style=style, noise=0)
    assert (images[:, 0, 16, 16] < 0.5).float().mean().item() == pytest.approx(hollow, abs=0.05)


def test_noise_has_the_size_that_was_asked_for():
    quiet, _, _ = shapes(100, _seeded(), noise=0)
    noisy, _, _ = shapes(100, _seeded(), noise=0.2)
    assert (noisy - quiet).std().item() == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"place": "top"}, "place='top': it must be one of anywhere, centre, left, right"),
        ({"style": "dotted"}, "style='dotted': it must be one of filled, mixed, outlined"),
        ({"radius": (4, 17)}, "half of the size, 16"),
        ({"radius": (9, 4)}, "half of the size, 16"),
        ({"radius": (0, 4)}, "half of the size, 16"),
    ],
)
def test_what_cannot_be(wrong: dict, words: str):
    with pytest.raises(ValueError, match=words):
        shapes(1, _seeded(), **wrong)
