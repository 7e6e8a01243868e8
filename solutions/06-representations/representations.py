# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Representations: the exercises
#
# Four functions with which one looks into a trained network, and uses what it has learned for something
# else. The ideas are in the [chapter on representations](../../book/06-representations.md). Keep it open
# beside this notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(record_activations)`, then
# `hint(record_activations, 2)`.
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
from collections import OrderedDict

import torch
import torch.nn.functional as F
from cnncourse.data.shapes import SHAPES, shapes
from cnncourse.training import accuracy, predict, train
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# ## A network to look into
#
# You need a network that has learned something. This one learns to tell four kinds of filled shapes apart,
# somewhere in a noisy picture. It takes some seconds. It has two parts: `features`, with three convolutions
# and BatchNorm, and `head`, one linear layer.


# %% tags=["demo"]
def draw(style: str, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy pictures (count, 1, 24, 24) of shapes, and which shapes they are."""
    random = torch.Generator().manual_seed(seed)
    images, kinds, _ = shapes(count, random, size=24, radius=(4, 8), style=style, noise=0.2)
    return images, kinds


def stage(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


torch.manual_seed(0)
features = nn.Sequential(
    *stage(1, 16),
    nn.MaxPool2d(2),
    *stage(16, 32),
    nn.MaxPool2d(2),
    *stage(32, 64),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
)
network = nn.Sequential(OrderedDict(features=features, head=nn.Linear(64, len(SHAPES))))
images, kinds = draw("filled", 1500, seed=0)
chance = torch.Generator().manual_seed(0)
train(network, images, kinds, epochs=5, generator=chance, lr=1e-2, progress=False)
network = network.cpu().eval()
new_images, new_kinds = draw("filled", 500, seed=1)
print(f"right on new pictures: {accuracy(network, new_images, new_kinds):.1%}")

# %% [markdown]
# Its modules and their names:

# %% tags=["demo"]
for name, module in network.named_modules():
    print(f"{name:12} {type(module).__name__}")
RELUS = [name for name, module in network.named_modules() if isinstance(module, nn.ReLU)]

# %% [markdown]
# ## Exercise 1: listen to a layer
#
# *3 points, about 30 minutes.*
#
# The forward pass throws away what happens in the middle. A *forward hook* is a function that a module calls
# after its forward, with three things: the module, its inputs (a tuple), and its output.
#
# Write `record_activations`.
#
# - `names` are names of modules, as above. They may have dots.
# - The result is a dictionary: name → what this module gave out while the model looked at `x`.
# - Each tensor is a copy, cut off from the graph. A later layer may write into the memory of this one.
# - If a module runs more than once, its last output counts.
# - Leave no hook behind, also if the forward pass stops with an error. Hooks of other people stay.
# - Run the model in the mode that it is in.
# - A name that the model does not have raises `ValueError`.


# %% nbgrader={"grade": false, "grade_id": "record_activations-answer", "locked": false, "schema_version": 3, "solution": true}
def record_activations(
    model: nn.Module, names: list[str], x: torch.Tensor
) -> dict[str, torch.Tensor]:
    """What the named modules give out while the model looks at x. -> {name: tensor}"""
    ### BEGIN SOLUTION
    modules = dict(model.named_modules())
    for name in names:
        if name not in modules:
            raise ValueError(f"The model has no module {name!r}.")
    recorded = {}

    def hook_for(name):
        def hook(module, inputs, output):
            recorded[name] = output.detach().clone()

        return hook

    handles = [modules[name].register_forward_hook(hook_for(name)) for name in names]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return recorded
    ### END SOLUTION


# %% [markdown]
# A tiny model whose second layer is a ReLU. This should say 0 and 2:

# %% tags=["raises-exception"]
record_activations(nn.Sequential(nn.Flatten(), nn.ReLU()), ["1"], torch.tensor([[-1.0, 2.0]]))

# %% nbgrader={"grade": true, "grade_id": "record_activations", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(record_activations)

# %% [markdown]
# Now look, with your own function: eight feature maps of each stage.

# %% tags=["raises-exception", "demo"]
picture = new_images[:1]
recorded = record_activations(network, RELUS, picture)
figure, axes = plt.subplots(4, 8, figsize=(8, 4))
axes[0, 0].imshow(picture[0, 0], cmap="gray")
for row, maps in zip(axes[1:], recorded.values(), strict=True):
    strongest = maps[0].flatten(1).amax(1).argsort(descending=True)
    for axis, unit in zip(row, strongest, strict=False):
        axis.imshow(maps[0, unit], cmap="gray")
        axis.set_title(int(unit), fontsize=7)
for axis in axes.flat:
    axis.axis("off")

# %% [markdown]
# ## Exercise 2: what does a unit want to see?
#
# *3 points, about 30 minutes.*
#
# In training, the picture is given, and the weights move. Here it is the other way round: the weights are
# given, and the *picture* moves, uphill, until the unit is as excited as it can be. Without a bound it would
# just grow ever brighter. So it has to stay in a ball.
#
# Write `maximise_activation`.
#
# - `score(x)` gives a scalar. It is a network, or a part of one. `x0` has the batch as its first axis.
# - To *project* means: for each sample, work out its norm over all other axes,
#   $\lVert x_i \rVert_2$. If it is larger than `radius`, shrink the sample to this norm. If it is not, leave the
#   sample alone.
# - Project `x0` first. Then, `steps` times: add `lr` times the gradient of the score, and project.
# - Touch neither `x0` nor the parameters of the network, nor *their* `.grad`.


# %% nbgrader={"grade": false, "grade_id": "maximise_activation-answer", "locked": false, "schema_version": 3, "solution": true}
def maximise_activation(
    score, x0: torch.Tensor, steps: int, lr: float, radius: float
) -> torch.Tensor:
    """Climb to an input with a high score, inside of a ball. x0 (N, ...) -> (N, ...)"""

    ### BEGIN SOLUTION
    def project(x):
        norms = torch.linalg.vector_norm(x.flatten(1), dim=1)
        factors = torch.where(norms > radius, radius / norms, torch.ones_like(norms))
        return x * factors.view(-1, *[1] * (x.dim() - 1))

    x = project(x0.detach())
    for _ in range(steps):
        x = x.clone().requires_grad_()
        gradient = torch.autograd.grad(score(x), x)[0]
        x = project((x + lr * gradient).detach())
    return x
    ### END SOLUTION


# %% [markdown]
# The score is largest in the direction (3, 4). From the origin, with radius 5, this should say 3 and 4:

# %% tags=["raises-exception"]
up = torch.tensor([3.0, 4.0])
maximise_activation(lambda x: (x * up).sum(), torch.zeros(1, 2), steps=2, lr=1.0, radius=5.0)

# %% nbgrader={"grade": true, "grade_id": "maximise_activation", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(maximise_activation)

# %% [markdown]
# What does *your* climb find for each of the four classes? The same noise is where all of them start. With
# a wish for smoothness, neighbouring pixels that differ cost something.


# %% tags=["raises-exception", "demo"]
def rough(x):
    return x.diff(dim=2).square().sum() + x.diff(dim=3).square().sum()


noise = 0.1 * torch.randn(1, 1, 24, 24, generator=torch.Generator().manual_seed(0))
figure, axes = plt.subplots(2, 4, figsize=(8, 4.2))
for column, shape in enumerate(SHAPES):
    for row, smooth in enumerate((0.0, 0.02)):
        found = maximise_activation(
            lambda x, k=column, s=smooth: network(x)[:, k].sum() - s * rough(x),
            noise,
            steps=60,
            lr=0.5,
            radius=10.0,
        )
        axes[row, column].imshow(found[0, 0], cmap="gray")
        axes[row, column].set_title(shape + (", smooth" if smooth else ""))
        axes[row, column].axis("off")

# %% [markdown]
# ## Exercise 3: keep the features, change the head
#
# *3 points, about 30 minutes.*
#
# A trained network is to answer another question. Its features are good, and you have only a few examples: so
# train a new head, and nothing else.
#
# Write `freeze_backbone`. It changes the model in place.
#
# - `head_name` is the name of a linear layer, perhaps with dots, such as `"classifier.1"`. Put a new linear layer
#   for `classes` classes in its place, with as many inputs, of the same dtype and on the same device.
# - Freeze everything else: `backward()` brings no gradient to it.
# - The running mean and variance of BatchNorm are no parameters. They have to stay as they are, too, *although
#   the training loop calls* `model.train()`.
# - Return the list of parameters that an optimizer should train.
# - If there is no layer of that name, raise `ValueError`. (The check reminds you of that. It costs no points.)


# %% nbgrader={"grade": false, "grade_id": "freeze_backbone-answer", "locked": false, "schema_version": 3, "solution": true}
def freeze_backbone(model: nn.Module, head_name: str, classes: int) -> list[nn.Parameter]:
    """A new head, and all else stands still, in place. -> what an optimizer should train"""
    ### BEGIN SOLUTION
    modules = dict(model.named_modules())
    if head_name not in modules:
        raise ValueError(f"The model has no layer {head_name!r}.")
    for parameter in model.parameters():
        parameter.requires_grad = False
    for module in modules.values():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            module.eval()
            module.train = lambda mode=True, module=module: module
    old = modules[head_name]
    head = nn.Linear(old.in_features, classes, device=old.weight.device, dtype=old.weight.dtype)
    parent, _, name = head_name.rpartition(".")
    setattr(modules[parent], name, head)
    return list(head.parameters())
    ### END SOLUTION


# %% [markdown]
# Eight parameters are in the list: two rows of three weights, and two biases. The shapes should be (2, 3)
# and (2,):

# %% tags=["raises-exception"]
tiny = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 9))
[tuple(parameter.shape) for parameter in freeze_backbone(tiny, "2", classes=2)]

# %% nbgrader={"grade": true, "grade_id": "freeze_backbone", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(freeze_backbone)

# %% [markdown]
# The network knows *filled* shapes. You have five *outlined* ones of each kind. Only the head learns:

# %% tags=["raises-exception", "demo"]
outlines, outline_kinds = draw("outlined", 1000, seed=2)
few = torch.cat([(outline_kinds[:100] == kind).nonzero()[:5, 0] for kind in range(4)])
tuned = copy.deepcopy(network)
optimizer = torch.optim.AdamW(freeze_backbone(tuned, "head", 4), lr=0.03)
for _ in range(100):
    tuned.train()
    optimizer.zero_grad()
    F.cross_entropy(tuned(outlines[few]), outline_kinds[few]).backward()
    optimizer.step()
tuned.eval()
print(f"right on new outlines: {accuracy(tuned, outlines[100:], outline_kinds[100:]):.1%}")
before, after = network.features[1].running_mean, tuned.features[1].running_mean
print("running mean unmoved: ", torch.equal(before, after))

# %% [markdown]
# ## Exercise 4: read with a line
#
# *3 points, about 30 minutes.*
#
# If the features stand still and the head is linear, you need no training loop. With squared errors, there is a
# formula for the best head. It is called a *linear probe*, because it tells what can be read from features
# by a line.
#
# Let $y_i$ be the one-hot target of sample $i$: 1 for its class, and 0 for all others. Minimise
#
# $$\sum_i \lVert A f_i + B - y_i \rVert^2 + \lambda \lVert A \rVert^2 .$$
#
# The bias costs nothing. So there is a shortcut: take the mean off features and targets first. Then
# the best $A$ solves
#
# $$\left(X^\top X + \lambda I\right) A^\top = X^\top Y ,$$
#
# where $X$ and $Y$ are the centred features and targets, a row for each sample. The bias then puts the
# mean of the features where the mean of the targets is.
#
# Write `linear_probe`.
#
# - `features` (N, D), `labels` (N,) with numbers from 0 to `classes` - 1. `l2` is the $\lambda$ above.
# - The result is `(weight, bias)` as in `nn.Linear`: (classes, D) and (classes,), in the dtype of the features.
# - A class may have no sample at all. It still gets its row.
# - If `features` and `labels` differ in length, or a label is none of the classes, raise `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "linear_probe-answer", "locked": false, "schema_version": 3, "solution": true}
def linear_probe(
    features: torch.Tensor, labels: torch.Tensor, classes: int, l2: float = 1e-3
) -> tuple[torch.Tensor, torch.Tensor]:
    """The best linear layer on features (N, D). -> weight (classes, D), bias (classes,)"""
    ### BEGIN SOLUTION
    if len(features) != len(labels):
        raise ValueError(f"There are {len(features)} samples and {len(labels)} labels.")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"The labels have to lie between 0 and {classes - 1}.")
    targets = F.one_hot(labels, classes).to(features.dtype)
    x = features - features.mean(dim=0)
    y = targets - targets.mean(dim=0)
    identity = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weight = torch.linalg.solve(x.T @ x + l2 * identity, x.T @ y).T
    bias = targets.mean(dim=0) - weight @ features.mean(dim=0)
    return weight, bias
    ### END SOLUTION


# %% [markdown]
# Two samples at −1 and 1. Without a penalty the line goes exactly through both: weights −0.5 and 0.5, and
# biases 0.5 and 0.5.

# %% tags=["raises-exception"]
linear_probe(torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1]), classes=2, l2=0.0)

# %% nbgrader={"grade": true, "grade_id": "linear_probe", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(linear_probe)

# %% [markdown]
# How well can outlined shapes be read from pixels, and from the features of a network that has only ever seen
# filled ones? Five examples of each kind:

# %% tags=["raises-exception", "demo"]
ways = {
    "pixels": lambda x: x.flatten(1),
    "features": lambda x: predict(network.features, x),
}
for name, see in ways.items():
    weight, bias = linear_probe(see(outlines[few]), outline_kinds[few], classes=4, l2=0.1)
    answers = (see(outlines[100:]) @ weight.T + bias).argmax(1)
    right = (answers == outline_kinds[100:]).double().mean()
    print(f"{name:9} {right:.1%} right on new outlines")
