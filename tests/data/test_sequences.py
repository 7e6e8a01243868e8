"""Are the two tasks of memory what they claim to be, and is chance where it is said to be?"""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncourse.data.sequences import (
    BLANK,
    KINDS,
    REMEMBERED,
    REPEAT,
    SYMBOLS,
    adding_chance,
    adding_problem,
    copy_chance,
    copy_memory,
)


def _seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(deadline=None)
@given(count=st.integers(1, 5), length=st.integers(2, 30), seed=st.integers(0, 99))
def test_two_numbers_are_marked_and_summed(count: int, length: int, seed: int):
    inputs, targets = adding_problem(count, length, _seeded(seed))
    assert inputs.shape == (count, 2, length)
    numbers, marks = inputs.unbind(1)
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert ((marks == 0) | (marks == 1)).all()
    assert (marks.sum(1) == 2).all()
    expected = numbers[marks == 1].reshape(count, 2).sum(1)
    torch.testing.assert_close(targets, expected)


def test_every_place_is_marked_as_often():
    inputs, _ = adding_problem(20_000, 10, _seeded())
    assert inputs[:, 1].mean(0).numpy() == pytest.approx(0.2, abs=0.015)


def test_chance_of_adding_by_trying():
    _, targets = adding_problem(200_000, 5, _seeded())
    assert targets.mean().item() == pytest.approx(1, abs=0.005)
    assert targets.var().item() == pytest.approx(adding_chance(), rel=0.01)


@settings(deadline=None)
@given(count=st.integers(1, 5), delay=st.integers(1, 30), seed=st.integers(0, 99))
def test_what_is_to_be_remembered_comes_back_at_the_end(count: int, delay: int, seed: int):
    inputs, targets = copy_memory(count, delay, _seeded(seed))
    length = delay + 2 * REMEMBERED
    assert inputs.shape == (count, KINDS, length)
    assert targets.shape == (count, length)
    assert (inputs.sum(1) == 1).all()
    heard = inputs.argmax(1)
    symbols, silence, signs = heard.split([REMEMBERED, delay - 1, REMEMBERED + 1], 1)
    assert ((symbols >= 1) & (symbols <= SYMBOLS)).all()
    assert (silence == BLANK).all()
    assert (signs == REPEAT).all()
    assert (targets[:, :-REMEMBERED] == BLANK).all()
    assert torch.equal(targets[:, -REMEMBERED:], symbols)


def test_every_symbol_is_as_frequent():
    _, targets = copy_memory(5_000, 1, _seeded())
    counts = targets[:, -REMEMBERED:].flatten().bincount(minlength=1 + SYMBOLS)
    assert counts[0] == 0
    assert counts[1:].numpy() / counts.sum().item() == pytest.approx(1 / SYMBOLS, rel=0.05)


def test_chance_of_copying_is_the_best_answer_without_memory():
    delay = 7
    _, targets = copy_memory(100, delay, _seeded())
    shares = torch.zeros(KINDS, delay + 2 * REMEMBERED)
    shares[BLANK, :-REMEMBERED] = 1
    shares[1 : 1 + SYMBOLS, -REMEMBERED:] = 1 / SYMBOLS
    answer = shares.log().clamp(min=-100).expand(100, -1, -1)
    assert F.cross_entropy(answer, targets).item() == pytest.approx(copy_chance(delay))


def test_what_can_be_reached_in_the_paper():
    assert copy_chance(1000) == pytest.approx(10 * math.log(8) / 1020)


def test_what_cannot_be():
    with pytest.raises(ValueError, match="length=1: two of them"):
        adding_problem(1, 1, _seeded())
    with pytest.raises(ValueError, match="delay=0: it must be 1 or more"):
        copy_memory(1, 0, _seeded())
