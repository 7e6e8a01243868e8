"""Small arrays drawn as HTML tables, coloured by value, wrong cells framed."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from torch import Tensor

from cnncourse.grading import messages
from cnncourse.grading.compare import to_numpy

# Larger maps are cut to a window around the first wrong cell.
ROWS, COLUMNS = 9, 11


@dataclass(frozen=True)
class Pictures:
    """Two drawings of the same place; `place` says which, "" for a whole array."""

    expected: str
    got: str
    place: str = ""


def picture(expected: Any, got: Any) -> Pictures | None:
    """Expected against got, or None where a drawing says no more than the sentence."""
    one, other = as_array(expected), as_array(got)
    if one is None:
        return None
    if other is None:
        return Pictures(whole(one), text(got))
    if one.shape != other.shape:
        return Pictures(whole(one), whole(other))
    if not one.ndim:
        return None
    wrong = ~np.isclose(one, other, rtol=1e-5, atol=1e-8)
    if not wrong.any():
        wrong = one != other
    index = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else (0,) * one.ndim
    front, place = index[:-2], ""
    if front:
        place = f" at [{', '.join(map(str, front))}]"
        one, other, wrong = one[front], other[front], wrong[front]
    one, other, wrong = (np.atleast_2d(values) for values in (one, other, wrong))
    rows, columns = (
        around(at, size, most)
        for at, size, most in zip(
            (0, 0, *index)[-2:] if len(index) > 1 else (0, index[0]),
            one.shape,
            (ROWS, COLUMNS),
            strict=True,
        )
    )
    if (rows, columns) != (slice(0, one.shape[0]), slice(0, one.shape[1])):
        place += f", rows {rows.start}-{rows.stop - 1}, columns {columns.start}-{columns.stop - 1}"
    one, other, wrong = (values[rows, columns] for values in (one, other, wrong))
    if wrong.all():
        wrong = np.zeros_like(wrong)  # a frame around everything points at nothing
    scale = float(np.nanmax(np.abs(one), initial=0.0))
    return Pictures(
        grid(one, scale, np.zeros_like(wrong)), grid(other, scale, wrong), place.lstrip(",")
    )


def as_array(value: Any) -> np.ndarray | None:
    """A numeric array, or None."""
    try:
        array = to_numpy(value) if isinstance(value, Tensor) else np.asarray(value)
        return array.astype(np.float64) if array.dtype.kind in "biuf" else None
    except Exception:
        return None


def around(at: int, size: int, most: int) -> slice:
    """At most `most` places around `at`, inside 0 to size.

    >>> around(10, 12, 5)
    slice(7, 12, None)
    """
    start = max(0, min(at - most // 2, size - most))
    return slice(start, min(size, start + most))


def whole(array: np.ndarray) -> str:
    """The first map of an array, headed by the array's shape."""
    shape = f"<div>shape {tuple(array.shape)}</div>"
    if not array.size or not array.ndim:
        return shape if array.ndim else text(array.item())
    first = np.atleast_2d(array[(0,) * max(0, array.ndim - 2)])[:ROWS, :COLUMNS]
    return shape + grid(first, float(np.nanmax(np.abs(first))), np.zeros(first.shape, bool))


def text(value: Any) -> str:
    return f"<code>{escape(messages.show(value))}</code>"


def grid(array: np.ndarray, scale: float, wrong: np.ndarray) -> str:
    """Rows of cells: blue below zero, white at zero, orange above; wrong ones framed."""
    rows = []
    for numbers, marks in zip(array, wrong, strict=True):
        cells = "".join(cell(v, scale, bool(m)) for v, m in zip(numbers, marks, strict=True))
        rows.append(f"<tr>{cells}</tr>")
    return (
        '<table style="border-collapse:separate;border-spacing:1px;font-size:.8em;margin:.2em 0">'
        f"{''.join(rows)}</table>"
    )


def cell(value: float, scale: float, wrong: bool) -> str:
    strength = min(1.0, abs(value) / scale) if scale and np.isfinite(value) else 0.0
    end = (233, 135, 60) if value > 0 else (80, 140, 220)
    red, green, blue = (round(255 + (channel - 255) * 0.8 * strength) for channel in end)
    frame = "2px solid #b00020" if wrong else "2px solid transparent"
    return (
        f'<td style="background:rgb({red},{green},{blue});color:#111;border:{frame};'
        f'text-align:right;padding:1px 4px">{brief(value)}</td>'
    )


def brief(value: float) -> str:
    """A number in at most six characters or so.

    >>> brief(3.0), brief(-0.12345), brief(1234567.0)
    ('3', '-0.12', '1.2e+06')
    """
    if value == int(value) if np.isfinite(value) else False:
        return f"{value:.0f}" if abs(value) < 1e5 else f"{value:.1e}"
    return f"{value:.2f}" if 0.01 <= abs(value) < 1e3 else f"{value:.1e}"
