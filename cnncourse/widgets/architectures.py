"""The live demo of lesson 07-architectures."""

from __future__ import annotations

import io

import traitlets
from PIL import Image

from cnncourse.widgets.demo import Demo


def scaled(number: int, factor: int) -> int:
    """What the demo shows. (An example: replace it.)

    >>> scaled(2, factor=10)
    20
    """
    return number * factor


class Architectures(Demo, module="architectures"):
    """A number and a factor that the reader moves."""

    number = traitlets.Int(2).tag(sync=True)
    factor = traitlets.Int(10).tag(sync=True)

    def picture(self) -> bytes:
        grey = min(255, max(0, scaled(self.number, self.factor)))
        file = io.BytesIO()
        Image.new("L", (64, 64), grey).save(file, format="PNG")
        return file.getvalue()

    def describe(self) -> str:
        return f"{self.number} times {self.factor} is {scaled(self.number, self.factor)}."
