"""The live demo of lesson 10-tcn: a stack over time, and all that one output sees."""

from __future__ import annotations

import io

import traitlets
from PIL import Image, ImageDraw

from cnncourse.widgets.demo import Demo

STEPS = 32
KERNELS, LEVELS, CONVS = (1, 2, 3, 4), (1, 2, 3, 4), (1, 2)
DILATIONS, PADDINGS = ("doubling", "all 1"), ("in front", "both ends")
PAPER, QUIET, LINE, SEEN, FUTURE = "#ffffff", "#d5d9de", "#868e99", "#0a58a8", "#c62828"


def taps(kernel_size: int, dilation: int, padding: str) -> list[int]:
    """Where one convolution looks, in steps from the present; what is above 0 is the future.

    >>> taps(3, 2, "in front"), taps(3, 2, "both ends")
    ([-4, -2, 0], [-2, 0, 2])
    """
    past = dilation * (kernel_size - 1)
    ahead = past // 2 if padding == "both ends" else 0
    return [ahead - past + dilation * place for place in range(kernel_size)]


def layer_dilations(levels: int, convs: int, dilations: str) -> list[int]:
    """The dilation of each convolution, from the first to the last.

    >>> layer_dilations(3, 2, "doubling")
    [1, 1, 2, 2, 4, 4]
    """
    each = [2**level if dilations == "doubling" else 1 for level in range(levels)]
    return [dilation for dilation in each for _ in range(convs)]


def seen_steps(now: int, layers: list[list[int]], steps: int = STEPS) -> list[list[int]]:
    """Which steps an output sees, in each row from its own down to the input.

    layers: the taps of each convolution, from the first to the last.

    >>> seen_steps(3, [[-1, 0], [-2, 0]], steps=5)
    [[3], [1, 3], [0, 1, 2, 3]]
    """
    rows = [[now]]
    for places in reversed(layers):
        reached = {step + place for step in rows[-1] for place in places}
        rows.append(sorted(step for step in reached if 0 <= step < steps))
    return rows


class Tcn(Demo, module="tcn"):
    """Convolutions over time, stacked, and what the output at step `now` sees through them.

    `padding` says where the zeros stand: "in front" is causal, "both ends" is as for an image.
    """

    kernel_size = traitlets.Enum(KERNELS, 2).tag(sync=True)
    levels = traitlets.Enum(LEVELS, 3).tag(sync=True)
    convs = traitlets.Enum(CONVS, 1).tag(sync=True)
    dilations = traitlets.Enum(DILATIONS, "doubling").tag(sync=True)
    padding = traitlets.Enum(PADDINGS, "in front").tag(sync=True)
    now = traitlets.Int(24, min=0, max=STEPS - 1).tag(sync=True)
    steps = traitlets.Int(STEPS, read_only=True).tag(sync=True)

    def layers(self) -> list[list[int]]:
        """The taps of each convolution, from the first to the last."""
        dilations = layer_dilations(self.levels, self.convs, self.dilations)
        return [taps(self.kernel_size, one, self.padding) for one in dilations]

    def seen(self) -> list[list[int]]:
        """Which steps the output sees, in each row from its own down to the input."""
        return seen_steps(self.now, self.layers())

    def describe(self) -> str:
        """The picture in words.

        >>> Tcn(padding="both ends").describe()
        'Output 24 sees 8 of 32 steps, 20 to 27, through 3 layers. 3 of them lie in its future.'
        """
        steps = self.seen()[-1]
        later = sum(step > self.now for step in steps)
        leak = f"{later} of them {'lies' if later == 1 else 'lie'} in its future."
        return (
            f"Output {self.now} sees {len(steps)} of {STEPS} steps, {steps[0]} to {steps[-1]}, "
            f"through {len(self.layers())} layers. {leak if later else 'None lies in its future.'}"
        )

    def picture(self) -> bytes:
        """The stack with its lines, as PNG."""
        layers, rows = self.layers(), self.seen()
        gap = min(56, 340 // len(layers))
        canvas = Image.new("RGB", (STEPS * 22 + 8, gap * len(layers) + 30), PAPER)
        draw = ImageDraw.Draw(canvas)

        def place(row: int, step: int) -> tuple[int, int]:
            return 15 + 22 * step, 15 + gap * row

        for row, places in enumerate(reversed(layers)):
            for step in rows[row]:
                for below in {step + one for one in places} & set(rows[row + 1]):
                    colour = FUTURE if below > self.now else SEEN
                    draw.line((*place(row, step), *place(row + 1, below)), colour, 2)
        for row, steps in enumerate(rows):
            for step in range(STEPS):
                colour = FUTURE if step > self.now else SEEN
                x, y = place(row, step)
                fill = colour if step in steps else QUIET
                draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill, LINE)
        file = io.BytesIO()
        canvas.quantize(16).save(file, "PNG", optimize=True)
        return file.getvalue()
