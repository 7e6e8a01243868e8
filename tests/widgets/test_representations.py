"""The representations demo's Python side: its sheets, its traits, its HTML box and picture."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from cnncourse.experiments.feature_network import CLASSES, FeatureNetwork, pictures
from cnncourse.experiments.seeded import seeded
from cnncourse.widgets import units
from cnncourse.widgets.representations import Representations, figures
from cnncourse.widgets.units import KINDS, LEVELS, REAL, atlas, climb, pixels_of, sheet


@pytest.fixture(scope="module")
def pages() -> list:
    """The atlas of an untrained network, climbed in fewer steps."""
    images, _ = pictures(30, torch.Generator().manual_seed(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "STEPS", 25)
        patch.setattr(units, "UNITS", 2)
        return atlas(seeded(FeatureNetwork, 0).eval(), images)


def test_pages_are_the_layers_and_the_classes(pages):
    assert [page["name"] for page in pages] == ["stage 1", "stage 2", "stage 3", "classes"]
    assert [page["side"] for page in pages] == [7, 12, 22, 32]
    assert pages[-1]["units"] == list(CLASSES)
    for page in pages:
        count, side = len(page["units"]), page["side"]
        assert pixels_of(page["sheet"]).shape == (count * side, len(KINDS) * side)
        assert np.array(page["responses"]).shape == (count, len(KINDS))


def test_a_climb_leads_above_the_best_real_picture(pages):
    for page in pages[:3]:
        for row in range(len(page["units"])):
            best, climbed, _ = figures(page, row)
            assert climbed > best


def test_the_best_picture_of_a_linear_unit_is_its_kernel():
    kernel = torch.randn(2, 1, 3, 3, generator=torch.Generator().manual_seed(1))
    start = torch.ones(2, 1, 3, 3)
    found, _ = climb(lambda x: (x * kernel).sum((1, 2, 3)), start, norm=2.0)
    expected = 2 * kernel / kernel.flatten(1).norm(dim=1).view(2, 1, 1, 1)
    assert torch.allclose(found, expected, atol=1e-2)


def test_a_sheet_has_a_row_for_each_unit_and_grey_is_zero():
    values = np.zeros((2, 3, 1, 2))
    values[1, 2, 0] = [-4, 4]
    values[0, 1, 0] = [0.5, 0]
    found = sheet(values)
    assert found.shape == (2, 6)
    assert found[1, 4:].tolist() == [0, 255]
    assert found[0, 2] == 255
    assert abs(int(found[0, 3]) - 127) <= 255 / LEVELS


def test_box_holds_state_and_picture(pages):
    demo = Representations(pages, page=2, unit=1)
    box = demo.to_html()
    state = json.loads(re.search('<script type="application/json">(.*?)</script>', box)[1])
    assert set(state) == {"pages", "page", "unit", "kinds"}
    assert (state["page"], state["unit"]) == (2, 1)
    best, climbed, _ = figures(pages[2], 1)
    assert f"by {best:g}, the climbed one by {climbed:g}" in demo.describe()
    picture = np.asarray(Image.open(io.BytesIO(demo.picture())))
    times = picture.shape[0] // 22
    assert picture.shape == (22 * times, len(KINDS) * 22 * times)
    assert (picture[::times, ::times] == pixels_of(pages[2]["sheet"])[22:44]).all()


def test_without_pages_it_shows_the_recorded_units():
    demo = Representations(page=9, unit=9)
    page, row = demo.chosen()
    assert (page["name"], row) == ("stage 3", 1)
    best, climbed, _ = figures(page, row)
    assert climbed > best > 0
    assert len(page["responses"][0]) == REAL + 2
