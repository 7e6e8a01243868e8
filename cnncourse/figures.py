"""Drawing the book's figures: grids of numbers, and windows below a row of pixels.

Figures keep a white ground of their own, so that they can be read on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import CenteredNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib_inline.backend_inline import set_matplotlib_formats

from cnncourse.widgets.pictures import BLUE, NEUTRAL, ORANGE

INK, LINE, PLAIN, FRAME, WEIGHT = "#1f2933", "#7b8794", "#f5f7fa", "#7b2cbf", "#33658a"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE / 255, NEUTRAL / 255, ORANGE / 255])


def use_book_style() -> None:
    """Small, sharp line drawings, and the same bytes on every build."""
    # Without a salt and a date of its own, a drawing would change with each build.
    mpl.rcParams.update({"svg.hashsalt": "cnncourse", "svg.fonttype": "none"})
    mpl.rcParams.update({"font.family": "sans-serif", "font.size": 10, "text.color": INK})
    mpl.rcParams.update({"axes.titlesize": 10, "figure.facecolor": "white"})
    set_matplotlib_formats("svg", metadata={"Date": None})


def draw_grid(
    axes: Axes,
    values: np.ndarray,
    *,
    title: str = "",
    colour: bool = False,
    limit: float | None = None,
    windows: Iterable[tuple[int, int, int, int]] = (),
    known: np.ndarray | None = None,
) -> None:
    """Draw values (H, W) as a grid of cells with their numbers.

    With `colour`, cells are painted by sign and size up to `limit` (by default the largest
    absolute value). Each of `windows` is (row, column, height, width) and gets a frame.
    Where `known` (H, W) is False a cell is left empty.
    """
    values = np.asarray(values)
    height, width = values.shape
    known = np.ones(values.shape, bool) if known is None else known
    scale = CenteredNorm(0, limit or float(np.abs(values).max()) or 1.0)
    for row, column in np.ndindex(height, width):
        value = values[row, column]
        # Half strength keeps dark numbers legible on every cell.
        face = SIGNED(0.5 + (scale(value) - 0.5) * 0.6) if colour else PLAIN
        face = face if known[row, column] else "white"
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=face, edgecolor=LINE, lw=0.6))
        if known[row, column]:
            text = f"{value:g}".replace("-", "\N{MINUS SIGN}")
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center")
    for row, column, rows, columns in windows:
        axes.add_patch(Rectangle((column, row), columns, rows, fill=False, edgecolor=FRAME, lw=2.5))
    axes.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05), aspect="equal", title=title)
    axes.axis("off")


def grid_row(
    shapes: Sequence[tuple[int, int]], *, cell: float = 0.42, gap: float = 0.45
) -> tuple[Figure, list[Axes]]:
    """A figure with one place per (H, W) shape, side by side, all cells of the same size.

    cell and gap are in inches.
    """
    tallest = max(height for height, _ in shapes)
    width = sum(columns for _, columns in shapes) * cell + gap * (len(shapes) - 1)
    figure = plt.figure(figsize=(width, tallest * cell + 0.35))
    axes, left = [], 0.0
    for height, columns in shapes:
        bottom = (tallest - height) / 2 * cell / figure.get_figheight()
        size = (columns * cell / width, height * cell / figure.get_figheight())
        axes.append(figure.add_axes((left / width, bottom, *size)))
        left += columns * cell + gap
    return figure, axes


def draw_windows(
    axes: Axes,
    n: int,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    names: Sequence[str] = (),
) -> None:
    """Draw a row of n pixels and below it every window that fits, one line for each.

    Padding is dashed; a pixel that no window reads is crossed out. `names` are written on the
    weights of each window.
    """
    span = dilation * (kernel_size - 1) + 1
    starts = range(-padding, n + padding - span + 1, stride)
    read = {start + dilation * tap for start in starts for tap in range(kernel_size)}
    for place in range(-padding, n + padding):
        inside = 0 <= place < n
        style = {"facecolor": PLAIN if inside else "white", "edgecolor": LINE, "lw": 0.8}
        axes.add_patch(Rectangle((place, 0), 1, 1, linestyle="-" if inside else "--", **style))
        if place not in read:
            axes.plot([place + 0.2, place + 0.8], [0.8, 0.2], color=FRAME, lw=1.5)
            axes.plot([place + 0.2, place + 0.8], [0.2, 0.8], color=FRAME, lw=1.5)
    for line, start in enumerate(starts):
        height = 1.35 + 0.6 * line
        axes.plot([start + 0.5, start + span - 0.5], [height + 0.2] * 2, color=WEIGHT, lw=1)
        for tap in range(kernel_size):
            left = start + dilation * tap
            axes.add_patch(Rectangle((left + 0.15, height), 0.7, 0.4, facecolor=WEIGHT, lw=0))
            name = names[tap] if names else ""
            axes.text(left + 0.5, height + 0.2, name, color="white", ha="center", va="center")
    axes.set(
        xlim=(-padding - 0.1, n + padding + 0.1),
        ylim=(1.35 + 0.6 * len(starts), -0.1),
        aspect="equal",
    )
    axes.axis("off")
