# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Architectures: the exercises
#
# Three networks that made history, built by you, and one small sum that explains the third. The ideas
# are in the [chapter on architectures](../../book/07-architectures.md). Keep it open beside this notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(LeNet5)`, then `hint(LeNet5, 2)`.
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

import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# All layers of the library are allowed in this lesson. You may give yours any names, and make them in any
# order. The check puts the same numbers into your network and into the course's, and compares what comes
# out.
#
# This counts the parameters of a network. You will want it often:


# %%
def parameters_of(model: nn.Module) -> int:
    """How many numbers a network learns."""
    return sum(parameter.numel() for parameter in model.parameters())


# %% [markdown]
# ## Exercise 1: LeNet-5
#
# *3 points, about 30 minutes.*
#
# In 1998 this network read the amounts on bank cheques. Build it in the form in which everybody builds it
# today:
#
# | layer | what it does | behind it |
# |---|---|---|
# | | the image | 1 × 28 × 28 |
# | C1 | 6 filters of 5 × 5, padding 2, then tanh | 6 × 28 × 28 |
# | S2 | average of each 2 × 2 window | 6 × 14 × 14 |
# | C3 | 16 filters of 5 × 5, no padding, then tanh | 16 × 10 × 10 |
# | S4 | average of each 2 × 2 window | 16 × 5 × 5 |
# | C5 | 120 values of all that, then tanh | 120 |
# | F6 | 84 values, then tanh | 84 |
# | output | a score for each class | `classes` |
#
# Write `LeNet5`: the rest of `__init__`, and `forward`.
#
# - `forward` gets `x` of shape `(N, 1, 28, 28)` and returns scores of shape `(N, classes)`.
# - Return the scores as they are. No softmax, and no tanh on them.
# - Every layer has biases. With ten classes there are 61 706 parameters.


# %% nbgrader={"grade": false, "grade_id": "LeNet5-answer", "locked": false, "schema_version": 3, "solution": true}
class LeNet5(nn.Module):
    """LeNet-5 as it is built today. x (N, 1, 28, 28) -> (N, classes)"""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.c1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.c3 = nn.Conv2d(6, 16, kernel_size=5)
        self.c5 = nn.Linear(16 * 5 * 5, 120)
        self.f6 = nn.Linear(120, 84)
        self.scores = nn.Linear(84, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.avg_pool2d(torch.tanh(self.c1(x)), 2)  # (N, 6, 14, 14)
        x = F.avg_pool2d(torch.tanh(self.c3(x)), 2)  # (N, 16, 5, 5)
        x = torch.tanh(self.c5(x.flatten(1)))
        x = torch.tanh(self.f6(x))
        return self.scores(x)
        ### END SOLUTION


# %% [markdown]
# Two images should give two rows of ten scores, and there should be 61 706 parameters:

# %% tags=["raises-exception"]
network = LeNet5()
network(torch.zeros(2, 1, 28, 28)).shape, parameters_of(network)

# %% nbgrader={"grade": true, "grade_id": "LeNet5", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(LeNet5)

# %% [markdown]
# ### Let it read
#
# Nothing here is graded. *Your* network learns the digits that come with scikit-learn. They have 8 × 8
# pixels, so we enlarge them to 24 × 24 and put a frame around them. It takes some seconds.

# %% tags=["raises-exception", "demo"]
from cnncourse.data.digits import digits
from cnncourse.training import accuracy, train

split = digits()


def enlarged(images: torch.Tensor) -> torch.Tensor:
    """(N, 1, 8, 8) -> (N, 1, 28, 28)"""
    return F.pad(F.interpolate(images, size=24, mode="bilinear"), (2, 2, 2, 2))


network = LeNet5()
chance = torch.Generator().manual_seed(0)
train(network, enlarged(split.inputs), split.targets, epochs=5, generator=chance)
unseen = enlarged(split.held_out)
print(f"right on new digits: {accuracy(network, unseen, split.held_out_targets):.1%}")

network.eval()
figure, axes = plt.subplots(1, 8, figsize=(8, 1.4))
for axis, image in zip(axes, unseen, strict=False):
    axis.imshow(image[0], cmap="gray_r")
    axis.set_title(int(network.cpu()(image[None]).argmax()))
    axis.axis("off")
plt.show()

# %% [markdown]
# ## Exercise 2: the eyes of AlexNet
#
# *2 points, about 25 minutes.*
#
# AlexNet won in 2012, by far. This is its convolutional part, in the form for one GPU. Each convolution is
# followed by a ReLU.
#
# | layer | filters | kernel | stride | padding | behind it |
# |---|---:|---:|---:|---:|---|
# | convolution | 64 | 11 × 11 | 4 | 2 | 64 × 55 × 55 |
# | max pooling | | 3 × 3 | 2 | 0 | 64 × 27 × 27 |
# | convolution | 192 | 5 × 5 | 1 | 2 | 192 × 27 × 27 |
# | max pooling | | 3 × 3 | 2 | 0 | 192 × 13 × 13 |
# | convolution | 384 | 3 × 3 | 1 | 1 | 384 × 13 × 13 |
# | convolution | 256 | 3 × 3 | 1 | 1 | 256 × 13 × 13 |
# | convolution | 256 | 3 × 3 | 1 | 1 | 256 × 13 × 13 |
# | max pooling | | 3 × 3 | 2 | 0 | 256 × 6 × 6 |
#
# Write `alexnet_features`. It returns a module, for example an `nn.Sequential`.
#
# - It takes images `(N, in_channels, 224, 224)` to maps `(N, 256, 6, 6)`.
# - The dense layers and their dropout do not belong to it.
# - With three channels there are 2 469 696 parameters.


# %% nbgrader={"grade": false, "grade_id": "alexnet_features-answer", "locked": false, "schema_version": 3, "solution": true}
def alexnet_features(in_channels: int = 3) -> nn.Module:
    """The convolutions of AlexNet. (N, in_channels, 224, 224) -> (N, 256, 6, 6)"""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(in_channels, 64, kernel_size=11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(64, 192, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(192, 384, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
    )
    ### END SOLUTION


# %% [markdown]
# An image of noise should give 256 maps of 6 × 6, and there should be 2 469 696 parameters:

# %% tags=["raises-exception"]
features = alexnet_features()
features(torch.rand(1, 3, 224, 224)).shape, parameters_of(features)

# %% nbgrader={"grade": true, "grade_id": "alexnet_features", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(alexnet_features)

# %% [markdown]
# ## Exercise 3: why so small?
#
# *1 point, about 10 minutes.*
#
# AlexNet's first kernel has 11 × 11 weights. VGG has 3 × 3 everywhere, and sees as much, because several of
# its layers follow one another. What does that save?
#
# Write `stacked_vs_single`. It returns two whole numbers, `(stacked, single)`.
#
# - `stacked` is the number of weights in `n` layers, one behind the other. Each has `channels` channels in,
#   as many out, a kernel of `kernel_size` × `kernel_size`, stride 1, and no bias.
# - `single` is the number of weights in *one* such layer whose kernel is so large that one of its
#   outputs sees as many pixels as one output behind the whole stack.
# - `kernel_size` may also be a pair `(height, width)`, and fewer than one layer raises `ValueError`. (The
#   check reminds you of both. They cost no points.)


# %% nbgrader={"grade": false, "grade_id": "stacked_vs_single-answer", "locked": false, "schema_version": 3, "solution": true}
def stacked_vs_single(channels: int, n: int, kernel_size: int = 3) -> tuple[int, int]:
    """Weights of n layers in a row, and of one layer that sees as much."""
    ### BEGIN SOLUTION
    if n < 1:
        raise ValueError(f"A stack has one layer or more, not {n}.")
    kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    # The first layer sees a whole kernel, each further one adds one pixel less than that.
    height = n * (kh - 1) + 1
    width = n * (kw - 1) + 1
    return n * kh * kw * channels**2, height * width * channels**2
    ### END SOLUTION


# %% [markdown]
# With one channel, two layers of 3 × 3 have 18 weights. They see 5 × 5 pixels, so one layer has 25:

# %% tags=["raises-exception"]
stacked_vs_single(channels=1, n=2)

# %% nbgrader={"grade": true, "grade_id": "stacked_vs_single", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(stacked_vs_single)

# %% [markdown]
# ## Exercise 4: any VGG from a list
#
# *4 points, about 45 minutes.*
#
# VGG is so regular that a short list says it all: a number is a convolution with that many filters, `"M"` is
# max pooling. This is VGG-16:

# %%
VGG16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]

# %% [markdown]
# Write `vgg`. It returns the network that a list describes, for images `(N, 3, H, W)`, with scores of shape
# `(N, classes)`.
#
# - **A number** `w`: a convolution with `w` filters of 3 × 3 that keeps the size, and a ReLU. With
#   `batch_norm`, an `nn.BatchNorm2d` stands between the two. Convolutions have biases either way.
# - **`"M"`**: max pooling of 2 × 2, which halves the size.
# - **The head**: flatten, then three dense layers with 4096, 4096 and `classes` outputs. Behind each of the
#   first two comes a ReLU and then dropout of one half, which works in train mode only.
# - The head takes the last width times 7 × 7 numbers, which is what is left of 224 × 224 pixels behind five
#   poolings. For other images, put an `nn.AdaptiveAvgPool2d(7)` in front of it. (The check reminds you of
#   that. It costs no points.)
# - The list may be any other, for example a short one that does not end in `"M"`.


# %% nbgrader={"grade": false, "grade_id": "vgg-answer", "locked": false, "schema_version": 3, "solution": true}
def vgg(config: list[int | str], batch_norm: bool = False, classes: int = 1000) -> nn.Module:
    """The VGG that a list of widths and "M" describes. (N, 3, H, W) -> (N, classes)"""
    ### BEGIN SOLUTION
    layers = []
    channels = 3
    for step in config:
        if step == "M":
            layers.append(nn.MaxPool2d(2))
            continue
        layers.append(nn.Conv2d(channels, step, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(step))
        layers.append(nn.ReLU())
        channels = step
    head = nn.Sequential(
        nn.Linear(channels * 7 * 7, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, classes),
    )
    model = nn.Sequential()
    model.add_module("features", nn.Sequential(*layers))
    model.add_module("avgpool", nn.AdaptiveAvgPool2d(7))
    model.add_module("flatten", nn.Flatten())
    model.add_module("classifier", head)
    return model
    ### END SOLUTION


# %% [markdown]
# First a small one: the shape of its scores should be `(2, 5)`.

# %% tags=["raises-exception"]
small = vgg([4, "M", 6, "M"], classes=5)
small(torch.rand(2, 3, 28, 28)).shape

# %% [markdown]
# VGG-16 has 138 357 544 parameters, half a gigabyte. The *meta* device has shapes and no numbers, so that
# nothing is stored and nothing is computed:

# %% tags=["raises-exception"]
with torch.device("meta"):
    large = vgg(VGG16)
    scores = large(torch.empty(1, 3, 224, 224))
scores.shape, parameters_of(large)

# %% nbgrader={"grade": true, "grade_id": "vgg", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(vgg)

# %% [markdown]
# ### A bonus: would the published weights fit?
#
# Nothing here is graded. torchvision publishes weights for VGG-16. A file of weights is a dictionary from
# names to numbers, so it fits a network that uses the same names. Its convolutions are `features.0`,
# `features.2` and so on, and its dense layers `classifier.0`, `classifier.3` and `classifier.6`. Are these your
# names?

# %% tags=["raises-exception", "demo"]
CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
layers = [f"features.{place}" for place in CONVOLUTIONS]
layers += [f"classifier.{place}" for place in (0, 3, 6)]
published = [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]

with torch.device("meta"):
    yours = list(vgg(VGG16).state_dict())
if yours == published:
    print("All", len(published), "names agree: the published weights would fit.")
else:
    print("Other names, which is fine: the same network, but the file would not fit.")
    for name, other in zip(yours[:4], published, strict=False):
        print(f"  yours {name:28} published {other}")

# %% [markdown]
# To get these names, your network needs a part called `features`, an `nn.Sequential` with everything up to the
# last pooling, and a part called `classifier`, an `nn.Sequential` with the three dense layers.
#
# ### Where do the parameters of your VGG-16 sit?

# %% tags=["raises-exception", "demo"]
with torch.device("meta"):
    sizes = [p.numel() for p in vgg(VGG16).parameters() if p.dim() > 1]
figure, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
axis.bar(range(1, len(sizes) + 1), [size / 1e6 for size in sizes])
axis.set(xlabel="layer", ylabel="millions of weights", xticks=range(1, len(sizes) + 1))
plt.show()
print(f"in the largest layer: {max(sizes) / sum(sizes):.0%}")

# %% [markdown]
# ## Done
#
# Save the notebook. If you take the course in a class, hand it in as your instructor told you.
