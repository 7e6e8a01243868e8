"""Do the ways that are timed compute the same thing, and is the record complete?"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from cnncourse.experiments import convolution_timing as timing
from cnncourse.experiments.records import provenance, read_record, write_record


@pytest.mark.parametrize("way", timing.WAYS)
def test_every_way_gives_the_same_result(way: str):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, 7, 9, generator=generator)
    weight = torch.randn(5, 3, 2, 4, generator=generator)
    torch.testing.assert_close(timing.WAYS[way](x, weight), F.conv2d(x, weight))


def test_a_measurement_goes_into_a_record_and_comes_back(tmp_path):
    sizes = {"x": (1, 2, 6, 7), "weight": (3, 2, 3, 3)}
    measurement = timing.measure(sizes, timing.FAST, "cpu", rounds=2)
    assert list(measurement["ways"]) == list(timing.FAST)
    assert measurement["ways"]["the library"]["ratio"] == 1
    for way in measurement["ways"].values():
        assert 0 < way["ratio_lowest"] <= way["ratio"] <= way["ratio_highest"]

    record = provenance("the command", seed=0, seconds=0.1)
    record |= {"threads": 1, "rounds": 2, "gpu": "a GPU", "measurements": [measurement]}
    write_record("timing", record, tmp_path)
    text = timing.table(read_record("timing", tmp_path))
    assert "(1, 2, 6, 7)" in text
    assert record["processor"] in text
    assert "No GPU" not in text
    assert "No GPU was at hand" in timing.table(record | {"gpu": None})


def test_a_gpu_measurement_names_the_gpu():
    way = {"seconds": 1.0, "ratio": 1.0, "ratio_lowest": 1.0, "ratio_highest": 1.0}
    measurement = {"device": "cuda", "x": [1], "weight": [1], "ways": {"the library": way}}
    record = provenance("the command", seed=0, seconds=0.1)
    record |= {"threads": 1, "rounds": 1, "gpu": "Some GPU", "measurements": [measurement]}
    assert "on Some GPU" in timing.table(record)
