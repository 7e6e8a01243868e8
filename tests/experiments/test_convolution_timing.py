"""Do the ways that are timed compute the same thing, and is the record complete?"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from cnncourse.experiments import convolution_timing as timing


@pytest.mark.parametrize("way", timing.WAYS)
def test_every_way_gives_the_same_result(way: str):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, 7, 9, generator=generator)
    weight = torch.randn(5, 3, 2, 4, generator=generator)
    torch.testing.assert_close(timing.WAYS[way](x, weight), F.conv2d(x, weight))


def test_a_measurement_has_all_that_its_table_shows():
    sizes = {"x": (1, 2, 6, 7), "weight": (3, 2, 3, 3)}
    measurement = timing.measure(sizes, timing.FAST, "cpu", rounds=2)
    assert list(measurement["ways"]) == list(timing.FAST)
    assert measurement["ways"]["the library"]["ratio"] == 1
    for way in measurement["ways"].values():
        assert 0 < way["ratio_lowest"] <= way["ratio"] <= way["ratio_highest"]

    text = timing.table({"rounds": 2, "measurements": [measurement]})
    assert "(1, 2, 6, 7)" in text
    assert f"on {measurement['place']}" in text
