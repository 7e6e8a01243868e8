"""Is it MNIST-1D? The authors' own package says so."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from mnist1d.data import get_dataset_args, get_templates, make_dataset

from cnncourse.data.mnist1d import digit_templates, mnist1d


@pytest.fixture
def kept_seeds() -> Iterator[None]:
    """The package sets the global seeds; other tests must not notice."""
    before, numpy_before = random.getstate(), np.random.get_state()
    yield
    random.setstate(before)
    np.random.set_state(numpy_before)


@pytest.mark.usefixtures("kept_seeds")
@pytest.mark.parametrize(
    ("count", "seed", "held_out"), [(5000, 42, 0.2), (200, 7, 0.5), (50, 0, 0.1)]
)
def test_the_same_numbers_as_the_package(count: int, seed: int, held_out: float):
    settings = get_dataset_args()
    settings.num_samples, settings.seed, settings.train_split = count, seed, 1 - held_out
    theirs, ours = make_dataset(settings), mnist1d(count, seed=seed, held_out=held_out)
    pairs = [
        (ours.inputs[:, 0], torch.from_numpy(theirs["x"]).float()),
        (ours.held_out[:, 0], torch.from_numpy(theirs["x_test"]).float()),
        (ours.targets, torch.from_numpy(theirs["y"])),
        (ours.held_out_targets, torch.from_numpy(theirs["y_test"])),
    ]
    for our, their in pairs:
        # Other processors may round the last digit otherwise.
        torch.testing.assert_close(our, their, rtol=0, atol=1e-5)


def test_the_templates_of_the_package():
    torch.testing.assert_close(digit_templates(), torch.from_numpy(get_templates()["x"]).float())


def test_the_published_sizes():
    split = mnist1d()
    assert split.inputs.shape == (4000, 1, 40)
    assert split.held_out.shape == (1000, 1, 40)
    assert torch.cat([split.targets, split.held_out_targets]).bincount().tolist() == [500] * 10


def test_global_seeds_are_left_alone():
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    mnist1d(10)
    after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert after == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"count": 15}, "count=15: it must be a positive multiple of 10"),
        ({"count": 0}, "count=0: it must be a positive multiple of 10"),
        ({"held_out": 1.5}, "held_out=1.5: it must be from 0 to 1"),
    ],
)
def test_what_cannot_be(wrong: dict, words: str):
    with pytest.raises(ValueError, match=words):
        mnist1d(**wrong)
