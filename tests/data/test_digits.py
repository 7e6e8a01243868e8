"""Are all digits there, each once, and as many of each kind in both parts?"""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits

from cnncourse.data.digits import digits


def test_every_digit_of_scikit_learn_once():
    split = digits()
    ours = torch.cat([split.inputs, split.held_out]).flatten(1) * 16
    classes = torch.cat([split.targets, split.held_out_targets])
    pixels, expected = load_digits(return_X_y=True)
    assert sorted(zip(ours.tolist(), classes.tolist(), strict=True)) == sorted(
        zip(pixels.tolist(), expected.tolist(), strict=True)
    )
    assert split.inputs.dtype == torch.float32
    assert split.targets.dtype == torch.int64


@pytest.mark.parametrize("held_out", [0.1, 0.2, 0.5])
def test_the_share_of_each_digit_is_the_same(held_out: float):
    split = digits(held_out=held_out)
    part, rest = split.held_out_targets.bincount(), split.targets.bincount()
    assert (part - held_out * (part + rest)).abs().max() <= 1


def test_the_split_depends_on_the_seed_only():
    first, other = digits(seed=1), digits(seed=2)
    torch.manual_seed(5)
    assert torch.equal(digits(seed=1).held_out, first.held_out)
    assert not torch.equal(other.held_out, first.held_out)


@pytest.mark.parametrize("held_out", [0, 1, -0.1])
def test_both_parts_need_something(held_out: float):
    with pytest.raises(ValueError, match=f"held_out={held_out}: it must be between 0 and 1"):
        digits(held_out=held_out)
