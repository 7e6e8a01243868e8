"""freeze_backbone: a new head, and everything else stays as it is, BatchNorm too."""

from __future__ import annotations

from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.grading.run_transfer import Transfer
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.recipes.representations import backbone
from cnncourse.reference.representations import freeze_backbone, hold_still


def network(
    nested: bool = False, double: bool = False, old: int = 4, new: int | None = None
) -> Make:
    """A network with a head for `old` classes, which is to get one for others."""

    def make(generator: Generator) -> Arguments:
        options = {"seed": whole(generator, 0, 2**30), "classes": old}
        recipe = Recipe(backbone, {**options, "nested": nested, "double": double})
        name = "classifier.1" if nested else "head"
        classes = new or whole(generator, 7, 9)
        return {"model": recipe, "head_name": name, "classes": classes}

    return make


def without_a_step(model, head_name, classes):
    """The oracle: momentum 0, and flags one by one."""
    parent, _, name = head_name.rpartition(".")
    owner = model
    for part in parent.split(".") if parent else ():
        owner = getattr(owner, part)
    old = getattr(owner, name, None)
    if old is None:
        raise ValueError("no such head")
    size = {"dtype": old.weight.dtype, "device": old.weight.device}
    setattr(owner, name, nn.Linear(old.in_features, classes, **size))
    mine = {id(one) for one in getattr(owner, name).parameters()}
    for one in model.parameters():
        one.requires_grad = id(one) in mine
    for module in model.modules():
        if hasattr(module, "running_mean"):
            module.momentum = 0.0
    return [one for one in model.parameters() if one.requires_grad]


def norms(model):
    return [one for one in model.modules() if isinstance(one, (nn.BatchNorm1d, nn.BatchNorm2d))]


def new_head(model, head_name, classes):
    old = model.get_submodule(head_name)
    head = nn.Linear(old.in_features, classes).to(old.weight)
    parent, _, name = head_name.rpartition(".")
    setattr(model.get_submodule(parent), name, head)
    return head


def lets_batchnorm_drift(model, head_name, classes):
    model.requires_grad_(False)
    return list(new_head(model, head_name, classes).parameters())


def switches_to_eval_mode_once(model, head_name, classes):
    trained = lets_batchnorm_drift(model, head_name, classes)
    # A loop that never calls `model.train()` would be fine with it.
    for norm in norms(model):
        norm.eval()
    return tuple(trained)


def holds_the_outer_norms_only(model, head_name, classes):
    trained = lets_batchnorm_drift(model, head_name, classes)
    for child in model.children():
        if child in norms(model):
            hold_still(child)
    return trained


def holds_two_dimensions_only(model, head_name, classes):
    trained = lets_batchnorm_drift(model, head_name, classes)
    for norm in norms(model):
        if isinstance(norm, nn.BatchNorm2d):
            hold_still(norm)
    return trained


def sets_momentum_to_none(model, head_name, classes):
    trained = lets_batchnorm_drift(model, head_name, classes)
    for norm in norms(model):
        norm.momentum = None
    return trained


def freezes_the_head_too(model, head_name, classes):
    trained = freeze_backbone(model, head_name, classes)
    model.requires_grad_(False)
    return trained


def only_leaves_them_out(model, head_name, classes):
    for norm in norms(model):
        hold_still(norm)
    return list(new_head(model, head_name, classes).parameters())


def freezes_the_convolutions_only(model, head_name, classes):
    trained = freeze_backbone(model, head_name, classes)
    for module in model.modules():
        if not isinstance(module, nn.Conv2d):
            module.requires_grad_(True)
    return [one for one in model.parameters() if one.requires_grad and trained]


def returns_every_parameter(model, head_name, classes):
    freeze_backbone(model, head_name, classes)
    return list(model.parameters())


def returns_what_is_frozen(model, head_name, classes):
    freeze_backbone(model, head_name, classes)
    return [one for one in model.parameters() if not one.requires_grad]


def forgets_the_bias(model, head_name, classes):
    return freeze_backbone(model, head_name, classes)[:1]


def keeps_a_head_that_fits(model, head_name, classes):
    old = model.get_submodule(head_name)
    if old.out_features != classes:
        return freeze_backbone(model, head_name, classes)
    freeze_backbone(model, head_name, classes)
    parent, _, name = head_name.rpartition(".")
    setattr(model.get_submodule(parent), name, old.requires_grad_(True))
    return list(old.parameters())


def keeps_the_old_head(model, head_name, classes):
    head = model.get_submodule(head_name)
    model.requires_grad_(False)
    for norm in norms(model):
        hold_still(norm)
    return list(head.requires_grad_(True).parameters())


def replaces_every_linear_layer(model, head_name, classes):
    freeze_backbone(model, head_name, classes)
    model.dense.reset_parameters()
    return list(model.get_submodule(head_name).parameters())


def starts_the_statistics_anew(model, head_name, classes):
    trained = freeze_backbone(model, head_name, classes)
    for norm in norms(model):
        norm.reset_running_stats()
    return trained


def sets_an_attribute_with_a_dot(model, head_name, classes):
    for norm in norms(model):
        hold_still(norm)
    old = model.get_submodule(head_name)
    model.requires_grad_(False)
    head = nn.Linear(old.in_features, classes).to(old.weight)
    setattr(model, head_name, head)
    return list(head.parameters())


FREEZE_BACKBONE = Exercise(
    reference=freeze_backbone,
    points=3,
    minutes=30,
    difficulty="challenge",
    oracle=without_a_step,
    run=Transfer(),
    cases=(
        Case("the head is a layer of the model", network(), keeps="the case to think about first"),
        Case("the head lies inside another module", network(nested=True)),
        Case("there are as many classes as before", network(old=5, new=5)),
    ),
    misconceptions=(
        Misconception(
            lets_batchnorm_drift,
            "No weight moves, and yet the backbone changes: in train mode BatchNorm moves its "
            "running statistics towards every batch it sees. They are no parameters, so "
            "`requires_grad` says nothing about them.",
        ),
        Misconception(
            switches_to_eval_mode_once,
            "You switch BatchNorm to eval mode, once. The training loop calls `model.train()`, "
            "which switches all modules back. What could outlive that call?",
        ),
        Misconception(
            holds_the_outer_norms_only,
            "You hold the BatchNorm layers right below the model. Others lie inside a block: "
            "`children()` does not go down to them.",
        ),
        Misconception(
            holds_two_dimensions_only,
            "You hold every `BatchNorm2d`. The model has a `BatchNorm1d`, too, behind a linear "
            "layer.",
        ),
        Misconception(
            sets_momentum_to_none,
            "In PyTorch `momentum=None` does not stop the running statistics: they become the "
            "plain mean over all batches. Look up what the number means.",
        ),
        Misconception(
            freezes_the_head_too,
            "The new head is frozen as well, so nothing can learn. In which order do you freeze "
            "and replace?",
        ),
        Misconception(
            only_leaves_them_out,
            "You only leave the backbone out of the list. Every backward pass still works out its "
            "gradients: time and memory for nothing, and the next optimizer that gets "
            "`model.parameters()` moves it all.",
        ),
        Misconception(
            freezes_the_convolutions_only,
            "You freeze the convolutions. BatchNorm has a weight and a bias that learn, and linear "
            "layers may belong to the backbone, too.",
        ),
        Misconception(
            returns_every_parameter,
            "You return all parameters, frozen ones included. The list says what an optimizer "
            "should train: the head's.",
        ),
        Misconception(
            returns_what_is_frozen,
            "You return the frozen parameters. The optimizer needs the others.",
        ),
        Misconception(
            forgets_the_bias,
            "You return the head's weight alone. What else in it learns?",
        ),
        Misconception(
            keeps_a_head_that_fits,
            "You keep the old head where its size fits. But its classes mean something else, so it "
            "answers another question: the head has to be new.",
        ),
        Misconception(
            keeps_the_old_head,
            "The head is still the old one, with as many scores as there were classes before.",
        ),
        Misconception(
            replaces_every_linear_layer,
            "You give other linear layers new weights, too. What they have learned belongs to the "
            "features: only the head is new.",
        ),
        Misconception(
            starts_the_statistics_anew,
            "You set the running statistics of BatchNorm back to 0 and 1. They are part of what "
            "the backbone has learned: they should stay what they were.",
        ),
        Misconception(
            sets_an_attribute_with_a_dot,
            '`setattr(model, "a.b", head)` makes an attribute with a dot in its name, which no '
            "forward pass ever asks for. Find the module that holds the head first.",
        ),
    ),
    asides=(
        Case("the model computes in float64", network(double=True)),
        Case(
            "there is no layer of that name",
            lambda generator: {**network()(generator), "head_name": "no such layer"},
        ),
    ),
    hints=(
        "Three jobs: find the old head and put a new one in its place; freeze all other "
        "parameters; keep the running statistics of BatchNorm where they are.",
        "`model.get_submodule` finds a module by its name; the part before the last dot names the "
        "one that holds it. Freeze everything first, and put in the new head after that.",
        "`model.train()` switches BatchNorm back to train mode. Something has to outlive it: a "
        "momentum of 0, a forward pre-hook that calls `eval()`, or a `train` of the layer's own "
        "that does nothing.",
    ),
)

EXERCISES = (FREEZE_BACKBONE,)
