"""The architecture explorer's Python side: its rows add up to the networks as they are known."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from PIL import Image
from traitlets import TraitError

from cnncourse.widgets.architectures import (
    TITLES,
    Architectures,
    network,
    networks,
    rows_of,
    strips,
    totals,
)

# Parameters as published, and billions of products as torchvision's documentation lists them.
PUBLISHED = {
    "LeNet-5 as today": (61_706, 0.0004),
    "LeNet-5 of 1998": (60_000, 0.0003),
    "AlexNet": (61_100_840, 0.714),
    "VGG-16": (138_357_544, 15.470),
    "VGG-19": (143_667_240, 19.632),
    "ResNet-18": (11_689_512, 1.814),
    "ResNet-152": (60_192_808, 11.514),
    "ResNet-110 for small images": (1_727_962, 0.253),
    "EfficientNet-B0": (5_288_548, 0.386),
    "EfficientNet-B7": (66_347_960, 37.746),
    "ViT-B/16": (86_567_656, 17.564),
    "ViT-L/32": (306_535_400, 15.378),
}


@pytest.mark.parametrize("title", PUBLISHED)
def test_rows_add_up_to_the_published_network(title):
    parameters, macs = totals(title)
    assert parameters == PUBLISHED[title][0]
    assert macs / 1e9 == pytest.approx(PUBLISHED[title][1], abs=6e-4)


def test_equal_blocks_are_told_once_and_none_is_lost():
    parts = network("ResNet-152")["parts"]
    blocks = [(first, last, times) for first, last, times, _ in parts if first]
    assert ("layer3.1", "layer3.35", 35) in blocks
    assert sum(times for _, _, times in blocks) == 3 + 8 + 36 + 3
    assert sum(times for first, _, times, _ in network("ViT-L/16")["parts"] if first) == 24


def test_fields_are_the_known_ones():
    seen = [row[6] for row, _ in rows_of("VGG-16") if row[6]]
    assert seen[-1] == 212
    assert 195 in [row[6] for row, _ in rows_of("AlexNet")]
    assert max(row[6] or 0 for row, _ in rows_of("ResNet-50")) == 427
    assert [row[6] for row, _ in rows_of("LeNet-5 as today")][:4] == [5, 6, 14, 16]


def test_kinds_are_said_in_words():
    kinds = [row[1] for row, _ in rows_of("VGG-16")]
    assert kinds[:3] == ["3 × 3 convolution, ReLU"] * 2 + ["2 × 2 max pooling"]
    assert kinds[-1] == "dense layer"
    assert any("depthwise" in row[1] for row, _ in rows_of("EfficientNet-B0"))


def test_page_stays_light():
    state = json.dumps(Architectures().state()).encode()
    assert len(gzip.compress(state)) < 40_000
    assert set(networks()) == set(TITLES)
    assert len(TITLES) >= 25


@pytest.mark.parametrize("title", ["LeNet-5 as today", "EfficientNet-B7"])
def test_picture_and_words(title):
    demo = Architectures(title, layer=999)
    picture = Image.open(io.BytesIO(demo.picture()))
    assert picture.width > 300
    assert f"{len(rows_of(title))} rows" in demo.describe()
    assert "dense layer" in demo.describe()
    for heights in strips(rows_of(title)).values():
        assert max(heights) == 1
        assert min(heights) >= 0


def test_what_there_is_not_is_refused_in_words():
    with pytest.raises(ValueError, match="VGG-16"):
        Architectures("VGG-17")
    with pytest.raises(TraitError):
        Architectures().network = "VGG-17"
    with pytest.raises(TraitError):
        Architectures().layer = -1
