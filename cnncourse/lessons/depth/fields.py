"""receptive_field: how far one output sees, worked out from the layers' sizes."""

from __future__ import annotations

import math

from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.depth import receptive_field


def looks_back(layers):
    """The oracle: which inputs do outputs 0 and 1 reach, going back layer by layer?"""

    def reach(output):
        first = last = output
        for kernel_size, stride, dilation in reversed(layers):
            first, last = first * stride, last * stride + (kernel_size - 1) * dilation
        return first, last

    (first, last), (neighbour, _) = reach(0), reach(1)
    return last - first + 1, neighbour - first


def layers(*makers) -> Make:
    """Layers whose sizes are (low, high) pairs to draw from, or fixed numbers."""

    def make(generator: Generator) -> Arguments:
        def size(one):
            return one if isinstance(one, int) else whole(generator, *one)

        return {"layers": [tuple(size(one) for one in sizes) for sizes in makers]}

    return make


K = (3, 7)


def adds_whole_kernels(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += kernel_size * dilation * jump
        jump *= stride
    return size, jump


def starts_from_nothing(layers):
    size, jump = receptive_field(layers)
    return size - 1, jump


def jumps_too_early(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        jump *= stride
        size += (kernel_size - 1) * dilation * jump
    return size, jump


def ignores_the_strides(layers):
    return receptive_field([(k, 1, d) for k, _, d in layers])[0], receptive_field(layers)[1]


def takes_only_the_stride_before(layers):
    size, before = 1, 1
    for kernel_size, stride, dilation in layers:
        size += (kernel_size - 1) * dilation * before
        before = stride
    return size, receptive_field(layers)[1]


def ignores_the_dilation(layers):
    return receptive_field([(k, s, 1) for k, s, _ in layers])


def stretches_the_kernel(layers):
    return receptive_field([(k * d, s, 1) for k, s, d in layers])


def jumps_by_the_dilation(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += (kernel_size - 1) * dilation * jump
        jump *= stride * dilation
    return size, jump


def multiplies_the_kernels(layers):
    return math.prod(d * (k - 1) + 1 for k, _, d in layers), receptive_field(layers)[1]


def takes_the_largest_kernel(layers):
    return max(d * (k - 1) + 1 for k, _, d in layers), receptive_field(layers)[1]


def adds_the_strides(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += (kernel_size - 1) * dilation * jump
        jump += stride - 1
    return size, jump


def returns_the_last_stride(layers):
    return receptive_field(layers)[0], layers[-1][1]


def reads_from_the_end(layers):
    return receptive_field(layers[::-1])


def swaps_the_results(layers):
    return receptive_field(layers)[::-1]


def swaps_stride_and_dilation(layers):
    return receptive_field([(k, d, s) for k, s, d in layers])


def stops_before_the_last_layer(layers):
    return receptive_field(layers[:-1])


def empties_the_list(layers):
    size, jump = 1, 1
    while layers:
        kernel_size, stride, dilation = layers.pop(0)
        size += (kernel_size - 1) * dilation * jump
        jump *= stride
    return size, jump


RECEPTIVE_FIELD = Exercise(
    reference=receptive_field,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=looks_back,
    cases=(
        Case("there is one layer", layers((K, 1, 1)), keeps="the case to think about first"),
        Case("one layer has a stride", layers((K, (2, 4), 1)), keeps="the jump alone"),
        Case("two layers are stacked", layers((K, 1, 1), (K, 1, 1)), keeps="stacking alone"),
        Case(
            "a layer with a stride comes first",
            layers((K, (2, 4), 1), (K, 1, 1)),
            keeps="the stride's effect on the layer behind it, alone",
        ),
        Case(
            "the layer with a stride comes last",
            layers((3, 1, 1), ((5, 7), (2, 4), 1)),
            keeps="a stride that widens nothing: it comes after the last look",
        ),
        Case(
            "a layer is dilated",
            layers(((4, 7), 1, (2, 4)), (3, 1, 1)),
            keeps="a dilation alone",
        ),
        Case(
            "strides, dilations and kernels of many sizes come together",
            layers((7, 2, 1), (3, 3, 2), (5, 2, (3, 4)), ((2, 4), 4, 1), (3, 1, 2)),
        ),
    ),
    asides=(Case("there is no layer at all", layers()),),
    misconceptions=(
        Misconception(
            adds_whole_kernels,
            "You add the whole kernel for each layer. One of its taps lies where you already were: "
            "a layer adds kernel_size - 1 steps.",
        ),
        Misconception(
            starts_from_nothing,
            "You are one pixel short. Before the first layer, a value sees one pixel: itself.",
        ),
        Misconception(
            jumps_too_early,
            "You multiply the jump by a layer's stride before the layer has looked. The stride "
            "spreads out the outputs of a layer, not the inputs that it reads.",
        ),
        Misconception(
            ignores_the_strides,
            "Your size ignores the strides. Behind a stride of 2, neighbours lie two pixels apart, "
            "so every step of a later kernel is twice as long.",
        ),
        Misconception(
            takes_only_the_stride_before,
            "You stretch a layer by the stride of the one before it. All strides before it count, "
            "multiplied.",
        ),
        Misconception(ignores_the_dilation, "You ignore the dilation, which stretches a kernel."),
        Misconception(
            stretches_the_kernel,
            "You let a kernel span kernel_size * dilation. It has one gap less than taps: "
            "(kernel_size - 1) * dilation steps.",
        ),
        Misconception(
            jumps_by_the_dilation,
            "You let the dilation into the jump. It spreads the taps of one kernel; the outputs "
            "still lie next to each other.",
        ),
        Misconception(
            multiplies_the_kernels,
            "You multiply the kernels' spans. Two layers of 3 see 5 pixels, not 9: each layer "
            "*adds* a border.",
        ),
        Misconception(
            takes_the_largest_kernel,
            "You take the widest kernel. Stacked layers see more than each of them does.",
        ),
        Misconception(
            adds_the_strides,
            "You add up the strides. Two strides of 2 make every fourth pixel, and two of 3 every "
            "ninth: they multiply.",
        ),
        Misconception(
            returns_the_last_stride,
            "Your jump is the last layer's stride. It is counted in pixels of the *input*, so all "
            "strides count.",
        ),
        Misconception(
            reads_from_the_end,
            "You go through the layers from the last to the first with a rule for the other way.",
        ),
        Misconception(swaps_the_results, "The two numbers are swapped: first size, then jump."),
        Misconception(
            swaps_stride_and_dilation,
            "You swap stride and dilation. A layer is (kernel_size, stride, dilation).",
        ),
        Misconception(stops_before_the_last_layer, "Your loop leaves out the last layer."),
        Misconception(
            empties_the_list,
            "The numbers are right, but the list is empty afterwards. Loop over it, do not `pop`.",
        ),
    ),
    hints=(
        "Draw a row of boxes, and under it the outputs of a layer with a kernel of 3. How many "
        "boxes do three neighbouring outputs see together?",
        "Keep two numbers: the size so far, and how many input pixels lie between neighbours. A "
        "layer takes kernel_size - 1 steps of what length?",
        "size grows by (kernel_size - 1) * dilation * jump; only afterwards is the jump "
        "multiplied by the stride.",
    ),
)

EXERCISES = (RECEPTIVE_FIELD,)
