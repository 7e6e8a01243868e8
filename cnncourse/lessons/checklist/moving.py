"""Question 3: equivariance, and what borders, strides and pooling do to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Exercise
from cnncourse.lessons.checklist.prediction import asked, belief
from cnncourse.reference.checklist import predict_moving
from cnncourse.reference.weight_sharing import equivariance_error, invariance_error

# Rounding is far below, and everything else far above.
ZERO = 1e-9


def measured(question: str) -> str:
    """The oracle: moves a picture of random numbers, and looks."""
    chance = Generator().manual_seed(0)
    x = torch.randn(2, 3, 12, 12, generator=chance, dtype=torch.float64)
    weight = torch.randn(4, 3, 3, 3, generator=chance, dtype=torch.float64)
    dense = torch.randn(5, x[0].numel(), generator=chance, dtype=torch.float64)

    def circular(x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), weight)

    def average(x: Tensor) -> Tensor:
        return circular(x).relu().mean((2, 3), keepdim=True)

    if question == "quarter turn":
        off = (circular(x.rot90(dims=(2, 3))) - circular(x).rot90(dims=(2, 3))).abs().max()
        return "moves along" if off < ZERO else "neither"
    layers: dict[str, tuple[Callable[[Tensor], Tensor], int, int]] = {
        "convolution, around the border": (circular, 1, 1),
        "convolution, zeros at the border": (partial(F.conv2d, weight=weight, padding=1), 1, 1),
        "ReLU": (torch.relu, 1, 1),
        "max pooling, one pixel": (partial(F.max_pool2d, kernel_size=2), 1, 2),
        "max pooling, two pixels": (partial(F.max_pool2d, kernel_size=2), 2, 2),
        "global average": (average, 1, 1),
        "flatten and dense": (lambda x: (x.flatten(1) @ dense.T)[..., None, None], 1, 1),
    }
    return seen(*layers[question], x)


def seen(layer: Callable[[Tensor], Tensor], shift: int, stride: int, x: Tensor) -> str:
    """How the output of a layer takes it when the picture moves by so many pixels to the right."""
    if invariance_error(layer, x, (0, shift)) < ZERO:
        return "stays"
    # Half a step of the output is none: compare with both neighbours.
    nearest = {shift // stride, -(-shift // stride)}
    before, after = layer(x), layer(x.roll(shift, -1))
    errors = [(after - before.roll(step, -1)).abs().max() for step in nearest]
    if shift % stride == 0:
        errors.append(torch.tensor(equivariance_error(layer, x, (0, shift), stride)))
    return "moves along" if min(errors) < ZERO else "neither"


believes = partial(belief, predict_moving)
PREDICT_MOVING = Exercise(
    reference=predict_moving,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=measured,
    predicts=True,
    cases=(
        asked("convolution, around the border", "a convolution goes around the border"),
        asked("convolution, zeros at the border", "a convolution pads with zeros"),
        asked("ReLU", "the layer is a ReLU"),
        asked("max pooling, one pixel", "max pooling sees a move by one pixel"),
        asked("max pooling, two pixels", "max pooling sees a move by two pixels"),
        asked("global average", "a global average ends the network"),
        asked("flatten and dense", "a dense layer sees the whole picture"),
        asked("quarter turn", "the picture is turned"),
    ),
    misconceptions=(
        believes(
            "calls_convolution_invariant",
            "convolution, around the border",
            "stays",
            "You let the map of a convolution stay while the picture moves. A picture of an edge "
            "moves when the edge does: that is *equi*variance. *In*variance would be the same map.",
        ),
        believes(
            "thinks_convolution_keeps_nothing",
            "convolution, around the border",
            "neither",
            "You let a convolution mind where the picture is. It does the same at every place, and "
            "here no place is special, not even the border.",
        ),
        believes(
            "thinks_zeros_do_no_harm",
            "convolution, zeros at the border",
            "moves along",
            "You let zeros at the border do no harm. Next to them a kernel sees what it sees "
            "nowhere else. Away from the border you are right.",
        ),
        believes(
            "calls_padded_convolution_invariant",
            "convolution, zeros at the border",
            "stays",
            "You let a padded map stay as it is. Its bright places move with the picture, all but "
            "at the border.",
        ),
        believes(
            "thinks_relu_breaks_it",
            "ReLU",
            "neither",
            "You let a ReLU lose the place. It looks at each value alone: does it know where the "
            "value is?",
        ),
        believes(
            "calls_relu_invariant",
            "ReLU",
            "stays",
            "You let a ReLU hide the move. It keeps every positive value at its place, and the "
            "place has moved.",
        ),
        believes(
            "thinks_pooling_makes_invariant",
            "max pooling, one pixel",
            "stays",
            "You let pooling make a network invariant. The maximum of 2 × 2 values often changes "
            "when one column leaves the window and another comes in.",
        ),
        believes(
            "forgets_the_grid_of_the_windows",
            "max pooling, one pixel",
            "moves along",
            "You let the pooled map move along by half a value. The windows stand on a grid of two "
            "pixels, and one pixel falls between.",
        ),
        believes(
            "thinks_pooling_keeps_nothing",
            "max pooling, two pixels",
            "neither",
            "You let pooling lose every move. When the picture moves by a whole window, each "
            "window sees what its neighbour saw.",
        ),
        believes(
            "thinks_pooling_hides_two_pixels",
            "max pooling, two pixels",
            "stays",
            "You let pooling hide a move by two pixels. That is a whole window: the maximum is "
            "found again one place further.",
        ),
        believes(
            "calls_the_average_equivariant",
            "global average",
            "moves along",
            "You let a global average move along. One number for each map is left: where could it "
            "move to?",
        ),
        believes(
            "thinks_the_average_sees_places",
            "global average",
            "neither",
            "You let a global average see where things are. The values of the map change places, "
            "and none is lost: what does their mean do?",
        ),
        believes(
            "thinks_a_network_is_invariant_at_its_end",
            "flatten and dense",
            "stays",
            "You let a classifier be invariant because it is one. Each pixel meets another weight "
            "after the move. It can learn to cope, but nothing in it says so.",
        ),
        believes(
            "thinks_a_dense_layer_follows",
            "flatten and dense",
            "moves along",
            "You let the scores of a dense layer move along. They are the scores of classes, and "
            "have no place to move in.",
        ),
        believes(
            "thinks_convolution_can_turn",
            "quarter turn",
            "moves along",
            "You let a convolution turn with the picture. Its kernel does not turn: a detector of "
            "upright edges misses the edge that lies down.",
        ),
        believes(
            "thinks_convolution_ignores_turns",
            "quarter turn",
            "stays",
            "You let a convolution ignore a turn. An upright edge and one that lies down look "
            "different to a kernel.",
        ),
    ),
    hints=(
        "Draw a row of six values, one of them bright. Move it by one and apply the layer; or "
        "apply the layer first, and then move. Are the two the same?",
        "Ask of each layer: does it treat all places alike? A border of zeros, a grid of windows, "
        "and a weight for each pixel do not.",
        "*Moves along* means that the map has moved as the picture has. *Stays* means that it is "
        "the same map, number for number. Pooling is in step with moves by whole windows only.",
    ),
)

EXERCISES = (PREDICT_MOVING,)
