"""MBConv: EfficientNet's block, from the widening convolution to the shortcut."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.run_module import Module
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.efficientnet.squeeze import (
    WithMatrices,
    has_relu_inside,
    returns_the_gate,
)
from cnncourse.lessons.inputs import normal
from cnncourse.reference.efficientnet import MBConv, SqueezeExcite


class InOneBreath(nn.Module):
    """The oracle: every layer by name, applied one after the other."""

    def __init__(self, in_channels, out_channels, kernel_size, stride, expand):
        super().__init__()
        wide = expand * in_channels
        self.same = (stride, in_channels) == (1, out_channels)
        self.wider = expand > 1
        if self.wider:
            self.widen = nn.Conv2d(in_channels, wide, 1, bias=False)
            self.widen_norm = nn.BatchNorm2d(wide)
        self.filter = nn.Conv2d(
            wide, wide, kernel_size, stride, kernel_size // 2, groups=wide, bias=False
        )
        self.filter_norm = nn.BatchNorm2d(wide)
        self.weigh = WithMatrices(wide, max(in_channels // 4, 1))
        self.narrow = nn.Linear(wide, out_channels, bias=False)
        self.narrow_norm = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        inner = F.silu(self.widen_norm(self.widen(x))) if self.wider else x
        inner = self.weigh(F.silu(self.filter_norm(self.filter(inner))))
        out = self.narrow_norm(self.narrow(inner.movedim(1, -1)).movedim(-1, 1))
        return out + x if self.same else out


def sizes(
    generator: Generator,
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    stride: int = 1,
    expand: int = 6,
) -> Arguments:
    return {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel_size": kernel_size,
        "stride": stride,
        "expand": expand,
        "x": normal(generator, 2, in_channels, whole(generator, 5, 6), whole(generator, 7, 9)),
    }


def repeated(generator: Generator) -> Arguments:
    return sizes(generator, 8, 8)


def without_widening(generator: Generator) -> Arguments:
    return sizes(generator, 8, 8, expand=1)


def with_other_channels(generator: Generator) -> Arguments:
    return sizes(generator, 8, 5, expand=4)


def strided(generator: Generator) -> Arguments:
    return sizes(generator, 9, 9, stride=2, expand=3)


def large_kernel(generator: Generator) -> Arguments:
    return sizes(generator, 8, 12, kernel_size=5, stride=2, expand=2)


def few_channels(generator: Generator) -> Arguments:
    return sizes(generator, 3, 6, expand=2)


ORDER = ("widen", "filter", "weigh", "narrow")


class Variant(nn.Module):
    """MBConv with one thing done otherwise.

    order: the steps, which a belief may leave out or move. shortcut: what is added, or None.
    widens, filters, narrows: options of the three convolutions.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expand: int,
        *,
        order: tuple[str, ...] = ORDER,
        activation: Callable[[], nn.Module] = nn.SiLU,
        wide: int | None = None,
        squeezed: int | None = None,
        weigh: Callable[[int, int], nn.Module] = SqueezeExcite,
        always_widens: bool = False,
        stride_in: str = "filter",
        padding: int | None = None,
        groups: int | None = None,
        bias: bool = False,
        without_norm: tuple[str, ...] = (),
        norm_last: bool = False,
        activated: tuple[str, ...] = ("widen", "filter"),
        shortcut: Callable[[Tensor, Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        wide = wide or in_channels * expand
        squeezed = squeezed or max(1, in_channels // 4)

        def step(name: str, inside: int, outside: int, kernel: int = 1, **options) -> nn.Module:
            convolution = nn.Conv2d(
                inside, outside, kernel, stride if stride_in == name else 1, bias=bias, **options
            )
            layers: list[nn.Module] = [convolution]
            if name not in without_norm:
                layers.append(nn.BatchNorm2d(outside))
            if name in activated:
                layers.insert(1 if norm_last else len(layers), activation())
            return nn.Sequential(*layers)

        pad = kernel_size // 2 if padding is None else padding
        steps = {
            "widen": step("widen", in_channels, wide),
            "filter": step("filter", wide, wide, kernel_size, padding=pad, groups=groups or wide),
            "weigh": weigh(wide, squeezed),
            "narrow": step("narrow", wide, out_channels),
            "weigh at the end": weigh(out_channels, squeezed),
        }
        if expand == 1 and not always_widens:
            order = tuple(name for name in order if name != "widen")
        self.steps = nn.Sequential(*(steps[name] for name in order))
        same = stride == 1 and in_channels == out_channels
        self.shortcut = shortcut or ((lambda x, out: x + out) if same else (lambda x, out: out))

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x, self.steps(x))


def always_widens(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, always_widens=True)


def squeezes_from_the_wide_channels(in_channels, out_channels, kernel_size, stride, expand):
    squeezed = max(1, in_channels * expand // 4)
    return Variant(in_channels, out_channels, kernel_size, stride, expand, squeezed=squeezed)


def squeezes_by_sixteen(in_channels, out_channels, kernel_size, stride, expand):
    squeezed = max(1, in_channels * expand // 16)
    return Variant(in_channels, out_channels, kernel_size, stride, expand, squeezed=squeezed)


def leaves_out_the_weighing(in_channels, out_channels, kernel_size, stride, expand):
    order = ("widen", "filter", "narrow")
    return Variant(in_channels, out_channels, kernel_size, stride, expand, order=order)


def weighs_before_filtering(in_channels, out_channels, kernel_size, stride, expand):
    order = ("widen", "weigh", "filter", "narrow")
    return Variant(in_channels, out_channels, kernel_size, stride, expand, order=order)


def weighs_after_narrowing(in_channels, out_channels, kernel_size, stride, expand):
    order = ("widen", "filter", "narrow", "weigh at the end")
    return Variant(in_channels, out_channels, kernel_size, stride, expand, order=order)


def has_relu_everywhere(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, activation=nn.ReLU)


def has_relu_in_the_weighing_too(in_channels, out_channels, kernel_size, stride, expand):
    relu = {"activation": nn.ReLU, "weigh": has_relu_inside}
    return Variant(in_channels, out_channels, kernel_size, stride, expand, **relu)


def weighs_with_relu_inside(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, weigh=has_relu_inside)


def goes_on_with_the_gate_alone(in_channels, out_channels, kernel_size, stride, expand):
    weigh = returns_the_gate
    return Variant(in_channels, out_channels, kernel_size, stride, expand, weigh=weigh)


def has_relu6_everywhere(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, activation=nn.ReLU6)


def activates_the_end(in_channels, out_channels, kernel_size, stride, expand):
    activated = ("widen", "filter", "narrow")
    return Variant(in_channels, out_channels, kernel_size, stride, expand, activated=activated)


def filters_without_activation(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, activated=("widen",))


def widens_without_activation(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, activated=("filter",))


def norms_after_the_activation(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, norm_last=True)


def leaves_out_the_last_norm(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, without_norm=("narrow",))


def leaves_out_the_norm_of_the_filter(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, without_norm=("filter",))


def has_biases_in_convolutions(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, bias=True)


def mixes_channels_while_filtering(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, groups=1)


def strides_while_widening(in_channels, out_channels, kernel_size, stride, expand):
    where = "filter" if expand == 1 else "widen"
    return Variant(in_channels, out_channels, kernel_size, stride, expand, stride_in=where)


def strides_while_narrowing(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, stride_in="narrow")


def forgets_the_stride(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, stride_in="nowhere")


def pads_by_one(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(in_channels, out_channels, kernel_size, stride, expand, padding=1)


def widens_the_channels_that_come_out(in_channels, out_channels, kernel_size, stride, expand):
    wide = None if expand == 1 else out_channels * expand
    return Variant(in_channels, out_channels, kernel_size, stride, expand, wide=wide)


def has_no_shortcut(in_channels, out_channels, kernel_size, stride, expand):
    return Variant(
        in_channels, out_channels, kernel_size, stride, expand, shortcut=lambda x, out: out
    )


def thins_the_shortcut_out(in_channels, out_channels, kernel_size, stride, expand):
    def shortcut(x: Tensor, out: Tensor) -> Tensor:
        return out + x[:, :, ::stride, ::stride] if in_channels == out_channels else out

    return Variant(in_channels, out_channels, kernel_size, stride, expand, shortcut=shortcut)


class Projecting(nn.Module):
    """MBConv with a shortcut at any price, as a residual network has."""

    def __init__(self, in_channels, out_channels, kernel_size, stride, expand):
        super().__init__()
        self.inner = MBConv(in_channels, out_channels, kernel_size, stride, expand)
        self.projection = None
        if not self.inner.residual:
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) if self.projection is None else self.inner(x) + self.projection(x)


def projects_the_shortcut(in_channels, out_channels, kernel_size, stride, expand):
    return Projecting(in_channels, out_channels, kernel_size, stride, expand)


def adds_the_widened_channels(in_channels, out_channels, kernel_size, stride, expand):
    """Squeeze-excite with a shortcut of its own."""

    class Adding(SqueezeExcite):
        def forward(self, x: Tensor) -> Tensor:
            return x + super().forward(x)

    return Variant(in_channels, out_channels, kernel_size, stride, expand, weigh=Adding)


MBCONV = Exercise(
    reference=MBConv,
    points=4,
    minutes=45,
    difficulty="challenge",
    oracle=InOneBreath,
    run=Module(),
    cases=(
        Case("the block repeats itself", repeated, keeps="the case to think about first"),
        Case("expand is 1", without_widening),
        Case(
            "the number of channels changes",
            with_other_channels,
            keeps="the end of a stage, where nothing else changes",
        ),
        Case("the stride is 2 and the channels stay", strided),
        Case("the kernel is 5 × 5 and the stride 2", large_kernel),
        Case("there are fewer than four channels", few_channels, keeps="the least of one squeezed"),
    ),
    misconceptions=(
        Misconception(
            always_widens,
            "Where expand is 1, you still have the 1 × 1 convolution that widens. There is "
            "nothing to widen, so the block begins with the depthwise step.",
        ),
        Misconception(
            squeezes_from_the_wide_channels,
            "You squeeze to a quarter of the *widened* channels. The quarter is taken of the "
            "channels that enter the block.",
        ),
        Misconception(
            squeezes_by_sixteen,
            "You squeeze to a sixteenth of the widened channels, as the paper on squeeze-excite "
            "does. Here it is a quarter of the channels that enter the block.",
        ),
        Misconception(
            leaves_out_the_weighing,
            "There is no squeeze-excite in your block. It stands between the depthwise step and "
            "the narrowing.",
        ),
        Misconception(
            weighs_before_filtering,
            "Your squeeze-excite stands before the depthwise step. It weighs what that step has "
            "found.",
        ),
        Misconception(
            weighs_after_narrowing,
            "Your squeeze-excite stands behind the narrowing. It weighs the wide channels.",
        ),
        Misconception(
            has_relu_everywhere,
            "Your block has ReLU where SiLU is asked for: x times the sigmoid of x.",
        ),
        Misconception(
            has_relu_in_the_weighing_too,
            "Your block has ReLU in all places, in squeeze-excite too. SiLU is asked for: x times "
            "the sigmoid of x.",
        ),
        Misconception(
            weighs_with_relu_inside,
            "The squeeze-excite in your block has a ReLU between its layers. Mend exercise 2 "
            "first: SiLU stands there.",
        ),
        Misconception(
            goes_on_with_the_gate_alone,
            "The squeeze-excite in your block hands on its weights, and the map is lost. Mend "
            "exercise 2 first.",
        ),
        Misconception(
            has_relu6_everywhere,
            "Your block has ReLU6, as MobileNetV2 has. EfficientNet has SiLU.",
        ),
        Misconception(
            activates_the_end,
            "There is an activation behind the narrowing. That step stays linear: few channels "
            "cannot spare what an activation would throw away.",
        ),
        Misconception(
            filters_without_activation,
            "Behind the depthwise step and its BatchNorm the SiLU is missing.",
        ),
        Misconception(
            widens_without_activation,
            "Behind the widening and its BatchNorm the SiLU is missing.",
        ),
        Misconception(
            norms_after_the_activation,
            "You have convolution, SiLU, BatchNorm. BatchNorm comes before the activation.",
        ),
        Misconception(
            leaves_out_the_last_norm,
            "The narrowing convolution has no BatchNorm. No activation stands there, but the "
            "BatchNorm does.",
        ),
        Misconception(
            leaves_out_the_norm_of_the_filter, "The depthwise convolution has no BatchNorm."
        ),
        Misconception(
            has_biases_in_convolutions,
            "Your convolutions before BatchNorm have biases. BatchNorm takes the mean away, and "
            "with it any bias; it has one of its own. (Those in squeeze-excite stay.)",
        ),
        Misconception(
            mixes_channels_while_filtering,
            "Your middle convolution mixes the channels. Depthwise means that each is filtered "
            "alone: `groups`.",
        ),
        Misconception(
            strides_while_widening,
            "You take the stride in the widening convolution. A 1 × 1 convolution with a stride "
            "throws pixels away unseen; the depthwise step takes it.",
        ),
        Misconception(
            strides_while_narrowing,
            "You take the stride in the narrowing convolution. A 1 × 1 convolution with a stride "
            "throws away what has been computed; the depthwise step takes it.",
        ),
        Misconception(forgets_the_stride, "Your block forgets its stride. Which step takes it?"),
        Misconception(
            pads_by_one,
            "Your padding is 1 whatever the kernel. A 5 × 5 kernel needs 2: half of it, rounded "
            "down.",
        ),
        Misconception(
            widens_the_channels_that_come_out,
            "You widen to a multiple of out_channels. What is multiplied is in_channels.",
        ),
        Misconception(
            has_no_shortcut,
            "Your block never adds its input. Where it can (stride 1, as many channels out as in), "
            "it does.",
        ),
        Misconception(
            thins_the_shortcut_out,
            "With stride 2 you add every second pixel of the input. A block that changes the size "
            "has no shortcut.",
        ),
        Misconception(
            projects_the_shortcut,
            "You have a projection shortcut where the shape changes, as in ResNet. MBConv has "
            "none there.",
        ),
        Misconception(
            adds_the_widened_channels,
            "Your squeeze-excite adds its own input. The only shortcut leads around the whole "
            "block.",
        ),
    ),
    hints=(
        "Four steps: a 1 × 1 convolution that widens, a depthwise one that filters, "
        "squeeze-excite, and a 1 × 1 convolution that narrows. Write down the channels between "
        "them for MBConv(8, 8, 3, 1, 6).",
        "The first two convolutions are followed by BatchNorm and SiLU, the last by BatchNorm "
        "alone. None of the three has a bias. Squeeze-excite gets max(1, in_channels // 4).",
        "`groups=wide` makes a convolution depthwise; `kernel_size // 2` keeps the size. The input "
        "is added only where stride is 1 and in_channels equals out_channels.",
    ),
)

EXERCISES = (MBCONV,)
