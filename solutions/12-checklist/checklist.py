# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The checklist: the exercises
#
# Five questions sum up the course. Each has three steps:
#
# 1. **Predict.** Say what you expect, before anything runs. The check tells you whether it holds, and if
#    not, which belief you share with many others. It does not tell you the answer.
# 2. **Run.** Measure it with functions that *you* have written in earlier lessons.
# 3. **Explain.** Say in your own words why it is so. A person reads that. What they give points for
#    stands above the cell.
#
# At the end you choose, train and defend a network. The pictures and the evidence are in the
# [chapter](../../book/12-checklist.md). Try to predict before you look there.
#
# Work from top to bottom, and run this first:

# %%
try:
    from cnncourse import check, hint
except ModuleNotFoundError:  # Colab, for example, does not have the course's package yet.
    get_ipython().run_line_magic(
        "pip", "install --quiet git+https://github.com/cnncourse/cnncourse"
    )
    from cnncourse import check, hint

import torch
from torch import nn

# %% [markdown]
# An explanation is good when it is short: five sentences are plenty. Write Markdown, and use the numbers
# that you have measured. For each prediction, a dictionary is the shortest way:
#
# ```python
# return {"first question": 42, "second question": "stays"}[question]
# ```
#
# `my_answer("relu")` fetches your own function from the notebook of its lesson. Where there is none, or it is
# not right yet, it says so and gives you the course's own.

# %% [markdown]
# ## Exercise 1: why an MLP on pixels does not scale
#
# *2 points, about 10 minutes.*
#
# A picture has three channels of 224 × 224 pixels. The first layer of an MLP has 1000 units with biases.
#
# | question | you answer |
# |---|---|
# | `parameters` | how many parameters this layer has |
# | `growth` | by what factor its weights grow when both sides of the picture double |
# | `bytes` | how many bytes are tied up while it is trained: each parameter, its gradient, and what Adam keeps, 4 bytes for each number |
# | `shuffled MLP` | all pictures are shuffled in the same way, then an MLP is trained: its accuracy `"falls"`, `"stays"` or `"rises"` |
# | `shuffled CNN` | the same for a CNN |
# | `another place` | a unit of it has learned a pattern at the top left; what it knows of the pattern at the bottom right, where it never was: `"nothing"`, `"half"` or `"everything"` |
#
# Write `predict_dense`. It gets the name of a question, and returns your answer.


# %% nbgrader={"grade": false, "grade_id": "predict_dense-answer", "locked": false, "schema_version": 3, "solution": true}
def predict_dense(question: str) -> int | str:
    """What you expect: the name of a question -> a number or a word"""
    ### BEGIN SOLUTION
    return {
        "parameters": 150_529_000,
        "growth": 4,
        "bytes": 16 * 150_529_000,
        "shuffled MLP": "stays",
        "shuffled CNN": "falls",
        "another place": "nothing",
    }[question]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict_dense", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(predict_dense)

# %% [markdown]
# ### Run
#
# Your own functions count, and an MLP and a CNN learn from digits: as they are, and shuffled.

# %% tags=["raises-exception", "demo"]
from cnncourse.data.digits import digits
from cnncourse.earlier import my_answer
from cnncourse.training import accuracy, train

dense_params, training_bytes = my_answer("dense_params"), my_answer("training_bytes")
permute_pixels, small_cnn = my_answer("permute_pixels"), my_answer("SmallCNN")
print(dense_params((3, 224, 224), 1000), "parameters")
print(training_bytes(dense_params((3, 224, 224), 1000)) / 1e9, "GB to train them with Adam")


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


split = digits()
pictures = torch.cat((split.inputs, split.held_out))
shuffled, _ = permute_pixels(pictures, torch.Generator().manual_seed(0))
learn = len(split.inputs)
for name, x in (("as they are", pictures), ("shuffled", shuffled)):
    for network in (mlp, small_cnn):
        torch.manual_seed(0)
        model, chance = network(), torch.Generator().manual_seed(0)
        train(model, x[:learn], split.targets, epochs=8, generator=chance, progress=False)
        share = accuracy(model, x[learn:], split.held_out_targets)
        print(f"{name}: {network.__name__} {share:.1%}")

# %% [markdown]
# ### Explain: `explain_dense`
#
# *3 points, about 15 minutes, graded by a person.*
#
# Why does an MLP on pixels not scale, and what does the shuffle show?
#
# | points | for |
# |---|---|
# | 1 | says where the parameters come from, and how they grow with the picture |
# | 1 | uses the measured shuffle to say what an MLP does not know |
# | 1 | says what follows for a pattern at a place that was not in the training |

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_dense", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# A unit of a dense layer has a weight for each of the 150 528 numbers, so 1000 units have 150 529 000 parameters
# with their biases. Twice the side is four times the pixels, and four times the weights.
#
# After the shuffle the MLP is as good as before, and the CNN is worse. So the MLP does not use which
# pixels are neighbours: to it, a picture is a list. A CNN does, and loses that.
#
# Each pixel has a weight of its own. A pattern at a new place meets weights that have not learned it, so
# the MLP has to see every pattern at every place.

# %% [markdown]
# ## Exercise 2: what local fields and shared weights save
#
# *2 points, about 10 minutes.*
#
# Now 96 filters look at 11 × 11 pixels of three channels each, at 55 × 55 places, with biases. That is the
# first layer of AlexNet.
#
# | question | you answer |
# |---|---|
# | `local` | how many parameters there are if every place has filters and biases of its own |
# | `shared` | how many there are if all places share them |
# | `factor` | how many times fewer that is |
# | `products` | how many products the shared layer needs for one picture, compared with the other one: `"fewer"`, `"the same"` or `"more"` |
# | `larger picture, local` | both sides of the picture double; how many parameters the layer without sharing has then: `"the same"`, `"twice"` or `"four times"`, roughly |
# | `larger picture, shared` | the same for the layer with sharing |
# | `dense` | whether a dense layer could do what a convolution does, with the right weights: `"always"`, `"sometimes"` or `"never"` |
#
# Write `predict_sharing`. It gets the name of a question, and returns your answer.


# %% nbgrader={"grade": false, "grade_id": "predict_sharing-answer", "locked": false, "schema_version": 3, "solution": true}
def predict_sharing(question: str) -> int | str:
    """What you expect: the name of a question -> a number or a word"""
    ### BEGIN SOLUTION
    return {
        "local": 105_705_600,
        "shared": 34_944,
        "factor": 55 * 55,
        "products": "the same",
        "larger picture, local": "four times",
        "larger picture, shared": "the same",
        "dense": "always",
    }[question]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict_sharing", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(predict_sharing)

# %% [markdown]
# ### Run
#
# Your own functions count. Then your `conv_matrix` shows what is left of a dense layer: mostly zeros, and the
# same few weights again and again.

# %% tags=["raises-exception", "demo"]
from cnncourse.earlier import my_answer

untied_params, shared_params = my_answer("untied_params"), my_answer("shared_params")
conv_matrix, conv_macs = my_answer("conv_matrix"), my_answer("conv_macs")
print("local ", untied_params(3, 96, 11, 55, 55))
print("shared", shared_params(3, 96, 11))
print("products", conv_macs(3, 96, 11, 55, 55), "with sharing and without")
matrix = conv_matrix(torch.randn(3, 3), 16, 16)
weights = matrix[matrix != 0]
print(f"{matrix.numel()} numbers, {len(weights)} not zero, {len(weights.unique())} different")

# %% [markdown]
# ### Explain: `explain_sharing`
#
# *3 points, about 15 minutes, graded by a person.*
#
# What do local receptive fields save, what does sharing save, and what does it cost?
#
# | points | for |
# |---|---|
# | 1 | keeps the two savings apart: fewer connections, and equal weights |
# | 1 | says what sharing does not save, and why |
# | 1 | names the assumption behind it, and a case where that is wrong |

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_sharing", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Two things are saved. A local unit sees 11 × 11 pixels instead of all of them, so most connections are
# gone. Sharing makes the weights equal at all 55 · 55 = 3025 places: 34 944 parameters instead of
# 105 705 600.
#
# Sharing saves no products: the filter is applied at each place all the same.
#
# The assumption is that what is worth finding at one place is worth finding at every place. Where the place
# has a meaning of its own, as in portraits that are all cut alike, that is wrong, and filters for each
# place can be better.

# %% [markdown]
# ## Exercise 3: what moves along, and what stays
#
# *2 points, about 15 minutes.*
#
# The picture moves to the right; what leaves it comes back in at the left. What does the output do? It
# `"moves along"`, by as many pixels, or by half as many behind a step of two; it `"stays"`, number for
# number; or `"neither"`. Unless it says otherwise, the move is by one pixel, and the picture is any picture.
#
# | question | you answer |
# |---|---|
# | `convolution, around the border` | a 3 × 3 convolution whose padding goes on at the other side |
# | `convolution, zeros at the border` | a 3 × 3 convolution padded with zeros, the border included |
# | `ReLU` | a ReLU |
# | `max pooling, one pixel` | max pooling of 2 × 2 values, in steps of two |
# | `max pooling, two pixels` | the same, and the picture moves by two pixels |
# | `global average` | a convolution that goes around the border, a ReLU, the average of each map |
# | `flatten and dense` | all pixels in a row, and a dense layer on them |
# | `quarter turn` | the convolution that goes around the border, but the picture *turns* by a quarter; does the map turn along? |
#
# Write `predict_moving`. It gets the name of a question, and returns your answer.


# %% nbgrader={"grade": false, "grade_id": "predict_moving-answer", "locked": false, "schema_version": 3, "solution": true}
def predict_moving(question: str) -> int | str:
    """What you expect: the name of a question -> a number or a word"""
    ### BEGIN SOLUTION
    return {
        "convolution, around the border": "moves along",
        "convolution, zeros at the border": "neither",
        "ReLU": "moves along",
        "max pooling, one pixel": "neither",
        "max pooling, two pixels": "moves along",
        "global average": "stays",
        "flatten and dense": "neither",
        "quarter turn": "neither",
    }[question]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict_moving", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(predict_moving)

# %% [markdown]
# ### Run
#
# Your own `equivariance_error` and `invariance_error` measure it. Zero means: exactly. (What is below
# 1e-12 is rounding.)

# %% tags=["raises-exception", "demo"]
from cnncourse.earlier import my_answer
from torch.nn import functional as F

equivariance_error = my_answer("equivariance_error")
invariance_error = my_answer("invariance_error")
chance = torch.Generator().manual_seed(0)
x = torch.randn(1, 3, 16, 16, generator=chance, dtype=torch.float64)
weight = torch.randn(4, 3, 3, 3, generator=chance, dtype=torch.float64)


def around(x):
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), weight)


def zeros(x):
    return F.conv2d(x, weight, padding=1)


def pooled(x):
    return F.max_pool2d(x, 2)


def average(x):
    return around(x).relu().mean((2, 3), keepdim=True)


moves = {
    "around the border": equivariance_error(around, x, (0, 1)),
    "zeros at the border": equivariance_error(zeros, x, (0, 1)),
    "zeros, inside": equivariance_error(zeros, x, (0, 1), margin=2),
    "max pooling, two pixels": equivariance_error(pooled, x, (0, 2), stride=2),
}
stays = {
    "around the border": invariance_error(around, x, (0, 1)),
    "max pooling, one pixel": invariance_error(pooled, x, (0, 1)),
    "global average": invariance_error(average, x, (0, 1)),
}
for words, errors in (("moves along", moves), ("stays", stays)):
    for name, error in errors.items():
        print(f"{words}: {name:<24} is off by {error:.2g}")

# %% [markdown]
# ### Explain: `explain_moving`
#
# *3 points, about 15 minutes, graded by a person.*
#
# Where does a CNN move along with its input, where does it not, and what makes its answer stay?
#
# | points | for |
# |---|---|
# | 1 | says what equivariance and invariance are, and that they differ |
# | 1 | explains two measured errors: of a border, a stride, or pooling |
# | 1 | says what makes a whole classifier nearly invariant, and what does not |

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_moving", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Equivariant means that the map moves as the picture does. Invariant means that nothing changes. A
# convolution is equivariant and not invariant.
#
# With zeros at the border the error is not 0, because a kernel there sees zeros that it sees nowhere else;
# inside it is 0. Max pooling in steps of two is in step with moves by two pixels; a move by one changes
# which pixels share a window, so it neither moves along nor stays.
#
# A global average (or maximum) of an equivariant map is invariant. Pooling of 2 × 2 alone is not, and a
# dense layer on the flattened map undoes what was gained: it has a weight for each place.

# %% [markdown]
# ## Exercise 4: depth, degradation, shortcuts
#
# *2 points, about 15 minutes.*
#
# Three convolutions of 3 × 3 stand in a row, with stride 1. Later, plain networks of 20 and of 56 layers are
# trained alike.
#
# | question | you answer |
# |---|---|
# | `sees` | how many pixels one value behind the three layers sees, along one side |
# | `weights` | how many weights the three have together, with 64 channels everywhere and no biases |
# | `without ReLU` | how many layers do the same as these three, if nothing stands between them |
# | `training error` | the error of 56 plain layers on the examples they learn from, compared with 20: `"lower"`, `"the same"` or `"higher"` |
# | `reason` | what it is: `"overfitting"`, `"too few parameters"` or `"hard to train"` |
# | `could copy` | whether 56 layers could do what the 20 do: `"yes"` or `"no"` |
# | `shortcut` | how many parameters a shortcut has where the shape stays |
# | `sleeping branch` | a block gives x + f(x), and f gives zeros whatever x is; how much of the gradient comes back to x: `"none"`, `"half"` or `"all"` |
#
# Write `predict_depth`. It gets the name of a question, and returns your answer.


# %% nbgrader={"grade": false, "grade_id": "predict_depth-answer", "locked": false, "schema_version": 3, "solution": true}
def predict_depth(question: str) -> int | str:
    """What you expect: the name of a question -> a number or a word"""
    ### BEGIN SOLUTION
    return {
        "sees": 7,
        "weights": 3 * 9 * 64 * 64,
        "without ReLU": 1,
        "training error": "higher",
        "reason": "hard to train",
        "could copy": "yes",
        "shortcut": 0,
        "sleeping branch": "all",
    }[question]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict_depth", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(predict_depth)

# %% [markdown]
# ### Run
#
# Fifty layers, once plain and once with shortcuts, made of your own `relu` and started by your own `he_init`.
# A gradient of size 1 starts at the last layer. How large is it when it arrives at the first? Then the same
# with weights that are a little too small.

# %% tags=["raises-exception", "demo"]
from cnncourse.earlier import my_answer

receptive_field, relu = my_answer("receptive_field"), my_answer("relu")
he_init = my_answer("he_init")
print("three layers see", receptive_field([(3, 1, 1)] * 3)[0], "pixels")
for start in (1.0, 0.7):
    for shortcut in (False, True):
        chance = torch.Generator().manual_seed(0)
        x = first = torch.randn(32, 64, generator=chance).requires_grad_()
        for _ in range(50):
            branch = relu(x @ (start * he_init((64, 64), chance)).T)
            x = x + 0.1 * branch if shortcut else branch
        of_size_one = torch.full_like(x, x.numel() ** -0.5)
        [gradient] = torch.autograd.grad(x, first, of_size_one)
        words = "with shortcuts" if shortcut else "plain"
        print(f"He's start times {start:g}, {words}: {gradient.norm():.2g} arrives")

# %% [markdown]
# ### Explain: `explain_depth`
#
# *3 points, about 15 minutes, graded by a person.*
#
# Why deep, why not deeper, and what do shortcuts change?
#
# | points | for |
# |---|---|
# | 1 | says what several small layers have over one large one |
# | 1 | says why degradation is not overfitting, from the training error |
# | 1 | says what a shortcut changes, for the gradient or for what is learned |

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_depth", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Three layers of 3 × 3 see 7 × 7 pixels with 27 C² weights instead of 49 C², and there are ReLUs between
# them, so they can do more.
#
# The plain network of 56 layers has a higher *training* error than the one of 20. An overfitted network
# would have a low one. It could copy the shallow one, so the solution exists; training does not find it.
#
# With x + f(x), a block that does nothing is easy: f = 0. And the gradient comes back through the sum whole,
# whatever f does, so the first layers hear of the loss.

# %% [markdown]
# ## Exercise 5: CNN or ViT?
#
# *2 points, about 15 minutes.*
#
# Pictures of 224 × 224 pixels are cut into patches of 16 × 16.
#
# | question | you answer |
# |---|---|
# | `few pictures` | 500 examples, and nothing is pre-trained: `"CNN"` or `"ViT"` |
# | `many pictures` | 300 million pictures to pre-train on; which had the higher accuracy on ImageNet in the ViT paper: `"CNN"` or `"ViT"` |
# | `large on ImageNet` | pre-trained on ImageNet alone, was ViT-Large `"better"` than ViT-Base, `"the same"`, or `"worse"`? |
# | `patches` | how many patches there are |
# | `mixing` | by what factor the pairs of patches grow when both sides of the picture double |
# | `first step` | cutting into patches, and a linear map of each, is one convolution; its stride |
# | `order` | a ViT without positions gets the patches in another order; the mean of its tokens at the end: does it `"stay"` or `"change"`? |
# | `faster` | what tells which of two networks is faster on your machine: counting `"parameters"`, counting `"products"`, or `"measuring"` |
#
# Write `predict_backbone`. It gets the name of a question, and returns your answer.


# %% nbgrader={"grade": false, "grade_id": "predict_backbone-answer", "locked": false, "schema_version": 3, "solution": true}
def predict_backbone(question: str) -> int | str:
    """What you expect: the name of a question -> a number or a word"""
    ### BEGIN SOLUTION
    return {
        "few pictures": "CNN",
        "many pictures": "ViT",
        "large on ImageNet": "worse",
        "patches": 14 * 14,
        "mixing": 16,
        "first step": 16,
        "order": "stay",
        "faster": "measuring",
    }[question]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict_backbone", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(predict_backbone)

# %% [markdown]
# ### Run
#
# A CNN and a small transformer learn from few signals and from more: MNIST-1D, one dimension instead of two.
# (About half a minute. The chapter has the same with more examples, and longer training.)

# %% tags=["raises-exception", "demo"]
from cnncourse.data.mnist1d import mnist1d
from cnncourse.models.mnist1d import PatchTransformer, pooled_cnn
from cnncourse.training import accuracy, train

for examples in (500, 2000):
    split = mnist1d(examples + 1000, held_out=1000 / (examples + 1000))
    for network in (pooled_cnn, PatchTransformer):
        torch.manual_seed(0)
        model, chance = network(), torch.Generator().manual_seed(0)
        epochs = 40_000 // examples  # as many steps for both sizes
        train(model, split.inputs, split.targets, epochs=epochs, generator=chance, progress=False)
        share = accuracy(model, split.held_out, split.held_out_targets)
        print(f"{examples} examples: {network.__name__} {share:.1%}")

# %% [markdown]
# ### Explain: `explain_backbone`
#
# *3 points, about 15 minutes, graded by a person.*
#
# Choose one. (a) A clinic has 800 labelled pictures, no network that was trained on similar ones, and a small
# computer. (b) A shop has ten million labelled pictures and ViTs and CNNs that were pre-trained on many
# more, and answers must come within 20 ms. CNN or ViT, and why?
#
# | points | for |
# |---|---|
# | 1 | decides for one of the two situations, and says what decides |
# | 1 | uses a measured number: of accuracy, time, or the amount of data |
# | 1 | says what would change the decision |

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_backbone", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# (a) A CNN. With 500 examples of MNIST-1D the CNN with global pooling had 94 %, the transformer 70 %: it has
# to learn from examples that near values belong together, and a CNN is born with that. The lead shrinks
# with more data.
#
# With a network that was pre-trained on similar pictures I would decide anew, and fine-tune both. The small
# computer alone decides nothing: I would measure the time of both, because neither parameters nor products
# tell it.

# %% [markdown]
# ## Exercise 6: a network of your own
#
# *4 points, about 45 minutes.*
#
# Small pictures of 20 × 20 pixels show a disc, a square, a triangle or a cross. Your network learns from 400 of
# them, and in all of these **the middle of the shape is in the left half**. Then it is tested, on as many shapes at the
# right as at the left. It may have **3 000 parameters** at most.
#
# Write the class `ChosenNet`.
#
# - `ChosenNet(in_channels=1, classes=4)` is an `nn.Module`.
# - `forward` takes pictures (N, in_channels, 20, 20), and returns scores (N, classes), without a softmax.
# - Use whatever of PyTorch you like, but nothing that is pre-trained.
# - The grader trains it with the course's loop (AdamW, 20 epochs), twice, and the better one counts. 75 % right
#   is where points start, and 95 % earns them all.
#
# The five questions tell you what to choose. Try more than one network: you will have to defend yours.


# %% nbgrader={"grade": false, "grade_id": "ChosenNet-answer", "locked": false, "schema_version": 3, "solution": true}
class ChosenNet(nn.Module):
    """Scores for shapes. x (N, in_channels, 20, 20) -> (N, classes)"""

    def __init__(self, in_channels: int = 1, classes: int = 4) -> None:
        ### BEGIN SOLUTION
        super().__init__()
        self.see = nn.Sequential(
            nn.Conv2d(in_channels, 12, 3, padding=1),
            nn.BatchNorm2d(12),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 20, 3, padding=1),
            nn.BatchNorm2d(20),
            nn.ReLU(),
        )
        self.decide = nn.Linear(20, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decide(self.see(x).amax((2, 3)))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ChosenNet", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(ChosenNet)

# %% [markdown]
# ### Run: the report
#
# This trains your network as the grader does, and shows it from all sides. `report.save("report.html")` keeps
# the page.

# %% tags=["raises-exception", "demo"]
from cnncourse.data.shapes import SHAPES
from cnncourse.inspection.network_report import network_report
from cnncourse.recipes.checklist import EPOCHS, MOST_PARAMETERS, left_and_right
from cnncourse.training import train

split = left_and_right(torch.Generator().manual_seed(0))
torch.manual_seed(0)
model = ChosenNet()
losses = train(
    model, split.inputs, split.targets, epochs=EPOCHS, generator=torch.Generator().manual_seed(0)
)
report = network_report(
    model,
    split,
    SHAPES,
    history=losses,
    budget=MOST_PARAMETERS,
    groups={"left": slice(0, None, 2), "right": slice(1, None, 2)},
)
report

# %% [markdown]
# ### Explain: `defend_network`
#
# *5 points, about 30 minutes, graded by a person.*
#
# Defend your network. The report is your evidence: quote its numbers.
#
# | points | for |
# |---|---|
# | 1 | says what the parameters are spent on, from the report |
# | 2 | gives a reason for each kind of layer, from the five questions |
# | 1 | names a network that was tried and rejected, with its numbers |
# | 1 | looks at the errors, and says what the network still does not know |

# %% [markdown] nbgrader={"grade": true, "grade_id": "defend_network", "locked": false, "points": 5, "schema_version": 3, "solution": true}
# It has 2 448 parameters, and 2 180 of them are in the second convolution. The linear layer has 84.
#
# Convolutions, because a shape at the right meets the same weights as at the left (questions 1 and 2). One
# pooling of 2 and a second convolution, so that a value sees 8 × 8 pixels, which is most of a shape
# (question 4). BatchNorm, because 20 epochs are few. The largest value of each map at the end, because it
# does not say where it was (question 3).
#
# I tried flattening instead: it has 2 200 parameters, and about 90 % are right at the left, but no more than
# half at the right, as it has weights for places where no shape ever was. Without BatchNorm, about 97 % are right.
#
# Its one error in the report is a small square that it took for a disc: with few pixels and much noise, the
# corners are hard to see. It knows nothing of shapes that are turned or larger than those it has seen: nothing
# in it says that these are the same.
