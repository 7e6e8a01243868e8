"""The demos of lesson 11-vit on Python's side: the attention that they show, and the choice."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from cnncourse.reference.vit import attention, choose_backbone, patchify
from cnncourse.widgets.chooser import MADE_UP, NEEDS, Chooser, fitting, front
from cnncourse.widgets.vit import (
    HEADS,
    PATCHES,
    SIDE,
    Vit,
    attend,
    features,
    queries_and_keys,
    sample_images,
)

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 24, 3))


@pytest.mark.parametrize("patch", [4, 6, 12])
def test_patches_are_those_of_the_reference(patch):
    x = torch.tensor(IMAGE / 255).permute(2, 0, 1)[None]
    tokens = patchify(x, patch)[0].unflatten(1, (3, -1))  # (L, C, P * P)
    colour, grey = tokens.mean(2), tokens.mean(1)
    texture = grey - grey.mean(1, keepdim=True)
    found = features(IMAGE, patch)
    for head, expected in (("colour", colour), ("texture", texture)):
        expected = expected - expected.mean(0)
        ratio = found[head] / expected.numpy()
        np.testing.assert_allclose(ratio, ratio.flat[0])


def test_two_patches_are_at_a_mean_squared_distance_of_one():
    for some in features(IMAGE, 4).values():
        squares = ((some[:, None] - some[None]) ** 2).sum(2)
        assert squares.mean() == pytest.approx(1)


@pytest.mark.parametrize("head", HEADS)
def test_weights_are_those_of_the_references_attention(head):
    """Each token carries its query, its key and its own number; the values are the numbers."""
    queries, keys = queries_and_keys(features(IMAGE, 6)[head], sharpness=5.0)
    length, width = queries.shape
    tokens = np.hstack([queries, keys, np.eye(length)])
    dim = tokens.shape[1]
    w_q, w_k, w_v = (torch.zeros(dim, dim, dtype=torch.float64) for _ in range(3))
    for i in range(width):
        w_q[i, i] = dim**0.5  # the scale is taken off again
        w_k[i, width + i] = 1
    w_v[2 * width :, 2 * width :] = torch.eye(length)
    nothing = torch.zeros(3 * dim, dtype=torch.float64)
    one = torch.eye(dim, dtype=torch.float64)
    x = torch.tensor(tokens)[None]
    out = attention(x, torch.cat([w_q, w_k, w_v]), nothing, one, nothing[:dim], heads=1)
    expected = out[0, :, 2 * width :].numpy()
    found = [attend(features(IMAGE, 6)[head], chosen, 5.0) for chosen in range(length)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_sharpness_goes_from_the_mean_of_all_to_one():
    some = features(IMAGE, 4)["place"]
    np.testing.assert_allclose(attend(some, 7, 0), 1 / 36)
    assert attend(some, 7, 1e4)[7] == pytest.approx(1)


@pytest.mark.parametrize("patch", PATCHES)
def test_a_patch_looks_most_at_itself(patch):
    demo = Vit("china", patch=patch, row=11, column=2)
    row, column = demo.chosen()
    for weights in demo.weights().values():
        assert weights.shape == (SIDE // patch, SIDE // patch)
        assert weights[row, column] == weights.max()


def test_the_demo_shows_and_tells():
    demo = Vit("flower", patch=12, row=1, column=2)
    assert "16 patches of 12 by 12" in demo.describe()
    assert "row 2, column 3 asks" in demo.describe()
    picture = Image.open(io.BytesIO(demo.picture()))
    assert picture.size == (4 * 4 * SIDE + 3 * 16, 4 * SIDE)
    html = demo.to_html()
    assert len(html) < 80_000
    assert sample_images()["flower"].shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize(
    ("trait", "value"), [("patch", 5), ("image", "cat"), ("sharpness", -1.0), ("row", 12)]
)
def test_a_wrong_value_is_refused(trait, value):
    with pytest.raises(TraitError, match=trait):
        setattr(Vit(), trait, value)
    with pytest.raises(ValueError, match="flower, china"):
        Vit("cat")


# The chooser ------------------------------------------------------------------------------------
RANDOM = np.random.default_rng(1)
TABLE = [
    {
        "name": f"net {i}",
        "latency_ms": float(RANDOM.integers(5, 40)),
        "params": int(RANDOM.integers(5, 40)),
        "top1": float(RANDOM.integers(60, 75)),
    }
    for i in range(30)
]


@pytest.mark.parametrize("most_ms", [None, 4.0, 20.0, 35.0])
@pytest.mark.parametrize("most_params", [None, 12.0, 30.0])
@pytest.mark.parametrize("least_top1", [None, 65.0, 74.0, 90.0])
def test_choice_is_the_references(most_ms, most_params, least_top1):
    need = dict(zip(NEEDS, (most_ms, most_params, least_top1), strict=True))
    kept = Chooser(TABLE, **need).fitting()
    if kept:
        assert kept[0]["name"] == choose_backbone(need, TABLE)
    else:
        with pytest.raises(LookupError):
            choose_backbone(need, TABLE)


def test_nothing_is_faster_and_better_than_what_lies_on_the_front():
    names = front(TABLE)
    rows = {row["name"]: row for row in TABLE}
    for row in TABLE:
        beaten = [
            other
            for other in TABLE
            if other["latency_ms"] <= row["latency_ms"]
            and other["top1"] >= row["top1"]
            and (other["latency_ms"], other["top1"]) != (row["latency_ms"], row["top1"])
        ]
        assert not (row["name"] in names and beaten)
        twins = {(rows[name]["latency_ms"], rows[name]["top1"]) for name in names}
        assert beaten or (row["latency_ms"], row["top1"]) in twins


def test_a_table_that_cannot_be_read_is_refused():
    for wrong, words in (
        ([], "above zero"),
        ([{"name": "a"}], "latency_ms"),
        ([{**MADE_UP[0], "latency_ms": 0}], "above zero"),
    ):
        with pytest.raises(TraitError, match=words):
            Chooser(wrong)


def test_the_chooser_shows_and_tells():
    demo = Chooser(max_latency_ms=50)
    assert "medium is the most accurate" in demo.describe()
    assert "None meets" in Chooser(min_top1=99).describe()
    assert Image.open(io.BytesIO(demo.picture())).size == (640, 320)
    assert fitting(MADE_UP, {}) == sorted(MADE_UP, key=lambda row: -row["top1"])
