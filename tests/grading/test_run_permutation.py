"""A shuffle is judged by what holds of it, whatever order it drew."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.run_permutation import Permutation, orders_of
from cnncourse.grading.wire import lengths, packed, unpacked

EXERCISE = find_exercise("permute_pixels")


def draws_with_numpy(images, generator):
    """Another way to draw, and perm is a NumPy array."""
    seed = int(torch.randint(2**31, (), generator=generator))
    perm = np.random.default_rng(seed).permutation(images[0].numel())
    return images.flatten(1)[:, perm].reshape(images.shape), perm


def lists_the_order(images, generator):
    perm = torch.randperm(images[0].numel(), generator=generator).tolist()
    return [images.flatten(1)[:, perm].view_as(images), perm]


def in_32_bits(images, generator):
    perm = torch.randperm(images[0].numel(), generator=generator).int()
    return images.flatten(1).index_select(1, perm).reshape(images.shape), perm


@pytest.mark.parametrize("answer", [draws_with_numpy, lists_the_order, in_32_bits])
def test_any_way_to_draw_is_right(answer):
    result = grade(EXERCISE, answer, device="cpu")
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


def its_own_order_drawn_in_another_way(images, generator):
    rows = []
    for row in images.flatten(1):
        perm = torch.rand(len(row), generator=generator).argsort()
        rows.append(row[perm])
    return torch.stack(rows).reshape(images.shape), perm


def the_way_back_drawn_in_another_way(images, generator):
    perm = torch.rand(images[0].numel(), generator=generator).argsort()
    permuted = torch.empty_like(images.flatten(1)).index_copy(1, perm, images.flatten(1))
    return permuted.reshape(images.shape), perm


def without_the_generator(images, generator):
    perm = torch.from_numpy(np.random.default_rng().permutation(images[0].numel()))
    return images.flatten(1)[:, perm].reshape(images.shape), perm


@pytest.mark.parametrize(
    ("answer", "belief"),
    [
        (its_own_order_drawn_in_another_way, "shuffles_each_image_in_its_own_order"),
        (the_way_back_drawn_in_another_way, "returns_the_way_back"),
        (without_the_generator, "forgets_the_generator"),
    ],
)
def test_a_belief_is_named_however_its_order_was_drawn(answer, belief):
    assert grade(EXERCISE, answer, device="cpu").misconception == belief


@pytest.mark.parametrize(
    "answer",
    [
        lambda images, generator: (None, None),
        lambda images, generator: (images.clone(), "in place"),
        lambda images, generator: (images.tolist(), list(range(images[0].numel()))),
        lambda images, generator: (images.clone(), torch.rand(images[0].numel())),
        lambda images, generator: (images.flatten(), torch.arange(3)),
        lambda images, generator: (images[0], torch.arange(images[0].numel())),
        lambda images, generator: (images * torch.nan, torch.arange(images[0].numel())),
        lambda images, generator: (images.to_sparse(), torch.arange(images[0].numel())),
        lambda images, generator: (images + 1j, torch.arange(images[0].numel())),
        lambda images, generator: (images > 0, torch.arange(images[0].numel()) > 3),
        lambda images, generator: (images[:0], torch.tensor(3)),
        lambda images, generator: (images.clone(), torch.arange(images[0].numel()) + 0j),
        lambda images, generator: 3,
        lambda images, generator: "abc",
    ],
)
def test_nonsense_is_wrong_in_words(answer):
    result = grade(EXERCISE, answer, device="cpu")
    assert result.verdict == "wrong"
    assert result.say


def test_places_are_found_by_their_numbers():
    before, after = torch.tensor([[5, 6, 7], [1, 3, 2]]), torch.tensor([[7, 5, 6], [3, 1, 2]])
    assert orders_of(before, after).tolist() == [[2, 0, 1], [1, 0, 2]]
    assert orders_of(before, after + 1) is None


def test_what_an_answer_s_process_claims_is_not_believed():
    images = torch.arange(12.0).reshape(2, 6)
    arguments = {"images": images, "seed": 3}
    honest = Permutation().measured({"result": (images, torch.arange(6))}, arguments)
    claimed = {**dict.fromkeys(honest, True), "result": (images, torch.arange(6))}
    believed = Permutation().measured(claimed, arguments)
    assert list(believed) == list(honest)
    assert honest["answer to “are the pixels moved at all?”"] is False
    assert believed["answer to “are the pixels moved at all?”"] is False


def test_it_travels_to_an_answer_s_process():
    text = packed(Permutation())
    start = lengths(text[:12], 1 << 20)
    assert unpacked(text[12 : 12 + start[0]], text[12 + start[0] :], public=True) == Permutation()
