"""Do the drawings show the numbers and windows that they are given?"""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from cnncourse import figures
from cnncourse.reference.convolution import output_size


@pytest.fixture
def axes():
    with mpl.rc_context({"backend": "agg"}):
        figure, axes = plt.subplots()
        yield axes
        plt.close(figure)


def test_every_known_number_is_written_in_its_cell(axes):
    values = np.array([[3, -1, 0.5], [2, 7, 4]])
    known = np.array([[True, True, True], [False, True, True]])
    figures.draw_grid(axes, values, known=known)
    written = {text.get_position(): text.get_text() for text in axes.texts}
    minus = "\N{MINUS SIGN}"
    expected = {(0.5, 0.5): "3", (1.5, 0.5): f"{minus}1", (2.5, 0.5): "0.5"}
    assert written == expected | {(1.5, 1.5): "7", (2.5, 1.5): "4"}


def test_a_window_is_framed_where_it_lies(axes):
    figures.draw_grid(axes, np.zeros((4, 5)), windows=[(1, 2, 2, 3)])
    (frame,) = [patch for patch in axes.patches if not patch.get_fill()]
    assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == (2, 1, 3, 2)


def test_colour_says_the_sign_and_zero_is_neutral(axes):
    figures.draw_grid(axes, np.array([[-2, 0, 2]]), colour=True)
    below, zero, above = (np.array(patch.get_facecolor()[:3]) for patch in axes.patches)
    assert below[2] > below[0]
    assert above[0] > above[2]
    assert np.ptp(zero) < 0.01


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": 1},
        {"stride": 2},
        {"dilation": 2},
        {"stride": 3, "padding": 2, "dilation": 2},
    ],
)
def test_there_is_one_line_of_weights_for_every_window_that_fits(axes, options):
    figures.draw_windows(axes, 8, 3, **options)
    weights = [patch for patch in axes.patches if np.isclose(patch.get_height(), 0.4)]
    assert len(weights) == 3 * output_size(8, 3, **options)


def test_pixels_that_no_window_reads_are_crossed_out(axes):
    figures.draw_windows(axes, 8, 3, stride=3)
    crosses = {int(line.get_xdata()[0]) for line in axes.lines if line.get_color() == figures.FRAME}
    assert crosses == {6, 7}


def test_grids_in_a_row_have_cells_of_one_size():
    with mpl.rc_context({"backend": "agg"}):
        figure, row = figures.grid_row([(3, 4), (2, 2), (6, 1)])
        boxes = [axes.get_position() for axes in row]
        size = figure.get_size_inches()
        plt.close(figure)
    widths = [box.width * size[0] / columns for box, columns in zip(boxes, (4, 2, 1), strict=True)]
    heights = [box.height * size[1] / rows for box, rows in zip(boxes, (3, 2, 6), strict=True)]
    assert widths == pytest.approx([widths[0]] * 3)
    assert heights == pytest.approx([widths[0]] * 3)
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_a_grid_draws_only_cells_and_frames(axes):
    figures.draw_grid(axes, np.zeros((2, 3)), windows=[(0, 0, 1, 1)])
    assert len(axes.patches) == 2 * 3 + 1
    assert all(isinstance(patch, Rectangle) for patch in axes.patches)
