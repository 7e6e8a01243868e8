"""Are these the photographs, and is grey the brightness that Pillow sees?"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cnncourse.data.photographs import PHOTOGRAPHS, grey, photograph


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_grey_as_pillow_makes_it(name: str):
    image = photograph(name)
    assert image.dtype == np.uint8
    pillow = np.asarray(Image.fromarray(image).convert("L"), dtype=np.float64)
    assert grey(image).dtype == np.float64
    assert np.abs(grey(image) - pillow).max() < 1  # Pillow rounds


def test_they_differ_and_are_yours_to_change():
    china = photograph("china")
    assert not np.array_equal(china, photograph("flower"))
    china[:] = 0
    assert photograph("china").any()


def test_names_that_there_are():
    with pytest.raises(ValueError, match="no photograph 'cat': there are china, flower"):
        photograph("cat")


@pytest.mark.parametrize("shape", [(4, 3), (4, 4, 4), (1, 4, 4, 3)])
def test_grey_needs_three_colours(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="it must be"):
        grey(np.zeros(shape))
