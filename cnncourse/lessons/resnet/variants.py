"""Blocks with one thing wrong, made from a right one.

What is said here is true of both blocks, with two layers or with three.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.grading.contract import Misconception
from cnncourse.grading.question import Judged
from cnncourse.lessons.resnet import norms

Forward = Callable[[nn.Module, Tensor], Tensor]
Change = Callable[[nn.Module, int, int, int], None]


def goes_another_way(base: type[nn.Module], forward: Forward) -> type[nn.Module]:
    """The block with another forward pass."""
    return type(forward.__name__, (base,), {"forward": forward})


def is_changed(base: type[nn.Module], change: Change) -> type[nn.Module]:
    """The block with something done to it after it was built.

    change: gets the block, its channels before and behind, and its stride.
    """

    class Changed(base):
        def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
            super().__init__(in_channels, out_channels, stride)
            change(self, in_channels, out_channels * self.expansion, stride)

    Changed.__name__ = change.__name__
    return Changed


def has_other_norms(base: type[nn.Module], norm: type[nn.Module]) -> type[nn.Module]:
    """The block with another BatchNorm everywhere."""

    class Changed(base):
        def __init__(self, *sizes: int, **options: int) -> None:
            super().__init__(*sizes, **options)
            for name, one in list(self.named_modules()):
                if isinstance(one, nn.BatchNorm2d):
                    self.set_submodule(name, norm(one.num_features))

    Changed.__name__ = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", norm.__name__).lower()
    return Changed


def layers(block: nn.Module) -> list[tuple[nn.Conv2d, nn.Module]]:
    """The convolutions of a block's own way, each with its BatchNorm."""
    return [
        (getattr(block, f"conv{place}"), getattr(block, f"bn{place}"))
        for place in (1, 2, 3)
        if hasattr(block, f"conv{place}")
    ]


def inner(block: nn.Module, x: Tensor) -> Tensor:
    """The block's own way, up to the sum."""
    *first, (conv, bn) = layers(block)
    for before, norm in first:
        x = F.relu(norm(before(x)))
    return bn(conv(x))


def forgets_the_shortcut(self, x):
    return F.relu(inner(self, x))


def adds_behind_the_relu(self, x):
    return F.relu(inner(self, x)) + self.downsample(x)


def forgets_the_last_relu(self, x):
    return inner(self, x) + self.downsample(x)


def forgets_the_inner_relu(self, x):
    out = x
    for conv, bn in layers(self):
        out = bn(conv(out))
    return F.relu(out + self.downsample(x))


def multiplies_the_two_ways(self, x):
    return F.relu(inner(self, x) * self.downsample(x))


def subtracts_the_shortcut(self, x):
    return F.relu(inner(self, x) - self.downsample(x))


def takes_what_it_lacks(self, x):
    return F.relu(self.downsample(x) - inner(self, x))


def takes_the_mean_of_both(self, x):
    return F.relu((inner(self, x) + self.downsample(x)) / 2)


def detaches_the_shortcut(self, x):
    return F.relu(inner(self, x) + self.downsample(x).detach())


def rectifies_before_the_norm(self, x):
    out = x
    for conv, bn in layers(self)[:-1]:
        out = bn(F.relu(conv(out)))
    conv, bn = layers(self)[-1]
    return F.relu(bn(conv(out)) + self.downsample(x))


def normalises_behind_the_sum(self, x):
    *first, (conv, bn) = layers(self)
    out = x
    for before, norm in first:
        out = F.relu(norm(before(out)))
    return F.relu(bn(conv(out) + self.downsample(x)))


def rectifies_the_last_layer_too(self, x):
    return F.relu(F.relu(inner(self, x)) + self.downsample(x))


def rectifies_the_shortcut(self, x):
    return F.relu(inner(self, x) + F.relu(self.downsample(x)))


def adds_the_shortcut_to_itself(self, x):
    side = self.downsample(x)
    return F.relu(side + side)


def returns_zeros(self, x):
    return torch.zeros_like(inner(self, x))


def gives_convolutions_a_bias(block, in_channels, out_channels, stride):
    for name, one in list(block.named_modules()):
        if isinstance(one, nn.Conv2d):
            sizes = (one.in_channels, one.out_channels, one.kernel_size)
            block.set_submodule(name, nn.Conv2d(*sizes, one.stride, one.padding))


def strides_in_the_last_layer(block, in_channels, out_channels, stride):
    for conv, _ in layers(block):
        conv.stride = (1, 1)
    layers(block)[-1][0].stride = (stride, stride)


def always_projects(block, in_channels, out_channels, stride):
    block.downsample = projection(in_channels, out_channels, stride)


def forgets_the_norm_of_the_projection(block, in_channels, out_channels, stride):
    if isinstance(block.downsample, nn.Sequential):
        block.downsample = block.downsample[0]


def forgets_the_norms(block, in_channels, out_channels, stride):
    for name, one in list(block.named_modules()):
        if isinstance(one, nn.BatchNorm2d):
            block.set_submodule(name, nn.Identity())


def never_projects(block, in_channels, out_channels, stride):
    block.downsample = nn.Identity()


def projects_only_for_a_stride(block, in_channels, out_channels, stride):
    if stride == 1:
        block.downsample = nn.Identity()


def projects_only_for_new_channels(block, in_channels, out_channels, stride):
    if in_channels == out_channels:
        block.downsample = nn.Identity()


def takes_pixels_instead_of_projecting(block, in_channels, out_channels, stride):
    if isinstance(block.downsample, nn.Sequential):
        block.downsample = TakeAndPad(out_channels, stride)


def projects_with_nine_pixels(block, in_channels, out_channels, stride):
    if isinstance(block.downsample, nn.Sequential):
        block.downsample[0] = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


class TakeAndPad(nn.Module):
    """The paper's option A: every second pixel, and zeros for the channels that are new."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


FORWARDS: dict[Forward, str] = {
    forgets_the_shortcut: (
        "There is no shortcut in your block: x never reaches the end. Without it, this is a plain "
        "network again."
    ),
    adds_behind_the_relu: (
        "You add the shortcut behind the last ReLU. Then nothing negative is ever added to it, "
        "and the sum can only grow from block to block. The ReLU comes after the sum."
    ),
    forgets_the_last_relu: (
        "Your sum leaves the block as it is. One ReLU more, after the sum, and the next block "
        "gets what it expects."
    ),
    forgets_the_inner_relu: (
        "There is no ReLU between your convolutions. Two weighted sums in a row are one weighted "
        "sum, whatever their number."
    ),
    multiplies_the_two_ways: (
        "You multiply the two ways. Where one of them is near zero, nothing passes: that is a "
        "gate, not a shortcut."
    ),
    subtracts_the_shortcut: (
        "You subtract the shortcut. The layers are to say what is *new*, and x itself is kept."
    ),
    takes_what_it_lacks: (
        "You subtract the layers from the shortcut. Both ways come in with a plus."
    ),
    takes_the_mean_of_both: (
        "You halve the sum. A factor on the shortcut is taken once for each block: after 50 "
        "blocks, what would be left of x?"
    ),
    detaches_the_shortcut: (
        "The outputs are right, but no gradient goes back through your shortcut (`detach`, "
        "`no_grad` or `.data`). That is the way it is there for."
    ),
    rectifies_before_the_norm: (
        "Your ReLU stands before the BatchNorm. The order in a layer is convolution, BatchNorm, "
        "ReLU: what is brought to mean zero first is cut in half evenly."
    ),
    normalises_behind_the_sum: (
        "Your last BatchNorm stands behind the sum, so it changes the shortcut, too. x should "
        "pass untouched."
    ),
    rectifies_the_last_layer_too: (
        "There is a ReLU between your last BatchNorm and the sum. Then the layers can only add, "
        "never take away. The last ReLU comes after the sum, and only there."
    ),
    rectifies_the_shortcut: (
        "You put a ReLU on the shortcut. It should pass what comes, the negative too."
    ),
    adds_the_shortcut_to_itself: (
        "You add the shortcut to itself: what the layers worked out is never used. Look at the "
        "names on both sides of your plus."
    ),
    returns_zeros: "Your block returns nothing but zeros, whatever comes in.",
}
CHANGES: dict[Change, str] = {
    gives_convolutions_a_bias: (
        "Your convolutions have a bias. BatchNorm takes the mean away at once, and a bias with it, "
        "and has a summand of its own: `bias=False`."
    ),
    always_projects: (
        "You project in every block. Where the shape stays, the shortcut is x itself, with nothing "
        "to learn on it: that is what keeps the way open."
    ),
    forgets_the_norm_of_the_projection: (
        "Your projection has no BatchNorm behind its convolution. So the two ways that you add are "
        "not of a size."
    ),
    forgets_the_norms: "There is no BatchNorm in your block. One stands behind each convolution.",
    never_projects: (
        "You add x as it is, always. Where the size or the number of channels changes, it does not "
        "fit: there the shortcut needs a projection."
    ),
    projects_only_for_a_stride: (
        "You project only where there is a stride. The number of channels can change without one."
    ),
    projects_only_for_new_channels: (
        "You project only where the number of channels changes. With a stride, x is larger than "
        "what it is added to."
    ),
    takes_pixels_instead_of_projecting: (
        "Where the shape changes you take every second pixel and fill up with zeros. That is the "
        "paper's option A, for small images. Here a 1 × 1 convolution with BatchNorm was asked for."
    ),
    projects_with_nine_pixels: (
        "Your projection looks at 3 × 3 pixels. It is to change channels and size, not to look "
        "around: 1 × 1."
    ),
}


def fails_exactly_where(
    crashes: Callable[[bool, bool], bool],
) -> Callable[[Sequence[Judged]], bool]:
    """Whether the sum does not fit just where, with (new channels, a stride), it is said to."""

    def sign(judged: Sequence[Judged]) -> bool:
        return all(
            one.crashed == crashes(*changes_in(one))
            and (one.passed or "must match the size" in one.made.error.message)
            for one in judged
        )

    return sign


def changes_in(one: Judged) -> tuple[bool, bool]:
    """Whether a case asks for another number of channels, and for a stride."""
    sizes = one.question.arguments()
    behind = sizes.get("out_channels", 4 * sizes.get("width", 0))
    return sizes["in_channels"] != behind, sizes.get("stride", 1) != 1


# Which of two summands is named first in the error is nobody's belief.
SIGNS = {
    never_projects: fails_exactly_where(lambda channels, stride: channels or stride),
    projects_only_for_a_stride: fails_exactly_where(
        lambda channels, stride: not stride and channels
    ),
    projects_only_for_new_channels: fails_exactly_where(
        lambda channels, stride: stride and not channels
    ),
}


def misconceptions(base: type[nn.Module]) -> tuple[Misconception, ...]:
    """Everything that this file and `norms` know to be wrong, done to one block."""
    return (
        *(Misconception(goes_another_way(base, one), say) for one, say in FORWARDS.items()),
        *(
            Misconception(is_changed(base, one), say, SIGNS.get(one))
            for one, say in CHANGES.items()
        ),
        *(Misconception(has_other_norms(base, one), say) for one, say in norms.BELIEFS.items()),
    )
