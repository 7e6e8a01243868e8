# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # An MLP on pixels: the exercises
#
# Six functions. Two count what a dense layer costs. Two are a whole network, forwards and backwards.
# The last two shuffle the pixels of an image and show what such a network does not know. The ideas
# are in the [chapter on MLPs and pixels](../../book/01-mlp-scaling.md). Keep it open beside this
# notebook.
#
# Each exercise has the same four parts:
#
# 1. **The task.** What the function gets, what it returns, and what it must not do.
# 2. **The answer cell.** Replace the two lines under the docstring with your code. Run the cell with
#    `Shift`+`Enter`.
# 3. **An example to try.** Small enough to work out on paper.
# 4. **The check.** Run it as often as you like. It tells you *what* went wrong, and why.
#
# Stuck? Make a new cell and run `hint(dense_params)`. A second hint says more: `hint(dense_params, 2)`.
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

# %% [markdown]
# ## Exercise 1: count a dense layer
#
# *2 points, about 10 minutes.*
#
# In a *dense* layer every unit looks at every number of the input. It has one weight for each of them,
# and one bias.
#
# Write `dense_params`. It returns how many parameters such a layer has.
#
# - `in_shape` is the shape of one input, such as `(3, 224, 224)`: a colour image of 224 × 224 pixels.
#   There is no batch in it. It may also be one number: 784 means the same as `(784,)`.
# - `hidden` is the number of units.
# - With `bias=False` the units have no bias.
# - The result is a whole number: an `int`, not a `float`.
# - A size below 1 raises `ValueError`. (The check reminds you of that. It costs no points.)


# %% nbgrader={"grade": false, "grade_id": "dense_params-answer", "locked": false, "schema_version": 3, "solution": true}
def dense_params(in_shape: int | tuple[int, ...], hidden: int, bias: bool = True) -> int:
    """How many parameters one dense layer has."""
    ### BEGIN SOLUTION
    sides = [in_shape] if isinstance(in_shape, int) else list(in_shape)
    inputs = 1
    for side in sides:
        if side < 1:
            raise ValueError(f"An input cannot have the sides {sides}.")
        inputs = inputs * side
    per_unit = inputs + 1 if bias else inputs
    return hidden * per_unit
    ### END SOLUTION


# %% [markdown]
# An image of 2 × 2 pixels in three colours holds 12 numbers. Each of ten units has 12 weights and a
# bias. So this should say 130:

# %% tags=["raises-exception"]
dense_params((3, 2, 2), hidden=10)

# %% nbgrader={"grade": true, "grade_id": "dense_params", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(dense_params)

# %% [markdown]
# ## Exercise 2: the memory that training takes
#
# *2 points, about 10 minutes.*
#
# A network that is trained needs room for more than its weights:
#
# - the **weights** themselves;
# - a **gradient** for each weight;
# - what the **optimizer** remembers from one step to the next. Plain `"sgd"` remembers nothing.
#   `"momentum"` remembers one number for each weight, `"adam"` remembers two.
#
# Write `training_bytes`. It returns how many bytes that is for `params` parameters.
#
# - Every one of these numbers takes up `bytes_per_value` bytes: 4 for `float32`.
# - The result is a whole number of bytes. Do not turn it into megabytes.
# - A name that is none of the three raises `ValueError` with a message.
# - What the network computes on the way, its activations, is left out here.


# %% nbgrader={"grade": false, "grade_id": "training_bytes-answer", "locked": false, "schema_version": 3, "solution": true}
def training_bytes(params: int, bytes_per_value: int = 4, optimizer: str = "adam") -> int:
    """The bytes for weights, gradients and what the optimizer remembers."""
    ### BEGIN SOLUTION
    remembered = {"sgd": 0, "momentum": 1, "adam": 2}
    if optimizer not in remembered:
        raise ValueError(f"There is no optimizer {optimizer!r}.")
    if params < 0 or bytes_per_value < 1:
        raise ValueError("There cannot be less than nothing.")
    numbers = 1 + 1 + remembered[optimizer]
    return params * numbers * bytes_per_value
    ### END SOLUTION


# %% [markdown]
# Ten parameters. With Adam each of them comes with three more numbers, so there are 40 numbers of 4
# bytes: 160. With plain SGD and 2 bytes a number it is 40:

# %% tags=["raises-exception"]
training_bytes(10), training_bytes(10, bytes_per_value=2, optimizer="sgd")

# %% nbgrader={"grade": true, "grade_id": "training_bytes", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(training_bytes)

# %% [markdown]
# ## Exercise 3: a network, forwards
#
# *2 points, about 20 minutes.*
#
# A multilayer perceptron, MLP for short, is a stack of dense layers. Between two layers stands ReLU,
# which turns everything below zero into zero. Behind the last layer there is no ReLU, because the
# output may be negative.
#
# Write `mlp_forward`.
#
# - `x` has shape `(N, D0)`: one row for each of N examples.
# - `weights` is a list. `weights[0]` has shape `(D1, D0)`, `weights[1]` has shape `(D2, D1)`, and so on.
#   One **row** of a weight belongs to one unit.
# - `biases` is a list of the same length. `biases[0]` has shape `(D1,)`, and so on.
# - There may be one layer, or two, or ten. The result has one row for each example and one column for
#   each unit of the last layer.
# - The result has the type and the device of `x`. Gradients flow through it to `x`, to the weights and
#   to the biases, so no `.detach()`, no `.numpy()`, no `torch.no_grad()`. The arguments stay as they
#   are.
# - Sizes that do not go together raise `ValueError`. (No points.)
# - **Not allowed**: the library's dense layer (`nn.Linear`, `F.linear`). `@`, `torch.matmul`, `einsum`
#   and `torch.addmm` are fine.


# %% nbgrader={"grade": false, "grade_id": "mlp_forward-answer", "locked": false, "schema_version": 3, "solution": true}
def mlp_forward(
    x: torch.Tensor, weights: list[torch.Tensor], biases: list[torch.Tensor]
) -> torch.Tensor:
    """Dense layers with ReLU between them.

    x (N, D0), weights[i] (D_i+1, D_i), biases[i] (D_i+1,) -> (N, D_last)
    """
    ### BEGIN SOLUTION
    if len(weights) != len(biases):
        raise ValueError("Every layer needs a weight and a bias.")
    last = len(weights) - 1
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if x.shape[1] != weight.shape[1] or bias.shape != weight.shape[:1]:
            raise ValueError(f"Layer {number} does not fit what it is given.")
        x = x @ weight.T + bias
        if number < last:
            x = torch.relu(x)
    return x
    ### END SOLUTION


# %% [markdown]
# One number goes in, two hidden units take it times 1 and times −1, and the output takes 10 times the
# first plus 1 times the second, plus 0.5. For 3 the hidden units give 3 and 0, and the output is 30.5.
# For −2 they give 0 and 2, and the output is 2.5:

# %% tags=["raises-exception"]
mlp_forward(
    torch.tensor([[3.0], [-2.0]]),
    weights=[torch.tensor([[1.0], [-1.0]]), torch.tensor([[10.0, 1.0]])],
    biases=[torch.zeros(2), torch.tensor([0.5])],
)

# %% nbgrader={"grade": true, "grade_id": "mlp_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(mlp_forward)

# %% [markdown]
# ## Exercise 4: a network, backwards
#
# *4 points, about 45 minutes.*
#
# To learn, the network must know how the loss changes with each of its weights and biases. It is told
# how the loss changes with each *output*: that is `grad_out`. From there you walk back, layer by layer.
# Three questions are answered at each layer:
#
# - Its **bias** was added to every example. How much do all examples together say about it?
# - Its **weight** was multiplied with what the layer was given. So that is needed again: go forwards
#   first, and keep it.
# - What it was **given** came through ReLU from the layer before. Where ReLU gave zero nothing comes
#   back. The rest is the `grad_out` of the layer before.
#
# Write `mlp_backward`. It returns two lists, `(grad_weights, grad_biases)`, in the order of `weights`
# and `biases`.
#
# - `x`, `weights` and `biases` are as in exercise 3. `grad_out` has the shape of the output.
# - Each gradient has the shape of the thing that it belongs to, and the type and device of `x`. The
#   arguments stay as they are.
# - Sizes that do not go together raise `ValueError`. (No points.)
# - **Not allowed**: letting PyTorch differentiate for you (`torch.autograd`, `.backward()`,
#   `torch.func`).


# %% nbgrader={"grade": false, "grade_id": "mlp_backward-answer", "locked": false, "schema_version": 3, "solution": true}
def mlp_backward(
    x: torch.Tensor,
    weights: list[torch.Tensor],
    biases: list[torch.Tensor],
    grad_out: torch.Tensor,
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The gradients of all weights and biases.

    grad_out (N, D_last) -> grad_weights, grad_biases: shaped as weights and biases
    """
    ### BEGIN SOLUTION
    if grad_out.shape != (x.shape[0], weights[-1].shape[0]):
        raise ValueError("grad_out needs a row per example and a column per output.")
    inputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        inputs.append(torch.relu(inputs[-1] @ weight.T + bias))
    grad_weights = [None] * len(weights)
    grad_biases = [None] * len(weights)
    for number in range(len(weights) - 1, -1, -1):
        grad_weights[number] = grad_out.T @ inputs[number]
        grad_biases[number] = grad_out.sum(dim=0)
        passed = inputs[number] > 0
        grad_out = torch.where(passed, grad_out @ weights[number], 0.0)
    return grad_weights, grad_biases
    ### END SOLUTION


# %% [markdown]
# The network of exercise 3, with 3 going in and 2 as `grad_out`. The hidden units were 3 and 0, so the
# last weight gets 2 · 3 = 6 and 0. Back through the weights 10 and 1 come 20 and 2, but the second
# unit was silent, so the first layer is told 20 and 0. Its weight gets 3 · 20 = 60 and 0:

# %% tags=["raises-exception"]
mlp_backward(
    torch.tensor([[3.0]]),
    weights=[torch.tensor([[1.0], [-1.0]]), torch.tensor([[10.0, 1.0]])],
    biases=[torch.zeros(2), torch.zeros(1)],
    grad_out=torch.tensor([[2.0]]),
)

# %% nbgrader={"grade": true, "grade_id": "mlp_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(mlp_backward)

# %% [markdown]
# ## Exercise 5: shuffle the pixels
#
# *2 points, about 15 minutes.*
#
# Flatten every image to a row of D numbers. Draw *one* order of the numbers 0 to D − 1, and put all
# rows into that order. The images are unreadable now, but a pixel still means the same thing in each of
# them.
#
# Write `permute_pixels`. It returns `(permuted, perm)`.
#
# - `images` has shape `(N, ...)`: N images, of any shape. `permuted` has the same shape.
# - `perm` holds each of the numbers 0 to D − 1 once. Place `j` of a permuted image holds what was at
#   place `perm[j]`: `permuted.flatten(1) == images.flatten(1)[:, perm]`.
# - All D numbers of an image are shuffled, channels included.
# - All chance comes from `generator`, a `torch.Generator`: the same state of it gives the same order.
# - The type and the device stay, gradients flow through, and `images` stays as it is.


# %% nbgrader={"grade": false, "grade_id": "permute_pixels-answer", "locked": false, "schema_version": 3, "solution": true}
def permute_pixels(
    images: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Shuffle the numbers of all images, in the same order in each of them.

    images (N, ...) -> permuted (N, ...), perm (D,)
    """
    ### BEGIN SOLUTION
    rows = images.reshape(images.shape[0], -1)
    places = rows.shape[1]
    perm = torch.randperm(places, generator=generator)
    permuted = rows[:, perm].reshape_as(images)
    return permuted, perm
    ### END SOLUTION


# %% [markdown]
# Two images of three numbers. Whatever the order is, both rows must show it: where the 5 is above,
# there is the 50 below.

# %% tags=["raises-exception"]
permute_pixels(torch.tensor([[5, 6, 7], [50, 60, 70]]), torch.Generator().manual_seed(1))

# %% nbgrader={"grade": true, "grade_id": "permute_pixels", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(permute_pixels)

# %% [markdown]
# ## Exercise 6: an MLP cannot tell
#
# *2 points, about 15 minutes.*
#
# Somebody has trained an MLP, and then all pixels are shuffled by `perm`. Must it be trained again? No:
# it is enough to reconnect its first layer, so that each weight meets the pixel that it was made for.
#
# Write `rewire`. It returns the new weight of the first layer.
#
# - `weight` has shape `(hidden, D)`, as in exercise 3, and so has the result. `perm` is as in exercise 5.
# - On permuted pixels the new weight gives what the old one gave on the original pixels.
# - The type and the device stay, gradients flow through, and `weight` stays as it is.
# - If `perm` is no order of D pixels, raise `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "rewire-answer", "locked": false, "schema_version": 3, "solution": true}
def rewire(weight: torch.Tensor, perm: torch.Tensor) -> torch.Tensor:
    """The first weight of an MLP, reconnected for permuted pixels.

    weight (hidden, D), perm (D,) -> (hidden, D)
    """
    ### BEGIN SOLUTION
    if sorted(perm.tolist()) != list(range(weight.shape[1])):
        raise ValueError("perm must hold every pixel once.")
    return weight.index_select(1, perm.to(weight.device))
    ### END SOLUTION


# %% [markdown]
# One unit, three pixels, with the weights 1, 10 and 100. The image `[5, 6, 7]` in the order `[2, 0, 1]`
# is `[7, 5, 6]`. The 7 must meet its weight 100 again, the 5 its 1, and the 6 its 10. So this should
# say `[[100., 1., 10.]]`:

# %% tags=["raises-exception"]
rewire(torch.tensor([[1.0, 10.0, 100.0]]), torch.tensor([2, 0, 1]))

# %% nbgrader={"grade": true, "grade_id": "rewire", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(rewire)

# %% [markdown]
# ## Play with what you built
#
# Nothing here is graded. First the demo of the chapter, which asks *your* `dense_params` now. Move the
# sliders.

# %% tags=["demo"]
from cnncourse.widgets.mlp_scaling import MlpScaling

MlpScaling(function=dense_params)

# %% [markdown]
# And here everything comes together. Your `mlp_forward` and `mlp_backward` learn to read handwritten
# digits of 8 × 8 pixels. It takes a few seconds.

# %% tags=["demo", "raises-exception"]
from cnncourse.data.digits import digits

split = digits()
chance = torch.Generator().manual_seed(0)
weights = [
    torch.randn(32, 64, generator=chance) * (2 / 64) ** 0.5,
    torch.randn(10, 32, generator=chance) * (2 / 32) ** 0.5,
]
biases = [torch.zeros(32), torch.zeros(10)]


def share_right(images, weights):
    votes = mlp_forward(images.flatten(1), weights, biases).argmax(1)
    return (votes == split.held_out_targets).float().mean().item()


for _ in range(30):
    for batch in torch.randperm(len(split.inputs), generator=chance).split(64):
        x = split.inputs[batch].flatten(1)
        # How the loss changes with the outputs: what the network believes, minus the truth.
        grad_out = mlp_forward(x, weights, biases).softmax(1)
        grad_out[torch.arange(len(batch)), split.targets[batch]] -= 1
        grads = mlp_backward(x, weights, biases, grad_out / len(batch))
        for parameter, grad in zip([*weights, *biases], [*grads[0], *grads[1]], strict=True):
            parameter -= 0.2 * grad
print(f"right on digits that it has never seen: {share_right(split.held_out, weights):.1%}")

# %% [markdown]
# Now shuffle the pixels. Predict the two numbers before you run the cell.

# %% tags=["demo", "raises-exception"]
shuffled, perm = permute_pixels(split.held_out, torch.Generator().manual_seed(1))
print(f"shuffled, the same network: {share_right(shuffled, weights):.1%}")
rewired = [rewire(weights[0], perm), *weights[1:]]
print(f"shuffled, rewired:          {share_right(shuffled, rewired):.1%}")
