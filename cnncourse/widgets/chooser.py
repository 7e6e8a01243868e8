"""The second live demo of lesson 11-vit: needs on one side, a table of networks on the other."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import traitlets
from PIL import Image, ImageDraw

from cnncourse.widgets.demo import Demo

Row = dict[str, Any]

COLUMNS = {"name": str, "latency_ms": (int, float), "params": int, "top1": (int, float)}
NEEDS = ("max_latency_ms", "max_params", "min_top1")
# What the demo begins with where nobody gives it a table; the numbers are made up.
MADE_UP = (
    {"name": "small", "latency_ms": 9.0, "params": 5_000_000, "top1": 70.0},
    {"name": "medium", "latency_ms": 40.0, "params": 12_000_000, "top1": 76.1},
    {"name": "heavy", "latency_ms": 60.0, "params": 90_000_000, "top1": 74.0},
    {"name": "large", "latency_ms": 80.0, "params": 25_000_000, "top1": 80.1},
)


def fitting(table: Sequence[Row], need: dict[str, float | None]) -> list[Row]:
    """The networks that meet all needs, best first: most accurate, then fastest, then smallest.

    >>> [row["name"] for row in fitting(MADE_UP, {"max_latency_ms": 60})]
    ['medium', 'heavy', 'small']
    """

    def fits(row: Row) -> bool:
        limits = (need.get(name) for name in NEEDS)
        over = (row["latency_ms"], row["params"], -row["top1"])
        most_ms, most_params, least = limits
        highest = (most_ms, most_params, None if least is None else -least)
        return all(
            limit is None or value <= limit for value, limit in zip(over, highest, strict=True)
        )

    kept = filter(fits, table)
    return sorted(kept, key=lambda row: (-row["top1"], row["latency_ms"], row["params"]))


def front(table: Sequence[Row]) -> list[str]:
    """The networks that no other beats in both latency and accuracy, fastest first.

    >>> front(MADE_UP)
    ['small', 'medium', 'large']
    """
    best, names = float("-inf"), []
    for row in sorted(table, key=lambda row: (row["latency_ms"], -row["top1"])):
        if row["top1"] > best:
            best = row["top1"]
            names.append(row["name"])
    return names


class Chooser(Demo, module="chooser"):
    """Networks as points, latency against accuracy, and the one that a job's needs lead to.

    `table` is a list of dicts with name, latency_ms, params and top1. `max_latency_ms`,
    `max_params` and `min_top1` are the needs, each of them None where it does not matter.
    """

    table = traitlets.List().tag(sync=True)
    max_latency_ms = traitlets.Float(None, allow_none=True).tag(sync=True)
    max_params = traitlets.Float(None, allow_none=True).tag(sync=True)
    min_top1 = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, table: Sequence[Row] = MADE_UP, **traits: Any) -> None:
        super().__init__(table=[dict(row) for row in table], **traits)

    @traitlets.validate("table")
    def _rows_with_all_columns(self, proposal: dict[str, Any]) -> list[Row]:
        rows = proposal["value"]
        for row in rows:
            wrong = [name for name, kind in COLUMNS.items() if not isinstance(row.get(name), kind)]
            if wrong:
                raise traitlets.TraitError(f"table: {wrong[0]} is missing or of the wrong kind")
        if not rows or any(row["latency_ms"] <= 0 for row in rows):
            raise traitlets.TraitError("table: expected rows with a latency above zero")
        return rows

    def fitting(self) -> list[Row]:
        """The networks that meet all needs, best first."""
        return fitting(self.table, {name: getattr(self, name) for name in NEEDS})

    def describe(self) -> str:
        """The picture in words.

        >>> Chooser(max_latency_ms=50).describe()
        '4 networks, by latency and accuracy. 2 meet the needs, and medium is the most accurate.'
        """
        kept = self.fitting()
        found = "None meets the needs."
        if kept:
            found = f"{len(kept)} meet the needs, and {kept[0]['name']} is the most accurate."
        return f"{len(self.table)} networks, by latency and accuracy. {found}"

    def picture(self) -> bytes:
        """Points by latency (logarithmic) and accuracy, the chosen one green, as PNG."""
        from math import log

        width, height, rim = 640, 320, 20
        canvas = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(canvas)
        times = [log(row["latency_ms"]) for row in self.table]
        rates = [row["top1"] for row in self.table]
        kept = self.fitting()
        for row, time, rate in zip(self.table, times, rates, strict=True):
            x = rim + (width - 2 * rim) * (time - min(times)) / (max(times) - min(times) or 1)
            y = rim + (height - 2 * rim) * (max(rates) - rate) / (max(rates) - min(rates) or 1)
            best = bool(kept) and row is kept[0]
            colour = "#00853e" if best else "#185aa9" if row in kept else "#bbbbbb"
            radius = 9 if best else 6
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
        file = io.BytesIO()
        canvas.quantize(16).save(file, "PNG", optimize=True)
        return file.getvalue()
