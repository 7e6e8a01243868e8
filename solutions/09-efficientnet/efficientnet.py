# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # EfficientNet: the exercises
#
# Two layers, two rules for rounding, and two formulas. In the end your own block stands in a whole
# EfficientNet-B0. The ideas are in the [chapter on EfficientNet](../../book/09-efficientnet.md). Keep it
# open beside this notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(separable_ratio)`, then
# `hint(separable_ratio, 2)`.
#
# The check cells are locked, because your instructor grades with them. Work from top to bottom, and
# run this first:

# %%
try:
    from cnncourse import check, hint
except ModuleNotFoundError:  # Colab, for example, does not have the course's package yet.
    get_ipython().run_line_magic(
        "pip", "install --quiet git+https://github.com/cnncourse/cnncourse"
    )
    from cnncourse import check, hint

import math
from fractions import Fraction

import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# ## Exercise 1: what two small steps save
#
# *1 point, about 15 minutes.*
#
# A full convolution does two things at once: it looks at a patch, and it mixes the channels. A *depthwise
# separable* convolution does them one after the other. First a **depthwise** step: each input channel is
# filtered alone, with one kernel of its own. Then a **pointwise** step: a 1 × 1 convolution mixes the
# channels.
#
# Write `separable_ratio`. It returns what the two steps cost together, divided by what the full
# convolution costs.
#
# - Cost means products (multiply-accumulates). There are as many places and input channels in both.
#   Do they matter for the ratio?
# - `kernel_size` is an int, or a pair (height, width).
# - Biases do not count.
# - Return an exact `Fraction`: `Fraction(1, 3)` is one third.


# %% nbgrader={"grade": false, "grade_id": "separable_ratio-answer", "locked": false, "schema_version": 3, "solution": true}
def separable_ratio(kernel_size: int | tuple[int, int], out_channels: int) -> Fraction:
    """What a depthwise separable convolution costs beside a full one."""
    ### BEGIN SOLUTION
    height, width = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    depthwise = height * width
    pointwise = out_channels
    full = height * width * out_channels
    return Fraction(depthwise + pointwise, full)
    ### END SOLUTION


# %% [markdown]
# A 3 × 3 kernel and 9 filters. For each input channel the depthwise step needs 9 products, the pointwise
# step 9 more, and the full convolution 81. So this should say 18/81, which is 2/9:

# %% tags=["raises-exception"]
separable_ratio(3, 9)

# %% nbgrader={"grade": true, "grade_id": "separable_ratio", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(separable_ratio)

# %% [markdown]
# ## Exercise 2: squeeze and excite
#
# *2 points, about 25 minutes.*
#
# Some channels matter more for *this* picture than for others. Squeeze-excite lets the network turn
# channels up and down, picture by picture:
#
# 1. **Squeeze**: the mean of each channel over the whole image. That leaves one number for each channel.
# 2. **Excite**: a 1 × 1 convolution from `channels` to `squeezed` numbers, SiLU, and a 1 × 1 convolution
#    back to `channels`. A sigmoid turns each result into a weight between 0 and 1.
# 3. **Scale**: multiply each channel of the input by its weight.
#
# Write `SqueezeExcite`.
#
# - `x` has the shape (N, channels, H, W), and so has the result.
# - Both 1 × 1 convolutions have a bias. (On one number for each channel, a linear layer is the same thing
#   and just as right.)
# - SiLU is `F.silu`: x times the sigmoid of x.
# - How you call the layers does not matter. The check fills in weights of its own.


# %% nbgrader={"grade": false, "grade_id": "SqueezeExcite-answer", "locked": false, "schema_version": 3, "solution": true}
class SqueezeExcite(nn.Module):
    """Weigh the channels. x (N, channels, H, W) -> the same shape"""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.squeeze = nn.Conv2d(channels, squeezed, kernel_size=1)
        self.excite = nn.Conv2d(squeezed, channels, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        means = x.mean((2, 3), keepdim=True)  # (N, channels, 1, 1)
        scores = self.excite(F.silu(self.squeeze(means)))
        return x * torch.sigmoid(scores)
        ### END SOLUTION


# %% [markdown]
# The shape stays, so this should say `torch.Size([2, 6, 4, 5])`:

# %% tags=["raises-exception"]
SqueezeExcite(channels=6, squeezed=2)(torch.randn(2, 6, 4, 5)).shape

# %% [markdown]
# And what did it do? Divide the output by the input, and look at one picture. Each channel should have been
# multiplied by a single number between 0 and 1:

# %% tags=["raises-exception", "demo"]
x = torch.randn(1, 6, 4, 5)
weights = SqueezeExcite(channels=6, squeezed=2)(x) / x
for channel in range(6):
    one = weights[0, channel]
    print(f"channel {channel}: from {one.min():.4f} to {one.max():.4f}")

# %% nbgrader={"grade": true, "grade_id": "SqueezeExcite", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(SqueezeExcite)

# %% [markdown]
# ## Exercise 3: the block
#
# *4 points, about 45 minutes.*
#
# EfficientNet is a stack of one kind of block, **MBConv**. Its name says *mobile inverted bottleneck*: it is
# narrow at both ends and wide in the middle. In this order:
#
# | step | layer | channels | then |
# |---|---|---|---|
# | widen | 1 × 1 convolution | in → wide | BatchNorm, SiLU |
# | filter | depthwise convolution, `kernel_size`, `stride` | wide → wide | BatchNorm, SiLU |
# | weigh | squeeze-excite | wide → wide | |
# | narrow | 1 × 1 convolution | wide → out | BatchNorm |
#
# Write `MBConv`.
#
# - *wide* is in_channels times `expand`. **Where `expand` is 1, the first step is left out.**
# - Squeeze-excite squeezes to a quarter of **in_channels** (not of *wide*), rounded down, and at least 1.
#   Use yours from exercise 2, and let its check pass first: what is wrong in there is wrong in here.
# - Behind the last BatchNorm there is no activation.
# - Where `stride` is 1 and out_channels equals in_channels, the input is added at the end.
# - The depthwise convolution pads with half its kernel: `kernel_size // 2`.
# - The three convolutions have no bias. BatchNorm is `nn.BatchNorm2d` as it comes.
#
# (The published network also leaves out whole blocks at random while it trains, *stochastic depth*. Leave
# that away.)


# %% nbgrader={"grade": false, "grade_id": "MBConv-answer", "locked": false, "schema_version": 3, "solution": true}
class MBConv(nn.Module):
    """EfficientNet's block. (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)"""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expand: int,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        wide = in_channels * expand
        layers = []
        if expand != 1:
            layers.append(nn.Conv2d(in_channels, wide, 1, bias=False))
            layers.append(nn.BatchNorm2d(wide))
            layers.append(nn.SiLU())
        padding = kernel_size // 2
        layers.append(nn.Conv2d(wide, wide, kernel_size, stride, padding, groups=wide, bias=False))
        layers.append(nn.BatchNorm2d(wide))
        layers.append(nn.SiLU())
        layers.append(SqueezeExcite(wide, max(1, in_channels // 4)))
        layers.append(nn.Conv2d(wide, out_channels, 1, bias=False))
        layers.append(nn.BatchNorm2d(out_channels))
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.layers(x)
        return x + out if self.adds else out
        ### END SOLUTION


# %% [markdown]
# With stride 2, a map of 8 × 8 becomes one of 4 × 4, so this should say `torch.Size([2, 24, 4, 4])`:

# %% tags=["raises-exception"]
MBConv(16, 24, kernel_size=3, stride=2, expand=6)(torch.randn(2, 16, 8, 8)).shape

# %% [markdown]
# Count what it has to learn, and compare with a sum on paper. Widening: 16 · 96. Filtering: 96 · 9.
# Squeeze-excite: 96 · 4 + 4 and 4 · 96 + 96. Narrowing: 96 · 24. And two numbers for each channel that a
# BatchNorm gets: 96, 96, and 24. Together that is 6004.

# %% tags=["raises-exception"]
sum(parameter.numel() for parameter in MBConv(16, 24, 3, 2, 6).parameters())

# %% nbgrader={"grade": true, "grade_id": "MBConv", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(MBConv)

# %% [markdown]
# ## Exercise 4: channels that fit
#
# *2 points, about 20 minutes.*
#
# Make a layer of 24 channels 1.1 times as wide, and you get 26.4 channels. Machines like multiples of 8. So
# the number is rounded:
#
# 1. Multiply the channels by the width.
# 2. Take the **nearest multiple** of `divisor`. Half way between two, take the upper one.
# 3. Take **at least** `divisor`.
# 4. If that is less than 0.9 times the product of step 1, too much would be lost: take **one multiple more**.
#
# Write `round_filters`. It returns an int.


# %% nbgrader={"grade": false, "grade_id": "round_filters-answer", "locked": false, "schema_version": 3, "solution": true}
def round_filters(channels: int, width: float, divisor: int = 8) -> int:
    """Channels times width, as a multiple of the divisor."""
    ### BEGIN SOLUTION
    scaled = channels * width
    multiples = math.floor(scaled / divisor + 0.5)
    rounded = max(1, multiples) * divisor
    if rounded < 0.9 * scaled:
        rounded += divisor
    return rounded
    ### END SOLUTION


# %% [markdown]
# 35.2 lies between 32 and 40, and 32 is nearer. 33.6 is near to 32, too. But 10.5 would become 8, which is
# less than 0.9 · 10.5 = 9.45, so it becomes 16. This should say 32, 32 and 16:

# %% tags=["raises-exception"]
round_filters(32, 1.1), round_filters(24, 1.4), round_filters(7, 1.5)

# %% nbgrader={"grade": true, "grade_id": "round_filters", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(round_filters)

# %% [markdown]
# ## Exercise 5: layers that are whole
#
# *1 point, about 10 minutes.*
#
# A stage repeats its block some times. Make the network deeper, and the number of repeats is multiplied and
# **rounded up**: a part of a block cannot be built.
#
# Write `round_repeats`. It returns an int.


# %% nbgrader={"grade": false, "grade_id": "round_repeats-answer", "locked": false, "schema_version": 3, "solution": true}
def round_repeats(repeats: int, depth: float) -> int:
    """Repeats times depth, rounded up."""
    ### BEGIN SOLUTION
    return math.ceil(repeats * depth)
    ### END SOLUTION


# %% [markdown]
# 2 · 1.1 is 2.2, which makes 3 blocks. 4 · 3.1 is 12.4, which makes 13:

# %% tags=["raises-exception"]
round_repeats(2, 1.1), round_repeats(4, 3.1)

# %% nbgrader={"grade": true, "grade_id": "round_repeats", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(round_repeats)

# %% [markdown]
# ## Exercise 6: one number for all
#
# *2 points, about 15 minutes.*
#
# You may spend more computing time on a network. Do you make it deeper, wider, or feed it larger pictures?
# *Compound scaling* says: a little of each. One step makes it `alpha` times as deep and `beta` times as wide,
# and its pictures `gamma` times as large on each side. `phi` is the number of steps.
#
# Write `compound_scale`.
#
# - It returns four multipliers: depth, width, resolution, and flops.
# - `phi` may be any number, 1.5 for example.
# - *flops* says how many times as much the network computes. Think of one convolution: how does its number of
#   products grow with its channels (in *and* out), and with the sides of the map? And how with the number of
#   layers?
# - Nothing is rounded here.


# %% nbgrader={"grade": false, "grade_id": "compound_scale-answer", "locked": false, "schema_version": 3, "solution": true}
def compound_scale(
    phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15
) -> tuple[float, float, float, float]:
    """-> (depth, width, resolution, flops), all as multiples of the network at phi = 0"""
    ### BEGIN SOLUTION
    depth = alpha**phi
    width = beta**phi
    resolution = gamma**phi
    flops = depth * width**2 * resolution**2
    return depth, width, resolution, flops
    ### END SOLUTION


# %% [markdown]
# One step. The first three numbers are alpha, beta and gamma themselves, and the fourth is about 1.92:

# %% tags=["raises-exception"]
compound_scale(1)

# %% nbgrader={"grade": true, "grade_id": "compound_scale", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(compound_scale)

# %% [markdown]
# ## Your EfficientNet
#
# Nothing here is graded. This is the plan of EfficientNet-B0: for each stage its block's expand, kernel and
# stride, its channels, and how often it is repeated. Everything else in the network is yours.

# %%
STAGES = [  # expand, kernel, stride, channels, repeats
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
]


def my_efficientnet(width: float = 1.0, depth: float = 1.0, classes: int = 1000) -> nn.Module:
    """Built from your own block and your own rules for rounding."""

    def plain(inside: int, outside: int, kernel: int, stride: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False)
        return [convolution, nn.BatchNorm2d(outside), nn.SiLU()]

    channels = round_filters(32, width)
    layers = plain(3, channels, 3, 2)
    for expand, kernel, stride, wanted, repeats in STAGES:
        after = round_filters(wanted, width)
        for number in range(round_repeats(repeats, depth)):
            layers.append(MBConv(channels, after, kernel, 1 if number else stride, expand))
            channels = after
    layers += plain(channels, 4 * channels, 1, 1)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * channels, classes)]
    return nn.Sequential(*layers, *head)


# %% [markdown]
# Does it have as many parameters as the published ones? Nothing is computed here: on the device `meta`,
# tensors have shapes and no numbers. `width` and `depth` are the published multipliers.

# %% tags=["raises-exception", "demo"]
from cnncourse import models

published = {"efficientnet_b0": (1.0, 1.0), "efficientnet_b2": (1.1, 1.2)}
for name, (width, depth) in published.items():
    with torch.device("meta"):
        mine, theirs = my_efficientnet(width, depth), getattr(models, name)()
    counts = [sum(p.numel() for p in model.parameters()) for model in (mine, theirs)]
    print(f"{name}: yours {counts[0]:,}, published {counts[1]:,}")

# %% [markdown]
# And does it compute the same? Pour the weights of the course's EfficientNet-B0 into yours, in order, and give
# the same picture to both.

# %% tags=["raises-exception", "demo"]
mine, theirs = my_efficientnet().eval(), models.efficientnet_b0().eval()
values = [*theirs.parameters(), *(b for b in theirs.buffers() if b.dim())]
places = [*mine.parameters(), *(b for b in mine.buffers() if b.dim())]
with torch.no_grad():
    for place, value in zip(places, values, strict=True):
        place.copy_(value.reshape(place.shape))
    picture = torch.randn(1, 3, 64, 64)
    print("largest difference:", (mine(picture) - theirs(picture)).abs().max().item())

# %% [markdown]
# What do the steps of your `compound_scale` cost? On a logarithmic axis, every step is as high as the one before:

# %% tags=["raises-exception", "demo"]
steps = [phi / 2 for phi in range(15)]
costs = [compound_scale(phi)[3] for phi in steps]
plt.figure(figsize=(4, 3))
plt.semilogy(steps, costs, "o-")
plt.xlabel("phi")
plt.ylabel("times as much to compute")
plt.show()
