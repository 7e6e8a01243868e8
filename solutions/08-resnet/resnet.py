# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # ResNet: the exercises
#
# Two blocks, a whole network made of them, and three ways to look at it. The ideas are in the [chapter on
# residual networks](../../book/08-resnet.md). Keep it open beside this notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(BasicBlock)`, then
# `hint(BasicBlock, 2)`.
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

import copy

import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# ## Exercise 1: two layers and a way around them
#
# *3 points, about 40 minutes.*
#
# A layer here is a convolution, then BatchNorm, then ReLU. A basic block has two of them. What came in goes
# around both on a *shortcut* and is added at the end:
#
# ```
#            ┌──────────────── shortcut ────────────────┐
#        x ──┤                                          + ── ReLU ──▶
#            └─ 3 × 3 ─ BatchNorm ─ ReLU ─ 3 × 3 ─ BatchNorm ─┘
# ```
#
# Write `BasicBlock`: the rest of `__init__`, and `forward`.
#
# - Both convolutions are 3 × 3 and keep the size, so `padding=1`. The first one has the stride. Neither has a
#   bias, because BatchNorm has one.
# - The shortcut is x itself **wherever x has the right shape**. Only if the stride is not 1, or the number of
#   channels changes, it is a *projection*: a 1 × 1 convolution with that stride and without a bias, and
#   a BatchNorm.
# - The second ReLU comes after the sum.
# - Everything that the library has is allowed. Name your layers as you like.
#
# The check builds your block, puts random numbers into its parameters, and compares outputs and gradients, in train
# mode and in eval mode. So it sees what the block *does*, not only the shape of what it returns.


# %% nbgrader={"grade": false, "grade_id": "BasicBlock-answer", "locked": false, "schema_version": 3, "solution": true}
class BasicBlock(nn.Module):
    """Two layers and a way around them. (N, in, H, W) -> (N, out, H / stride, W / stride)"""

    expansion = 1  # how many times `out_channels` the block returns; `resnet` will ask for it

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.downsample(x))
        ### END SOLUTION


# %% [markdown]
# Between 8 and 8 channels with stride 1, there are two 3 × 3 convolutions and two BatchNorms: 2 · (9 · 8 · 8) +
# 2 · (2 · 8) = 1184 parameters. With 8 channels in, 16 out and stride 2, a picture of 8 × 6 becomes 4 × 3:

# %% tags=["raises-exception"]
print("parameters:", sum(parameter.numel() for parameter in BasicBlock(8, 8).parameters()))
print("shape:", tuple(BasicBlock(8, 16, stride=2)(torch.zeros(2, 8, 8, 6)).shape))

# %% nbgrader={"grade": true, "grade_id": "BasicBlock", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(BasicBlock)

# %% [markdown]
# ## Exercise 2: narrow, look, wide again
#
# *3 points, about 30 minutes.*
#
# In deep networks a 3 × 3 convolution on many channels is expensive. A *bottleneck* first makes the channels
# few, looks around there, and makes them many again. In and out, it is four times as wide as in its middle:
#
# ```
# 1 × 1 to `width` ─ BatchNorm ─ ReLU ─ 3 × 3 ─ BatchNorm ─ ReLU ─ 1 × 1 to 4 · `width` ─ BatchNorm
# ```
#
# Write `Bottleneck`.
#
# - `width` is the number of channels in the middle. The block returns `4 * width` channels.
# - The stride is in the 3 × 3 convolution. No convolution has a bias.
# - The shortcut is as before: x itself where that fits, a projection where it does not. The last ReLU comes
#   after the sum.


# %% nbgrader={"grade": false, "grade_id": "Bottleneck-answer", "locked": false, "schema_version": 3, "solution": true}
class Bottleneck(nn.Module):
    """Narrow, 3 x 3, wide again. (N, in, H, W) -> (N, 4 width, H / stride, W / stride)"""

    expansion = 4  # how many times `width` the block returns

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        out_channels = 4 * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.downsample(x))
        ### END SOLUTION


# %% [markdown]
# 256 channels in and out, 64 in the middle. The three convolutions have 256 · 64 + 9 · 64 · 64 + 64 · 256 weights,
# and the BatchNorms 2 · (64 + 64 + 256): 70 400 parameters. A basic block of 256 channels has 1 180 672.

# %% tags=["raises-exception"]
print("bottleneck:", sum(parameter.numel() for parameter in Bottleneck(256, 64).parameters()))
print("basic:", sum(parameter.numel() for parameter in BasicBlock(256, 256).parameters()))

# %% nbgrader={"grade": true, "grade_id": "Bottleneck", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(Bottleneck)

# %% [markdown]
# ## Exercise 3: a whole network
#
# *4 points, about 50 minutes.*
#
# A ResNet for photographs is a first look, four stages of blocks, and a last word:
#
# | part | what it is | channels after it |
# |---|---|---|
# | first look | 7 × 7 convolution, stride 2, padding 3, no bias; BatchNorm; ReLU; max pooling 3 × 3, stride 2, padding 1 | 64 |
# | stage 1 | `layers[0]` blocks of width 64, all with stride 1 | 64 · `expansion` |
# | stage 2 | `layers[1]` blocks of width 128, the first with stride 2 | 128 · `expansion` |
# | stage 3 | `layers[2]` blocks of width 256, the first with stride 2 | 256 · `expansion` |
# | stage 4 | `layers[3]` blocks of width 512, the first with stride 2 | 512 · `expansion` |
# | last word | the average of each map; a linear layer to `classes` scores | |
#
# Write `resnet`. It returns an `nn.Module`.
#
# - `block` is a class: call `block(in_channels, width, stride)`, and ask `block.expansion` by how much its
#   output is wider than `width`. It may be `BasicBlock`, `Bottleneck`, or something else of the kind. The check
#   hands in a very simple block of its own, so what you did above does not matter here.
# - The result takes images `(N, 3, H, W)` of **any** size from 32 pixels up and returns scores `(N, classes)`,
#   without a softmax.
# - Leave the list `layers` as it is.
#
# You may write a class of your own in the same cell, or put everything into one `nn.Sequential`.


# %% nbgrader={"grade": false, "grade_id": "resnet-answer", "locked": false, "schema_version": 3, "solution": true}
def resnet(block: type[nn.Module], layers: list[int], classes: int = 1000) -> nn.Module:
    """A residual network for photographs. (N, 3, H, W) -> (N, classes)"""
    ### BEGIN SOLUTION
    model = nn.Sequential()
    model.add_module("conv1", nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False))
    model.add_module("bn1", nn.BatchNorm2d(64))
    model.add_module("relu", nn.ReLU())
    model.add_module("maxpool", nn.MaxPool2d(3, stride=2, padding=1))
    channels = 64
    for place in range(4):
        width = 64 * 2**place
        stage = nn.Sequential()
        for number in range(layers[place]):
            stride = 2 if place > 0 and number == 0 else 1
            stage.append(block(channels, width, stride))
            channels = width * block.expansion
        model.add_module(f"layer{place + 1}", stage)
    model.add_module("avgpool", nn.AdaptiveAvgPool2d(1))
    model.add_module("flatten", nn.Flatten())
    model.add_module("fc", nn.Linear(channels, classes))
    return model
    ### END SOLUTION


# %% [markdown]
# With your own blocks, [2, 2, 2, 2] basic ones make ResNet-18, and [3, 4, 6, 3] bottlenecks make ResNet-50. They
# have 11 689 512 and 25 557 032 parameters. (On the device "meta", tensors have a shape but no memory, so this
# takes no time.)


# %% tags=["raises-exception"]
def parameters_of(block: type[nn.Module], layers: list[int]) -> int:
    """How many parameters a network of these blocks has."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in resnet(block, layers).parameters())


print(f"ResNet-18: {parameters_of(BasicBlock, [2, 2, 2, 2]):,}")
print(f"ResNet-50: {parameters_of(Bottleneck, [3, 4, 6, 3]):,}")

# %% nbgrader={"grade": true, "grade_id": "resnet", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(resnet)

# %% [markdown]
# ### Would the published weights fit?
#
# Nothing here is graded. Weights that others have trained come as a list of names with a tensor for each. They fit into
# your network if it uses the same names: `conv1`, `bn1`, `layer1` to `layer4`, `fc`; in a block `conv1`, `bn1`,
# `conv2`, `bn2`, and for the projection `downsample.0` and `downsample.1`. Here are the names that `torchvision`,
# the library of the published weights, has for ResNet-18. How many of them does yours have?


# %% tags=["raises-exception", "demo"]
def published(layers: list[int], convolutions: int) -> set[str]:
    """The names of all parameters in torchvision's ResNets."""
    first = ["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"]
    names = set(first)
    for stage, count in enumerate(layers, start=1):
        for block in range(count):
            where = f"layer{stage}.{block}"
            for place in range(1, convolutions + 1):
                names |= {f"{where}.conv{place}.weight", f"{where}.bn{place}.weight"}
                names |= {f"{where}.bn{place}.bias"}
        # A bottleneck changes the number of channels in the first stage as well.
        if stage > 1 or convolutions == 3:
            where = f"layer{stage}.0.downsample"
            names |= {f"{where}.0.weight", f"{where}.1.weight", f"{where}.1.bias"}
    return names


for name, block, layers, convolutions in (
    ("ResNet-18", BasicBlock, [2, 2, 2, 2], 2),
    ("ResNet-50", Bottleneck, [3, 4, 6, 3], 3),
):
    with torch.device("meta"):
        yours = {name for name, _ in resnet(block, layers).named_parameters()}
    theirs = published(layers, convolutions)
    print(f"{name}: {len(yours & theirs)} of {len(theirs)} names are the same.")
    if yours != theirs:
        print("   only in yours:    ", ", ".join(sorted(yours - theirs)[:4]), "...")
        print("   only in theirs:   ", ", ".join(sorted(theirs - yours)[:4]), "...")

# %% [markdown]
# ## Exercise 4: the gradient from end to end
#
# *2 points, about 25 minutes.*
#
# Does the gradient that reaches the first layer still have the size that it has at the last one? Divide the one by the
# other. Far below 1, it has vanished on its way back. Far above, it has exploded.
#
# Write `gradient_ratio`. It returns a number.
#
# - The loss is `loss(model(x))`.
# - Look at the parameters in the order of `model.parameters()`, but only at those with **two axes or more**:
#   the weights. Biases and the factors of BatchNorm have one.
# - Return the norm of the gradient at the first of them, divided by that at the last. A norm is the root of the sum of
#   squares, `.norm()`.
# - Use the network in the mode that it is in.
# - **Leave it as it was**: no new gradients, no other mode. In train mode BatchNorm remembers each batch that
#   passes, so work with a copy.


# %% nbgrader={"grade": false, "grade_id": "gradient_ratio-answer", "locked": false, "schema_version": 3, "solution": true}
def gradient_ratio(model: nn.Module, x: torch.Tensor, loss) -> float:
    """How large the gradient is at the first weight, compared with the last."""
    ### BEGIN SOLUTION
    model = copy.deepcopy(model)
    weights = [parameter for parameter in model.parameters() if parameter.dim() >= 2]
    value = loss(model(x))
    first, last = torch.autograd.grad(value, [weights[0], weights[-1]])
    return (first.norm() / last.norm()).item()
    ### END SOLUTION


# %% [markdown]
# Two layers with one weight each, 1 and then 3, and the input 1. The output is 3 · (1 · 1). A change of the first
# weight is multiplied by 3 on its way to the output, one of the second by 1. So this should say 3:

# %% tags=["raises-exception"]
two = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
nn.init.constant_(two[0].weight, 1.0)
nn.init.constant_(two[1].weight, 3.0)
gradient_ratio(two, torch.ones(1, 1), torch.sum)

# %% nbgrader={"grade": true, "grade_id": "gradient_ratio", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(gradient_ratio)


# %% [markdown]
# ### See what a shortcut does
#
# Nothing here is graded. *Your* ratio for networks of 5 to 50 of *your* blocks, and for the same without shortcuts.
# Both have BatchNorm. Which of the two lines would you rather train?


# %% tags=["raises-exception", "demo"]
class Plain(nn.Module):
    """A basic block that nothing goes around."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = BasicBlock(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = list(self.block.modules())
        convolutions = [one for one in parts if isinstance(one, nn.Conv2d)]
        norms = [one for one in parts if isinstance(one, nn.BatchNorm2d)]
        for convolution, norm in zip(convolutions, norms, strict=True):
            x = F.relu(norm(convolution(x)))
        return x


chance = torch.Generator().manual_seed(0)
x, wanted = torch.randn(2, 16, 8, 6, 6, generator=chance)
depths = (5, 10, 20, 30, 50)
for name, make in (("plain", lambda: Plain(8)), ("residual", lambda: BasicBlock(8, 8))):
    ratios = [
        gradient_ratio(
            nn.Sequential(*(make() for _ in range(depth))), x, lambda out: F.mse_loss(out, wanted)
        )
        for depth in depths
    ]
    plt.semilogy(depths, ratios, "o-", label=name)
plt.xlabel("blocks")
plt.ylabel("first gradient / last gradient")
plt.legend()
plt.show()

# %% [markdown]
# ## Exercise 5: BatchNorm for free
#
# *3 points, about 30 minutes.*
#
# In eval mode, BatchNorm does to every channel $y$ the same, whatever the image:
#
# $$
# \frac{y - \text{mean}}{\sqrt{\text{var} + \text{eps}}} \cdot \text{weight} + \text{bias}
# $$
#
# That is one number times $y$, plus another number. The convolution before it can do both by itself. So when a network
# is only used and no longer trained, its BatchNorms need not be there.
#
# Write `fold_batch_norm`. It returns **one new** `nn.Conv2d`.
#
# - It does what `conv` and then `bn` do **in eval mode**, whichever mode they are in.
# - `bn.running_mean`, `bn.running_var`, `bn.eps`, `bn.weight` and `bn.bias` are what you need of the one. The other has a
#   `weight` of shape `(F, C, kh, kw)`, and a `bias` that may be `None`.
# - The new one keeps stride, padding, dilation, groups, everything. (A deep copy of `conv` has all that already.
#   `nn.Parameter(tensor)` makes a new parameter.)
# - Leave `conv` and `bn` as they are.


# %% nbgrader={"grade": false, "grade_id": "fold_batch_norm-answer", "locked": false, "schema_version": 3, "solution": true}
def fold_batch_norm(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> nn.Conv2d:
    """One convolution that does what both do in eval mode."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        scale = bn.weight / torch.sqrt(bn.running_var + bn.eps)
        bias = torch.zeros_like(scale) if conv.bias is None else conv.bias
        folded = copy.deepcopy(conv)
        folded.weight = nn.Parameter(conv.weight * scale[:, None, None, None])
        folded.bias = nn.Parameter((bias - bn.running_mean) * scale + bn.bias)
    return folded
    ### END SOLUTION


# %% [markdown]
# A convolution with the single weight 6, and a BatchNorm with mean 4 and variance 9: (6x − 4) / 3. So the new one
# should have the weight 2 and the bias −1.33:

# %% tags=["raises-exception"]
conv, bn = nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1)
nn.init.constant_(conv.weight, 6.0)
bn.running_mean.fill_(4.0)
bn.running_var.fill_(9.0)
folded = fold_batch_norm(conv, bn)
round(folded.weight.item(), 2), round(folded.bias.item(), 2)

# %% nbgrader={"grade": true, "grade_id": "fold_batch_norm", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(fold_batch_norm)

# %% [markdown]
# ## Exercise 6: count a network
#
# *2 points, about 25 minutes.*
#
# For images of 32 × 32 pixels the paper has a family of thin networks. With a whole number $n$:
#
# - a first 3 × 3 convolution from 3 colour channels to 16;
# - three stages with $n$ basic blocks each, of 16, 32 and 64 channels;
# - the average of each map, and a linear layer to 10 classes, with a bias.
#
# That makes $1 + 3 \cdot 2n + 1 = 6n + 2$ layers. Behind every convolution there is a BatchNorm, so no convolution has
# a bias. Shortcuts have **no parameters**: where a stage begins, the channels that are new are filled with zeros
# (the paper's *option A*).
#
# Write `cifar_resnet_params`. It returns the number of parameters.
#
# - A BatchNorm learns two numbers for each channel. Its running mean and variance are not parameters.
# - If `depth` is not $6n + 2$ with $n \ge 1$, raise `ValueError`.


# %% nbgrader={"grade": false, "grade_id": "cifar_resnet_params-answer", "locked": false, "schema_version": 3, "solution": true}
def cifar_resnet_params(depth: int) -> int:
    """How many parameters a thin ResNet with 6n + 2 layers has."""
    ### BEGIN SOLUTION
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"A depth is 6n + 2, such as 20, not {depth}.")
    n = (depth - 2) // 6

    def layer(before: int, behind: int) -> int:
        return 9 * before * behind + 2 * behind

    total = layer(3, 16)
    before = 16
    for width in (16, 32, 64):
        total += layer(before, width) + (2 * n - 1) * layer(width, width)
        before = width
    return total + 64 * 10 + 10
    ### END SOLUTION


# %% [markdown]
# The paper's table says 0.27 million for 20 layers and 1.7 million for 110. To the last digit, they are 269 722 and
# 1 727 962:

# %% tags=["raises-exception"]
cifar_resnet_params(20), cifar_resnet_params(110)

# %% nbgrader={"grade": true, "grade_id": "cifar_resnet_params", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(cifar_resnet_params)
