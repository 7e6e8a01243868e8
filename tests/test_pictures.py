"""Do the painted arrays show what they say?"""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from cnncourse import pictures
from cnncourse.widgets.pictures import NEUTRAL, ORANGE

NAMESPACES = {"svg": "http://www.w3.org/2000/svg"}


def test_zero_is_white_however_lopsided_the_values():
    painted = pictures.signed([[-1, 0, 9]])[0]
    assert painted[1].tolist() == NEUTRAL.tolist()
    assert painted[2].tolist() == ORANGE.tolist()
    assert painted[0][2] > painted[0][0]  # a little blue


def test_all_zero_is_white():
    assert (pictures.signed(np.zeros((2, 3))) == NEUTRAL).all()


def read(sheet) -> tuple[ElementTree.Element, list[np.ndarray]]:
    root = ElementTree.fromstring(sheet.data)
    addresses = [image.get("href") for image in root.iterfind("svg:image", NAMESPACES)]
    data = [base64.b64decode(re.sub(r"^data:image/\w+;base64,", "", a)) for a in addresses]
    return root, [np.asarray(Image.open(io.BytesIO(each))) for each in data]


def test_a_pixelated_sheet_keeps_every_pixel():
    generator = np.random.default_rng(0)
    given = [pictures.grey(generator.integers(0, 256, (3, 5))) for _ in range(3)]
    root, found = read(
        pictures.sheet(
            [("a < b", given[0]), ("", given[1]), ("c", given[2])], columns=2, pixelated=True
        )
    )
    assert all(np.array_equal(one, other) for one, other in zip(given, found, strict=True))
    assert [text.text for text in root.iterfind("svg:text", NAMESPACES)] == ["a < b", "c"]


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_pictures_stay_inside_their_sheet_and_apart(columns: int):
    white = pictures.grey(np.full((4, 6), 255))
    root, found = read(pictures.sheet([("", white)] * 4, columns=columns, side=60))
    width, height = float(root.get("width")), float(root.get("height"))
    places = set()
    for image in root.iterfind("svg:image", NAMESPACES):
        x, y, w, h = (float(image.get(key)) for key in ("x", "y", "width", "height"))
        assert w / h == pytest.approx(6 / 4)
        assert x + w <= width
        assert y + h <= height
        places.add((x, y))
    assert len(places) == len(found) == 4
