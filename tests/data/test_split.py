"""Do the parts of a data set stay together?"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnncourse.data.split import Split


def _numbered(examples: int, channels: int, places: list[int]) -> Split:
    """Every value tells its example (thousands), its channel (hundreds) and its place."""
    count = torch.Size(places).numel()
    value = (
        1000 * torch.arange(examples)[:, None, None]
        + 100 * torch.arange(channels)[:, None]
        + torch.arange(count)
    )
    inputs = value.reshape(examples, channels, *places).float()
    targets = torch.arange(examples)
    return Split(inputs, targets, inputs[:1] + 5000, targets[:1])


@given(
    channels=st.integers(1, 3),
    places=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_order_of_places_for_everything(channels: int, places: list[int], seed: int):
    split = _numbered(3, channels, places)
    mixed = split.shuffled(torch.Generator().manual_seed(seed))
    order = mixed.inputs[0, 0].flatten()
    assert sorted(order.tolist()) == list(range(len(order)))
    for before, after in ((split.inputs, mixed.inputs), (split.held_out, mixed.held_out)):
        assert after.shape == before.shape
        beginning = before.flatten(2)[..., :1]
        assert torch.equal(after.flatten(2), beginning + order)
    assert torch.equal(mixed.targets, split.targets)


def test_other_seeds_give_other_orders():
    split = _numbered(1, 1, [50])
    orders = {tuple(split.shuffled(_seeded(seed)).inputs[0, 0].tolist()) for seed in range(5)}
    assert len(orders) == 5


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("count", [0, 2, 3])
def test_take_keeps_the_first(count: int):
    split = _numbered(3, 1, [4])
    few = split.take(count)
    assert torch.equal(few.inputs, split.inputs[:count])
    assert few.targets.tolist() == list(range(count))
    assert torch.equal(few.held_out, split.held_out)


@pytest.mark.parametrize("count", [-1, 4])
def test_take_says_how_many_there_are(count: int):
    with pytest.raises(ValueError, match=f"take\\({count}\\): there are 3 training examples"):
        _numbered(3, 1, [4]).take(count)


def test_every_part_moves_to_the_device():
    moved = _numbered(3, 1, [4]).to("meta")
    parts = (moved.inputs, moved.targets, moved.held_out, moved.held_out_targets)
    assert {part.device.type for part in parts} == {"meta"}
