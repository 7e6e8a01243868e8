"""The live demo of lesson 06-representations: a walk through the units of a trained network."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import traitlets
from PIL import Image

from cnncourse.experiments.run import results_of
from cnncourse.widgets.demo import Demo
from cnncourse.widgets.units import KINDS, REAL, data_address, pixels_of, sheet

WIDE = 720  # pixels, of the picture that stands in for the demo


class Representations(Demo, module="representations"):
    """Units of a network by layer, with what excites each of them most.

    `pages` comes from `units.atlas`; by default it shows the units that the experiment on
    features has looked at. `page` and `unit` say which of them one looks at.
    """

    pages = traitlets.List(traitlets.Dict()).tag(sync=True)
    page = traitlets.Int(0, min=0).tag(sync=True)
    unit = traitlets.Int(0, min=0).tag(sync=True)
    kinds = traitlets.List(list(KINDS), read_only=True).tag(sync=True)

    def __init__(self, pages: list[dict[str, Any]] | None = None, **traits: Any) -> None:
        super().__init__(pages=recorded() if pages is None else pages, **traits)

    def chosen(self) -> tuple[dict[str, Any], int]:
        """The page and the row that one looks at, the last ones there are at most."""
        page = self.pages[min(self.page, len(self.pages) - 1)]
        return page, min(self.unit, len(page["units"]) - 1)

    def describe(self) -> str:
        """The picture in words.

        >>> Representations().describe()[:50]
        'Stage 1, unit 11: 4 real patches that excite it, a'
        """
        page, row = self.chosen()
        best, climbed, smooth = figures(page, row)
        what = "patches" if page["side"] < 32 else "pictures"
        return (
            f"{page['name'].capitalize()}, {page['units'][row]}: {REAL} real {what} that excite "
            f"it, a climbed picture and a smooth one. The best real one excites it by {best:g}, "
            f"the climbed one by {climbed:g}, the smooth one by {smooth:g}."
        )

    def picture(self) -> bytes:
        """The row of the sheet, enlarged, as PNG."""
        page, row = self.chosen()
        side = page["side"]
        pixels = pixels_of(page["sheet"])[row * side : (row + 1) * side]
        times = max(1, WIDE // pixels.shape[1])
        file = io.BytesIO()
        large = pixels.repeat(times, axis=0).repeat(times, axis=1)
        Image.fromarray(large).save(file, "PNG", optimize=True)
        return file.getvalue()


def figures(page: dict[str, Any], row: int) -> tuple[float, float, float]:
    """Responses to the best real picture, to the climbed one, and to the smooth one."""
    *real, climbed, smooth = page["responses"][row]
    return max(real), climbed, smooth


def recorded() -> list[dict[str, Any]]:
    """Pages from the record of the experiment, which has two real patches for each unit."""
    pages = []
    for stage, units in enumerate(results_of("feature_hierarchy")["units"]["stages"]):
        rows, responses = [], []
        for one in units:
            real = [*zip(one["real"]["pictures"], one["real"]["same_norm"], strict=True)]
            real = [real[place % len(real)] for place in range(REAL)]
            climbed = [
                (one[kind]["picture"], one[kind]["response"]) for kind in ("plain", "smooth")
            ]
            rows.append([np.array(picture) for picture, _ in (*real, *climbed)])
            responses.append([round(value, 1) for _, value in (*real, *climbed)])
        side = min(len(picture) for row in rows for picture in row)
        pictures = np.array([[picture[-side:, -side:] for picture in row] for row in rows])
        pages.append(
            {
                "name": f"stage {stage + 1}",
                "units": [f"unit {one['unit']}" for one in units],
                "side": side,
                "responses": responses,
                "sheet": data_address(sheet(pictures)),
            }
        )
    return pages
