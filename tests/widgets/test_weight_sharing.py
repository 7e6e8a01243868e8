"""The weight-sharing demo's Python side: its numbers, its traits, a learner's own function."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from traitlets import TraitError

from cnncourse.reference.weight_sharing import equivariance_error, local2d
from cnncourse.widgets.convolution import KERNELS
from cnncourse.widgets.moving_picture import (
    DENSE_SEED,
    LAYERS,
    framed,
    local_kernels,
    maps,
    moved,
    noise,
    watch,
    weights,
)
from cnncourse.widgets.weight_sharing import SHOWN_KERNELS, WeightSharing, samples

KERNEL = np.array([[1.0, -2, 0], [3, 0.5, -1], [2, 0, -4]])
WRONG = [
    ("image", np.zeros((5, 6)), "even number"),
    ("image", np.zeros((18, 4)), "1 to 16"),
    ("image", [[0, 256]], "from 0 to 255"),
    ("kernel", [[1, 2]], "3 rows and 3 columns"),
    ("kernel", np.zeros((5, 5)), "1 to 3"),
    ("padding", "mirror", "padding"),
    ("stride", 3, "stride"),
    ("tied", 1.5, "tied"),
    ("dy", 0.5, "dy"),
]


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (8, 10))


def as_layer(name: str, shape: tuple[int, int], padding: str, stride: int, tied: float):
    """The same layer on (N, 1, H, W) tensors, built from PyTorch and the reference."""

    def pad(x):
        return F.pad(x, (1, 1, 1, 1), mode="circular" if padding == "circular" else "constant")

    places = (shape[0] // stride, shape[1] // stride)
    if name == "dense":
        matrix = torch.tensor(noise(DENSE_SEED, np.prod(places) * np.prod(shape)))
        matrix = matrix.reshape(int(np.prod(places)), -1)
        return lambda x: F.linear(x.flatten(1), matrix).reshape(-1, 1, *places)
    if name == "convolution":
        weight = torch.tensor(KERNEL)[None, None]
        return lambda x: F.conv2d(pad(x), weight, stride=stride)
    kernels = torch.tensor(local_kernels(KERNEL, places, tied)).permute(2, 3, 0, 1)[None, None]
    if stride == 1:
        return lambda x: local2d(pad(x), kernels)
    return lambda x: torch.einsum(
        "nchwij,fcijhw->nfhw", pad(x).unfold(2, 3, stride).unfold(3, 3, stride), kernels
    )


@pytest.mark.parametrize("padding", ["zeros", "circular"])
@pytest.mark.parametrize(("stride", "tied"), [(1, 0.0), (1, 0.4), (2, 0.0), (2, 1.0)])
def test_maps_and_errors_are_those_of_the_reference(image, padding, stride, tied):
    seen = watch(image, KERNEL, 2, -4, padding, stride, tied)
    x = torch.tensor(image / 255)[None, None]
    for name in LAYERS:
        layer = as_layer(name, image.shape, padding, stride, tied)
        np.testing.assert_allclose(seen[name].still, layer(x)[0, 0], atol=1e-12)
        np.testing.assert_allclose(seen[name].now, layer(x.roll((2, -4), (2, 3)))[0, 0], atol=1e-12)
        error = equivariance_error(layer, x, (2, -4), stride)
        assert seen[name].error == pytest.approx(error, abs=1e-12)


def test_only_the_shared_layer_moves_along(image):
    seen = watch(image, KERNEL, 3, 1, "circular")
    assert seen["convolution"].error < 1e-12
    assert seen["local"].error > 1
    assert seen["dense"].error > 1
    assert watch(image, KERNEL, 3, 1, "circular", tied=1.0)["local"].error < 1e-12


def test_zeros_spoil_the_border_alone(image):
    seen = watch(image, KERNEL, 0, 1, "zeros")["convolution"]
    wrong = np.abs(seen.now - seen.along) > 1e-12
    assert wrong[:, [0, 1, -1]].any()
    assert not wrong[:, 2:-1].any()


def test_noise_has_no_pattern():
    numbers = noise(1, 20000)
    assert abs(numbers.mean()) < 0.02
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.02
    assert -1 <= numbers.min() < -0.99
    assert 0.99 < numbers.max() < 1
    assert not np.isin(noise(1, 100), noise(2, 100)).any()


def test_weights_are_counted_as_layers_have_them():
    places = 12 * 12
    assert weights((12, 12), 1) == {
        "dense": nn.Linear(144, places, bias=False).weight.numel(),
        "local": local_kernels(KERNEL, (12, 12), 0).size,
        "convolution": nn.Conv2d(1, 1, 3, bias=False).weight.numel(),
    }


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    with pytest.raises(TraitError, match=words):
        setattr(WeightSharing(), trait, value)


@pytest.mark.parametrize(
    ("argument", "names"), [("image", tuple(samples())), ("kernel", SHOWN_KERNELS)]
)
def test_samples_have_names(argument, names):
    for name in names:
        assert np.shape(getattr(WeightSharing(**{argument: name}), argument)) in ((12, 12), (3, 3))
    with pytest.raises(ValueError, match=re.escape(names[0])):
        WeightSharing(**{argument: "nothing like it"})


def test_box_holds_state_and_picture():
    demo = WeightSharing("spot", "Laplacian", dy=2, padding="circular")
    data, _ = demo._repr_mimebundle_()
    found = re.fullmatch(
        r'<div class="afm" data-module="weight_sharing">'
        r'<script type="application/json">(.*)</script>'
        r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="([^"<>]+)"></div>',
        data["text/html"],
    )
    state = json.loads(found[1])
    assert state["kernel"] == KERNELS["Laplacian"]
    assert (state["dy"], state["padding"]) == (2, "circular")
    assert not {"yours", "remark", "locked"} & state.keys()
    assert "moved 2 down" in found[2]
    assert "convolution 0.00" in found[2]
    assert len(found[1]) < 3000


def test_picture_shows_the_moved_picture_and_three_maps():
    demo = WeightSharing("spot", "Laplacian", dy=1, dx=-2, padding="circular")
    picture = np.asarray(Image.open(io.BytesIO(demo.picture())).convert("RGB")).astype(int)
    assert picture.shape == (144, 4 * 144 + 3 * 24, 3)
    cell = np.array([6, 3]) * 12 + 6
    np.testing.assert_allclose(picture[tuple(cell)], 255, atol=4)
    blue = picture[cell[0], cell[1] + 3 * (144 + 24)]
    assert blue[2] > blue[0] + 100


def test_a_learners_function_is_shown_and_judged():
    demo = WeightSharing(function=local2d, dy=1)
    assert "every value" in demo.remark
    assert demo.locked == ["stride"]
    for change in (
        {"dx": 3},
        {"padding": "circular"},
        {"tied": 0.5},
        {"kernel": KERNELS["box blur"]},
    ):
        demo.set_trait(*change.popitem())
        assert "every value" in demo.remark
        np.testing.assert_allclose(demo.yours[0], demo.watch()["local"].now, atol=1e-12)


def shares(x, weight, bias=None):
    return local2d(x, weight[..., :1, :1].expand_as(weight))


def empty(x, weight, bias=None):
    raise NotImplementedError


def forgets_return(x, weight, bias=None):
    local2d(x, weight)


def crops(x, weight, bias=None):
    return local2d(x, weight)[..., 1:]


ANSWERS = [
    (shares, r"\d+ of 144 values differ", True),
    (empty, "still empty", False),
    (forgets_return, "None", False),
    (crops, r"shape \(12, 11\), expected \(12, 12\)", False),
]


@pytest.mark.parametrize(
    ("function", "words", "shown"), ANSWERS, ids=[answer[0].__name__ for answer in ANSWERS]
)
def test_a_wrong_function_is_told_apart(function, words, shown):
    demo = WeightSharing(function=function)
    assert re.search(words, demo.remark), demo.remark
    assert (demo.yours is not None) == shown


def test_a_stride_is_refused_where_the_function_has_none():
    with pytest.raises(ValueError, match="knows no stride"):
        WeightSharing(function=local2d, stride=2)


def test_jupyter_is_sent_one_text_without_imports():
    demo = WeightSharing()
    assert "export default { render }" in demo._esm
    assert not re.search(r"^(import|export (?!default))", demo._esm, re.MULTILINE)
    assert ".weight-sharing-demo" in demo._css


def test_moves_and_frames(image):
    np.testing.assert_array_equal(moved([[1, 2], [3, 4]], 1, 0), [[3, 4], [1, 2]])
    assert framed(image, "circular")[0, 0] == image[-1, -1]
    assert not framed(image, "zeros")[0].any()
    assert {m.shape for m in maps(image / 255, KERNEL, "zeros", 2, 0.0).values()} == {(4, 5)}
