# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Signals in time: the exercises
#
# Four functions, one block and a whole network. The ideas are in the
# [chapter on signals in time](../../book/10-tcn.md). Keep it open beside this notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(causal_conv1d)`, then
# `hint(causal_conv1d, 2)`.
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

from collections.abc import Callable

import torch
import torch.nn.functional as F
from IPython.display import Audio
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# ## Exercise 1: never look ahead
#
# *3 points, about 30 minutes.*
#
# A filter slides over time. Its window *ends* at the present: the output at step t sees x at t, and at
# steps before. With dilation d, the taps lie d steps apart.
#
# Write `causal_conv1d`.
#
# - `x` is `(N, C, T)`: signals, channels, steps. `weight` is `(F, C, k)`, and `bias` is `(F,)` or `None`. The
#   result is `(N, F, T)`: as many steps as went in.
# - `weight[:, :, -1]` meets the present, `weight[:, :, -2]` the step `dilation` before it, and so on. What
#   lies before the first step counts as zero.
# - A filter adds up over all channels, and then adds its bias.
# - Gradients flow through it. Leave the arguments as they are.
# - A loop over the taps of the kernel is fine. Loops over signals, channels, filters or steps are not.
# - **Not allowed**: a convolution of the library.
# - If `x` and `weight` do not have the same number of channels, raise `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "causal_conv1d-answer", "locked": false, "schema_version": 3, "solution": true}
def causal_conv1d(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    dilation: int = 1,
) -> torch.Tensor:
    """A convolution that never looks ahead. (N, C, T), (F, C, k) -> (N, F, T)"""
    ### BEGIN SOLUTION
    if x.shape[1] != weight.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, and weight is for {weight.shape[1]}.")
    steps, taps = x.shape[2], weight.shape[2]
    padded = F.pad(x, (dilation * (taps - 1), 0))
    out = 0
    for tap in range(taps):
        start = tap * dilation
        met = padded[:, :, start : start + steps]  # (N, C, T)
        out = out + torch.einsum("nct,fc->nft", met, weight[:, :, tap])
    return out if bias is None else out + bias[:, None]
    ### END SOLUTION


# %% [markdown]
# The kernel takes the present once and the step before it ten times. So this should say 1, 12 and 23:

# %% tags=["raises-exception"]
causal_conv1d(torch.tensor([[[1.0, 2.0, 3.0]]]), torch.tensor([[[10.0, 1.0]]]))

# %% nbgrader={"grade": true, "grade_id": "causal_conv1d", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(causal_conv1d)

# %% [markdown]
# ### Listen to it
#
# Nothing here is graded. A string is plucked three times, and *your* layer makes an echo: each sound comes
# back after a fifth of a second, and after two fifths. The echo comes *after* the sound, because your
# layer is causal.

# %% tags=["raises-exception", "demo"]
rate = 8000
seconds = torch.arange(2 * rate) / rate
sound = torch.zeros(2 * rate)
for start, pitch in ((0.0, 262), (0.4, 330), (0.8, 392)):
    since = (seconds - start).clamp(min=0)
    sound += (seconds >= start) * torch.exp(-9 * since) * torch.sin(2 * torch.pi * pitch * since)
echo = torch.tensor([[[0.25, 0.5, 1.0]]])
heard = causal_conv1d(sound[None, None], echo, dilation=rate // 5)
plt.figure(figsize=(8, 2))
plt.plot(seconds, heard[0, 0], label="with echo")
plt.plot(seconds, sound, label="plucked")
plt.xlabel("seconds")
plt.legend()
plt.show()
Audio(heard[0, 0].numpy(), rate=rate)

# %% [markdown]
# ## Exercise 2: how far back does it see?
#
# *2 points, about 20 minutes.*
#
# A temporal convolutional network is a stack of levels. The first level has dilation 1, the next 2, then 4, 8
# and so on: level i, counted from 0, has dilation 2 ** i. Each level is a block with two convolutions or
# more, all with the dilation of their level.
#
# Write `tcn_receptive_field`. It returns how many steps the last output sees, the present included.
#
# - A convolution with k taps and dilation d reaches d · (k − 1) steps further back.
# - The result is an `int`.


# %% nbgrader={"grade": false, "grade_id": "tcn_receptive_field-answer", "locked": false, "schema_version": 3, "solution": true}
def tcn_receptive_field(kernel_size: int, levels: int, convs_per_block: int = 2) -> int:
    """How many time steps the last output sees."""
    ### BEGIN SOLUTION
    field = 1
    for level in range(levels):
        field += convs_per_block * (kernel_size - 1) * 2**level
    return field
    ### END SOLUTION


# %% [markdown]
# One level with 3 taps: two convolutions take two steps back each, 1 + 2 + 2 = 5. A second level takes steps
# of length 2: 5 + 4 + 4 = 13. So this should say `(5, 13)`:

# %% tags=["raises-exception"]
tcn_receptive_field(3, 1), tcn_receptive_field(3, 2)

# %% nbgrader={"grade": true, "grade_id": "tcn_receptive_field", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(tcn_receptive_field)

# %% [markdown]
# ## Exercise 3: how many levels does it take?
#
# *1 point, about 15 minutes.*
#
# Now the other way around. A signal has `length` steps. The last output is to see all of them.
#
# Write `min_levels`. It returns the smallest number of levels that is enough.
#
# - There is one level at least, also for a signal of one step.
# - The result is an `int`.
# - Where no number of levels is ever enough, raise `ValueError`. That is so for a kernel with one tap, and a
#   signal of more than one step.


# %% nbgrader={"grade": false, "grade_id": "min_levels-answer", "locked": false, "schema_version": 3, "solution": true}
def min_levels(length: int, kernel_size: int, convs_per_block: int = 2) -> int:
    """How many levels it takes to see a whole signal."""
    ### BEGIN SOLUTION
    if kernel_size == 1 and length > 1:
        raise ValueError("A kernel with one tap never looks back.")
    levels = 1
    while tcn_receptive_field(kernel_size, levels, convs_per_block) < length:
        levels += 1
    return levels
    ### END SOLUTION


# %% [markdown]
# With 3 taps, two levels see 13 steps. So 13 steps need 2 levels, and 14 need 3:

# %% tags=["raises-exception"]
min_levels(13, kernel_size=3), min_levels(14, kernel_size=3)

# %% nbgrader={"grade": true, "grade_id": "min_levels", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(min_levels)

# %% [markdown]
# ## Exercise 4: a temporal block
#
# *3 points, about 30 minutes.*
#
# One level of the network. Two ways lead from the input to the sum:
#
#     relu( relu(conv2(relu(conv1(x)))) + shortcut(x) )
#
# Write `TemporalBlock`: the rest of `__init__`, and `forward`.
#
# - `x` is `(N, in_channels, T)`, and the result is `(N, out_channels, T)`.
# - `conv1` goes from `in_channels` to `out_channels`, and `conv2` from `out_channels` to `out_channels`. Both are
#   causal, with a bias, and have the same kernel size and dilation.
# - `shortcut` is x itself where the numbers of channels agree. Where they differ it is a convolution of size
#   1, with or without a bias.
# - There are *three* ReLUs. No weight normalisation and no dropout, which the paper has as well.
# - The library's `nn.Conv1d` is allowed here. It does not know about causality: that is up to you.


# %% nbgrader={"grade": false, "grade_id": "TemporalBlock-answer", "locked": false, "schema_version": 3, "solution": true}
class TemporalBlock(nn.Module):
    """Two causal convolutions and a way around. (N, in_channels, T) -> (N, out_channels, T)"""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.past = dilation * (kernel_size - 1)
        self.conv1 = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)
        self.conv2 = nn.Conv1d(out_channels, out_channels, kernel_size, dilation=dilation)
        self.shortcut = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = nn.Conv1d(in_channels, out_channels, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = F.relu(self.conv1(F.pad(x, (self.past, 0))))
        out = F.relu(self.conv2(F.pad(out, (self.past, 0))))
        return F.relu(out + self.shortcut(x))
        ### END SOLUTION


# %% [markdown]
# Two signals with three channels should become two signals with four, of the same length:

# %% tags=["raises-exception"]
TemporalBlock(3, 4, kernel_size=2, dilation=8)(torch.zeros(2, 3, 20)).shape

# %% nbgrader={"grade": true, "grade_id": "TemporalBlock", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(TemporalBlock)

# %% [markdown]
# ## Exercise 5: does anything leak?
#
# *3 points, about 35 minutes.*
#
# A network that is to predict the future must not see it. If a window ends one step too late, training goes
# wonderfully, and the network is worth nothing. So test it: change the future, and look whether the past
# notices.
#
# Write `is_causal`. It returns `True` or `False`.
#
# - `f` is any function of a tensor `(N, C, T)`. Its result is `(N, F, T)`. It may be a network, too.
# - `f` is causal if no output at a step t depends on x at a *later* step. The present is allowed.
# - Ask at *every* step. A leak may be one step long, may sit at one end, in one channel, in one filter.
# - Allow for rounding: where the future is changed, some functions round a little differently.
# - Leave `x` and `f` as they are.
#
# Other ways are right as well. The derivatives of all outputs by all inputs (the Jacobian) tell the same.


# %% nbgrader={"grade": false, "grade_id": "is_causal-answer", "locked": false, "schema_version": 3, "solution": true}
def is_causal(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> bool:
    """Whether no output of f depends on a later input. x (N, C, T)"""
    ### BEGIN SOLUTION
    before = f(x)
    for t in range(x.shape[-1]):
        other = x.clone()
        other[..., t + 1 :] += torch.randn_like(other[..., t + 1 :])
        after = f(other)
        if not torch.allclose(before[..., : t + 1], after[..., : t + 1], atol=1e-6):
            return False
    return True
    ### END SOLUTION


# %% [markdown]
# A running sum knows the past only. A signal that is turned around begins with its end. So this should say
# `(True, False)`:

# %% tags=["raises-exception"]
signal = torch.randn(2, 1, 10)
is_causal(lambda x: x.cumsum(-1), signal), is_causal(lambda x: x.flip(-1), signal)

# %% nbgrader={"grade": true, "grade_id": "is_causal", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(is_causal)

# %% [markdown]
# ### Test your own block
#
# Nothing here is graded. Your test looks at *your* block, and then at the same block with one BatchNorm
# behind it. In train mode that takes its mean over all steps. Is it still causal?

# %% tags=["raises-exception", "demo"]
block = TemporalBlock(1, 4, kernel_size=3, dilation=2)
print("your block:                   ", is_causal(block, signal))
normalised = nn.Sequential(block, nn.BatchNorm1d(4))
print("with BatchNorm, in train mode:", is_causal(normalised, signal))
print("with BatchNorm, in eval mode: ", is_causal(normalised.eval(), signal))

# %% [markdown]
# ## Exercise 6: a network of your own
#
# *4 points, about 45 minutes.*
#
# MNIST-1D: ten short curves, one for each digit. Each is stretched, moved to some place in a signal of 40
# steps, and hidden in noise.

# %%
from cnncourse.data.mnist1d import mnist1d
from cnncourse.training import accuracy, train

split = mnist1d()
print(split.inputs.shape, split.targets.shape)
figure, axes = plt.subplots(2, 5, figsize=(8, 3), sharex=True, sharey=True)
for digit, axis in enumerate(axes.flat):
    axis.plot(split.inputs[split.targets == digit][0, 0])
    axis.set_title(digit)
figure.tight_layout()

# %% [markdown]
# Write `SequenceClassifier`: the rest of `__init__`, and `forward`.
#
# - `forward` gets `x` of shape `(N, 1, 40)` and returns scores of shape `(N, classes)`. The largest score of a row
#   is the network's answer. Return the scores as they are, without a softmax.
# - Everything that the library has is allowed now. It need not be causal: the whole signal is there. At most
#   30 000 parameters in all.
# - The check trains your network twice, from two random starts: 30 epochs of the loop that you can run below.
#   Then it counts how many signals it gets right that it has never seen. The better run counts. Points
#   start at 80 %, and 92 % earn all of them.
# - The check takes a quarter of a minute or so, because it really trains. A small network is faster.


# %% nbgrader={"grade": false, "grade_id": "SequenceClassifier-answer", "locked": false, "schema_version": 3, "solution": true}
class SequenceClassifier(nn.Module):
    """A network for MNIST-1D. x (N, 1, 40) -> (N, classes)"""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv1d(1, 24, kernel_size=5, padding=2, stride=2)
        self.conv2 = nn.Conv1d(24, 24, kernel_size=5, padding=2)
        self.conv3 = nn.Conv1d(24, 24, kernel_size=5, padding=4, dilation=2)
        self.norms = nn.ModuleList(nn.BatchNorm1d(24) for _ in range(3))
        self.scores = nn.Linear(24, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv, norm in zip((self.conv1, self.conv2, self.conv3), self.norms, strict=True):
            x = F.relu(norm(conv(x)))
        return self.scores(x.mean(2))
        ### END SOLUTION


# %% [markdown]
# First look at the shape: five signals should give five rows of ten scores. Then train it as the check
# does.

# %% tags=["raises-exception"]
scores = SequenceClassifier()(torch.zeros(5, 1, 40))
scores.shape

# %% tags=["raises-exception", "demo"]
model = SequenceClassifier()
print("parameters:", sum(parameter.numel() for parameter in model.parameters()))
chance = torch.Generator().manual_seed(0)
losses = train(model, split.inputs, split.targets, epochs=30, generator=chance)
print(f"right on the training signals: {accuracy(model, split.inputs, split.targets):.1%}")
print(
    f"right on new signals:          {accuracy(model, split.held_out, split.held_out_targets):.1%}"
)

# %% nbgrader={"grade": true, "grade_id": "SequenceClassifier", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(SequenceClassifier)

# %% [markdown]
# ### Beside the paper
#
# Nothing here is graded. The paper that made MNIST-1D gives what its networks get right. Where does *yours*
# stand?

# %% tags=["raises-exception", "demo"]
names = ["linear model", "MLP", "GRU", "CNN", "people", "yours"]
yours = 100 * accuracy(model, split.held_out, split.held_out_targets)
right = [32, 68, 91, 94, 96, yours]
plt.figure(figsize=(6, 2.4))
plt.barh(names[::-1], right[::-1], color=["#c95400"] + ["#33658a"] * 5)
for place, percent in enumerate(right[::-1]):
    plt.text(percent + 1, place, f"{percent:.0f} %", va="center")
plt.xlim(0, 110)
plt.xlabel("right on new signals, in percent")
plt.show()
