# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Depth: the exercises
#
# Six functions and a whole network, from one ReLU to a trained CNN. The ideas are in the
# [chapter on depth](../../book/05-depth.md). Keep it open beside this notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(relu)`, then `hint(relu, 2)`.
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
import math

import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# ## Exercise 1: ReLU
#
# *1 point, about 5 minutes.*
#
# Without something between them, two layers in a row are no more than one. The simplest thing that
# helps is this: what is negative becomes zero, and the rest stays.
#
# Write `relu`.
#
# - `x` is a tensor of any shape. The result has its shape and its type.
# - Gradients flow through it, so no `.detach()` and no `.numpy()`. Leave `x` as it is.
# - **Not allowed**: any ReLU or threshold of the library. Comparisons, `torch.where`, `clamp` and
#   `maximum` are fine.


# %% nbgrader={"grade": false, "grade_id": "relu-answer", "locked": false, "schema_version": 3, "solution": true}
def relu(x: torch.Tensor) -> torch.Tensor:
    """What is negative becomes zero, the rest stays. Any shape -> the same shape"""
    ### BEGIN SOLUTION
    return x * (x > 0)
    ### END SOLUTION


# %% [markdown]
# Two numbers that are not positive and one that is. This should say 0, 0 and 3 (a minus in front of
# a zero does no harm):

# %% tags=["raises-exception"]
relu(torch.tensor([-2.0, 0.0, 3.0]))

# %% nbgrader={"grade": true, "grade_id": "relu", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(relu)

# %% [markdown]
# ## Exercise 2: the way back through ReLU
#
# *1 point, about 10 minutes.*
#
# On the way back, ReLU is told how the loss depends on its output: `grad_out`. It has to say how the
# loss depends on its input `x`. That is `grad_out` times the slope of ReLU at `x`.
#
# Write `relu_backward`.
#
# - `grad_out` and `x` have the same shape, and so has the result. `x` is the *input* of ReLU.
# - Exactly at 0 there is a corner, so there is no slope. Take 0 there, as PyTorch does.
# - Leave both arguments as they are.
# - **Not allowed**: any ReLU or threshold of the library, and letting PyTorch differentiate for you.
# - If the two shapes differ, raise `ValueError`. (The check reminds you of that. It costs no points.)


# %% nbgrader={"grade": false, "grade_id": "relu_backward-answer", "locked": false, "schema_version": 3, "solution": true}
def relu_backward(grad_out: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The gradient of the input. grad_out and x of one shape -> the same shape"""
    ### BEGIN SOLUTION
    if grad_out.shape != x.shape:
        raise ValueError(f"grad_out is {tuple(grad_out.shape)}, and x is {tuple(x.shape)}.")
    return grad_out * (x > 0)
    ### END SOLUTION


# %% [markdown]
# The input was negative, zero and positive. Only the third gradient passes, so this should say 0, 0
# and −7:

# %% tags=["raises-exception"]
relu_backward(torch.tensor([5.0, 6.0, -7.0]), torch.tensor([-2.0, 0.0, 3.0]))

# %% nbgrader={"grade": true, "grade_id": "relu_backward", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(relu_backward)

# %% [markdown]
# ## Exercise 3: a good start
#
# *2 points, about 20 minutes.*
#
# The weights of a network start as random numbers. If they are too small, the signal fades from layer
# to layer. If they are too large, it explodes. He's start keeps its size: a normal distribution with
# mean 0 and variance 2 / fan-in. The *fan-in* is how many numbers one output adds up.
#
# Write `he_init`.
#
# - `shape` is a tuple: `(out, in)` for a dense layer, or `(F, C, kh, kw)` for a convolution.
# - `generator` is a `torch.Generator`. Draw all numbers with it (`torch.randn` takes `generator=`). Do
#   not set its seed.
# - The result is a tensor of that shape.
# - A shape with fewer than two axes raises `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "he_init-answer", "locked": false, "schema_version": 3, "solution": true}
def he_init(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Random weights under which a signal keeps its size. shape -> a tensor of that shape"""
    ### BEGIN SOLUTION
    if len(shape) < 2:
        raise ValueError(f"A weight has two axes or more, not {len(shape)}.")
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator) * math.sqrt(2 / fan_in)
    ### END SOLUTION


# %% [markdown]
# A dense layer with 200 inputs: 2 / 200 = 0.01, and its root is 0.1. A convolution on 8 channels with a
# kernel of 5 × 5 has as many inputs, 8 · 5 · 5 = 200. So both of these numbers should be near 0.1:

# %% tags=["raises-exception"]
chance = torch.Generator().manual_seed(0)
he_init((400, 200), chance).std(), he_init((400, 8, 5, 5), chance).std()

# %% nbgrader={"grade": true, "grade_id": "he_init", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(he_init)

# %% [markdown]
# ### See what it is good for
#
# Nothing here is graded. A signal goes through fifty layers: *your* start, *your* ReLU. The line shows
# its size behind each layer. Beside it, the same with weights that are a little too small and a little too
# large.

# %% tags=["raises-exception", "demo"]
for factor, name in ((1.0, "your start"), (0.8, "0.8 times that"), (1.25, "1.25 times that")):
    chance = torch.Generator().manual_seed(1)
    signal = torch.randn(64, 128, generator=chance)
    sizes = []
    for _ in range(50):
        signal = relu(signal @ (factor * he_init((128, 128), chance)).T)
        sizes.append(signal.square().mean().sqrt().item())
    plt.semilogy(range(1, 51), sizes, label=name)
plt.xlabel("layer")
plt.ylabel("size of the signal")
plt.legend()
plt.show()

# %% [markdown]
# ## Exercise 4: how far does one value see?
#
# *2 points, about 20 minutes.*
#
# One output of a 3 × 3 layer sees 3 pixels in each direction. One output of the layer behind it sees
# 3 of *those*, so 5 pixels. With a stride, the outputs of a layer lie further apart, and everything behind
# it sees more.
#
# Write `receptive_field`. It returns two whole numbers, `(size, jump)`.
#
# - `layers` is a list with `(kernel_size, stride, dilation)` for each layer. The first layer comes first.
# - `size` is the number of pixels of the *input* that one output of the last layer sees, along one axis,
#   from the first to the last.
# - `jump` is how far apart, in pixels of the input, two neighbouring outputs look.
# - Padding changes neither, so it is not in the list. Leave the list as it is.


# %% nbgrader={"grade": false, "grade_id": "receptive_field-answer", "locked": false, "schema_version": 3, "solution": true}
def receptive_field(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """How many pixels one output sees, and how far apart neighbours look."""
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        # The steps inside this kernel are taken between outputs of the layer before.
        size = size + dilation * (kernel_size - 1) * jump
        jump = jump * stride
    return size, jump
    ### END SOLUTION


# %% [markdown]
# Two 3 × 3 layers see 5 pixels, and neighbours look one pixel apart. If the first has stride 2, the three
# values that the second looks at lie 2 pixels apart: 3 + 2 · 2 = 7. So this should say `(5, 1)` and
# `(7, 2)`:

# %% tags=["raises-exception"]
receptive_field([(3, 1, 1), (3, 1, 1)]), receptive_field([(3, 2, 1), (3, 1, 1)])

# %% nbgrader={"grade": true, "grade_id": "receptive_field", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(receptive_field)

# %% [markdown]
# ## Exercise 5: ask the network itself
#
# *4 points, about 45 minutes.*
#
# The formula believes what you tell it about the layers. A gradient cannot be fooled: if a pixel can
# change an output, the gradient of the output with respect to that pixel is not zero. So take the
# output in the middle, ask for its gradient, and measure how far it reaches.
#
# Write `gradient_receptive_field`. It returns `(height, width)`.
#
# - `model` takes a batch `(N, C, H, W)` and returns `(N, F, H', W')`. `in_shape` is `(C, H, W)`, without
#   the batch.
# - Look at the output at row `H' // 2` and column `W' // 2`, all its F channels together.
# - Which pixels *can* influence it, for some input? Return the number of rows from the first such pixel
#   to the last, and the same for columns.
# - **Do not be fooled.** Behind a ReLU that is asleep, and beside the maximum in max pooling, the gradient
#   is zero although the pixel matters for other inputs. Two ways out: ask with many random inputs and put
#   together what they see (50 are plenty), or work on a copy with other layers in these places.
# - In train mode, BatchNorm lets every pixel influence every output. Measure in eval mode.
# - **Leave nothing behind.** The parameters, their gradients, the layers and the mode of each of them stay
#   as they were.
#
# `noise_for` makes random inputs on the model's device, and in its type.


# %%
def noise_for(model: nn.Module, count: int, in_shape: tuple[int, int, int]) -> torch.Tensor:
    """Random inputs that a model can take. -> (count, C, H, W), and it requires a gradient"""
    like = next(model.parameters())
    kind = {"dtype": like.dtype, "device": like.device}
    return torch.randn(count, *in_shape, requires_grad=True, **kind)


# %% nbgrader={"grade": false, "grade_id": "gradient_receptive_field-answer", "locked": false, "schema_version": 3, "solution": true}
def gradient_receptive_field(model: nn.Module, in_shape: tuple[int, int, int]) -> tuple[int, int]:
    """The receptive field as the gradient sees it. -> (height, width)"""
    ### BEGIN SOLUTION
    model = copy.deepcopy(model).eval()
    x = noise_for(model, 100, in_shape)
    out = model(x)
    middle = out[:, :, out.shape[2] // 2, out.shape[3] // 2]
    grad = torch.autograd.grad(middle.sum(), x)[0]
    seen = (grad != 0).any(dim=0).any(dim=0)  # (H, W)
    rows, columns = torch.where(seen)
    height = rows.max() - rows.min() + 1
    width = columns.max() - columns.min() + 1
    return int(height), int(width)
    ### END SOLUTION


# %% [markdown]
# A kernel of 3 × 5 sees 3 rows and 5 columns. With a 3 × 3 layer behind it, and a ReLU between them, it is 5
# rows and 7 columns. So this should say `(3, 5)` and `(5, 7)`:

# %% tags=["raises-exception"]
one_layer = nn.Conv2d(1, 4, (3, 5))
two_layers = nn.Sequential(one_layer, nn.ReLU(), nn.Conv2d(4, 4, 3))
gradient_receptive_field(one_layer, (1, 20, 20)), gradient_receptive_field(two_layers, (1, 20, 20))

# %% nbgrader={"grade": true, "grade_id": "gradient_receptive_field", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(gradient_receptive_field)

# %% [markdown]
# ## Exercise 6: what a layer costs
#
# *1 point, about 10 minutes.*
#
# A convolution multiplies and adds, and nearly all of a CNN's work is just that. One product together
# with its addition is called a *multiply-accumulate*, or MAC.
#
# Write `conv_macs`. It returns how many of them a layer needs for one image.
#
# - `kernel_size` is a whole number, or a pair `(height, width)`.
# - The output has `out_channels` maps of `out_height` × `out_width` values.
# - With `groups`, a filter sees only the input channels of its own group: `in_channels / groups` of them.
#   The number of filters stays the same.
# - The bias is added, not multiplied. It does not count. The result is an `int`.
# - If `groups` does not divide both numbers of channels, raise `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "conv_macs-answer", "locked": false, "schema_version": 3, "solution": true}
def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    out_height: int,
    out_width: int,
    groups: int = 1,
) -> int:
    """How many multiply-accumulates a convolution needs for one image."""
    ### BEGIN SOLUTION
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"{groups} groups cannot share the channels evenly.")
    kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    for_one_output = (in_channels // groups) * kh * kw
    return out_channels * out_height * out_width * for_one_output
    ### END SOLUTION


# %% [markdown]
# Two filters of 3 × 3 on one channel, and an output of 2 × 4. Each of the 2 · 2 · 4 = 16 outputs needs 9
# products: 144.

# %% tags=["raises-exception"]
conv_macs(1, 2, 3, out_height=2, out_width=4)

# %% nbgrader={"grade": true, "grade_id": "conv_macs", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(conv_macs)

# %% [markdown]
# ## Exercise 7: a network of your own
#
# *4 points, about 45 minutes.*
#
# Now put it together. Here are the data: handwritten digits of 8 × 8 pixels, from 0 (paper) to 1 (ink).

# %%
from cnncourse.data.digits import digits
from cnncourse.training import accuracy, train

split = digits()
print(split.inputs.shape, split.targets.shape)
figure, axes = plt.subplots(1, 8, figsize=(8, 1.3))
for axis, image, target in zip(axes, split.inputs, split.targets, strict=False):
    axis.imshow(image[0], cmap="gray_r")
    axis.set_title(int(target))
    axis.axis("off")

# %% [markdown]
# Write `SmallCNN`: the rest of `__init__`, and `forward`.
#
# - `forward` gets `x` of shape `(N, in_channels, 8, 8)` and returns scores of shape `(N, classes)`. The largest
#   score of a row is the network's answer. Return the scores as they are, without a softmax.
# - Everything that the library has is allowed now. At most 60 000 parameters in all.
# - The check trains your network twice, from two random starts: 20 epochs of the loop that you can run below.
#   Then it counts how many digits it gets right that it has never seen. The better run counts. Points
#   start at 90 %, and 97 % earn all of them.
# - The check takes some seconds, because it really trains.


# %% nbgrader={"grade": false, "grade_id": "SmallCNN-answer", "locked": false, "schema_version": 3, "solution": true}
class SmallCNN(nn.Module):
    """A network for 8 x 8 digits. x (N, in_channels, 8, 8) -> (N, classes)"""

    def __init__(self, in_channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.dropout = nn.Dropout(0.3)
        self.scores = nn.Linear(64 * 2 * 2, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 32, 4, 4)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)  # (N, 64, 2, 2)
        return self.scores(self.dropout(x.flatten(1)))
        ### END SOLUTION


# %% [markdown]
# First look at the shape: five images should give five rows of ten scores. Then train it as the check
# does.

# %% tags=["raises-exception"]
scores = SmallCNN()(torch.zeros(5, 1, 8, 8))
scores.shape

# %% tags=["raises-exception", "demo"]
model = SmallCNN()
print("parameters:", sum(parameter.numel() for parameter in model.parameters()))
chance = torch.Generator().manual_seed(0)
losses = train(model, split.inputs, split.targets, epochs=20, generator=chance)
print(f"right on the training images: {accuracy(model, split.inputs, split.targets):.1%}")
print(
    f"right on new images:          {accuracy(model, split.held_out, split.held_out_targets):.1%}"
)

# %% nbgrader={"grade": true, "grade_id": "SmallCNN", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(SmallCNN)

# %% [markdown]
# ### Look into what you trained
#
# Nothing here is graded. These are the filters of the first convolution in *your* network.

# %% tags=["raises-exception", "demo"]
first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
filters = first.weight.detach().cpu()[:16, 0]
figure, axes = plt.subplots(2, 8, figsize=(8, 2.2))
for axis, weights in zip(axes.flat, filters, strict=False):
    axis.imshow(weights, cmap="PuOr_r", vmin=-filters.abs().max(), vmax=filters.abs().max())
    axis.axis("off")
