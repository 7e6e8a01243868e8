"""A trait that holds a rectangle of numbers, so that Python and the page exchange plain lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets


class Grid(traitlets.TraitType):
    """Rows of numbers, all of one length. Whatever NumPy reads may be assigned.

    Whole numbers stay integers, which keeps the page's JSON short. `largest` bounds both
    sides; with `grey=True` every value must be a whole number from 0 to 255.
    """

    def __init__(self, default: list, *, largest: int, grey: bool = False) -> None:
        super().__init__(default)
        self.largest = largest
        self.grey = grey

    def validate(self, obj: Any, value: Any) -> list[list[float]]:
        try:
            numbers = np.array(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            message = f"{self.name}: expected rows of numbers, all of one length ({error})"
            raise traitlets.TraitError(message) from None
        if numbers.ndim != 2 or not all(1 <= side <= self.largest for side in numbers.shape):
            raise traitlets.TraitError(
                f"{self.name}: expected 1 to {self.largest} rows and columns, "
                f"got an array of shape {numbers.shape}"
            )
        if not np.isfinite(numbers).all():
            raise traitlets.TraitError(f"{self.name}: every value must be a finite number")
        if self.grey and (numbers != numbers.round().clip(0, 255)).any():
            raise traitlets.TraitError(
                f"{self.name}: every pixel must be a whole number from 0 to 255"
            )
        return plain_rows(numbers)


def plain_rows(numbers: np.ndarray) -> list[list[float]]:
    """Rows as JSON can carry them: integers where they are whole, None where not finite.

    >>> plain_rows(np.array([[1.0, 0.5], [np.nan, -2.0]]))
    [[1, 0.5], [None, -2]]
    """

    def plain(value: float) -> float | None:
        if not np.isfinite(value):
            return None
        return int(value) if value == int(value) else value

    return [[plain(value) for value in row] for row in numbers.tolist()]
