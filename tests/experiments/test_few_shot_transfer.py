"""Are the tasks apart, and is a frozen network left as it was?"""

from __future__ import annotations

import torch
from torch import nn

from cnncourse.experiments.few_shot_pairs import digit_pair, few_of_each
from cnncourse.experiments.frozen_batchnorm import look_at, moved
from cnncourse.experiments.seeded import seeded


def small_network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.ReLU())


def test_no_digit_is_in_both_tasks():
    pair = digit_pair(0)
    assert len(pair.source.inputs) + len(pair.target.inputs) == 1437
    old = {tuple(image.flatten().tolist()) for image in pair.source.inputs}
    assert not old & {tuple(image.flatten().tolist()) for image in pair.target.inputs}
    for split in (pair.source, pair.target):
        assert split.targets.unique().tolist() == [0, 1, 2, 3, 4]


def test_a_few_of_each_come_with_their_targets():
    pair = digit_pair(0)
    few = few_of_each(pair.target, 3, torch.Generator().manual_seed(0))
    assert few.targets.bincount().tolist() == [3] * 5
    for image, target in zip(few.inputs, few.targets, strict=True):
        same = (pair.target.inputs == image).flatten(1).all(1)
        assert (pair.target.targets[same] == target).all()


def test_looking_moves_statistics_of_a_copy_and_nothing_else():
    model = seeded(small_network, 0).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = torch.ones(20, 1, 8, 8)
    after = look_at(model, x, torch.Generator().manual_seed(0))
    torch.testing.assert_close(dict(model.state_dict()), before)
    for (name, old), new in zip(model.named_parameters(), after.parameters(), strict=True):
        torch.testing.assert_close(new, old, rtol=0, atol=0, msg=name)
    assert moved(model, after) > 0.1
    still = look_at(model, x, torch.Generator().manual_seed(0), training=False)
    assert moved(model, still) == 0
