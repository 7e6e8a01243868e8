"""record_activations: what layers say while a network looks at something."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.grading.run_recording import Recording
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.representations import branched
from cnncourse.reference.representations import record_activations


def recorded(*names: str, **options: bool) -> Make:
    """Names of layers, and a network to find them in."""

    def make(generator: Generator) -> Arguments:
        recipe = Recipe(branched, {"seed": whole(generator, 0, 2**30), **options})
        height, width = whole(generator, 4, 6), whole(generator, 7, 9)
        x = normal(generator, 3, 2, height, width, dtype=torch.float32)
        return {"model": recipe, "names": list(names), "x": x}

    return make


def by_patched_forwards(model, names, x):
    """The oracle: every module's forward tells what it returns."""
    modules = dict(model.named_modules())
    if not set(names) <= set(modules):
        raise ValueError("unknown name")
    found = {}

    def telling(name, forward):
        def told(*inputs):
            output = forward(*inputs)
            found[name] = torch.empty_like(output, requires_grad=False).copy_(output.detach())
            return output

        return told

    for name in names:
        modules[name].forward = telling(name, modules[name].forward)
    try:
        model(x)
    finally:
        for name in names:
            del modules[name].forward
    return found


def modules_of(model, names):
    modules = dict(model.named_modules())
    if not set(names) <= set(modules):
        raise ValueError("there is no such module")
    return {name: modules[name] for name in names}


def listen(model, names, x, store):
    """The usual frame: store(found, name, inputs, output) is what a hook does."""
    found = {}
    hooks = [
        module.register_forward_hook(lambda _, i, o, name=name: store(found, name, i, o))
        for name, module in modules_of(model, names).items()
    ]
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def copied(found, name, inputs, output):
    found[name] = output.detach().clone()


def all_hooks_use_the_last_name(model, names, x):
    found, hooks = {}, []
    for name, module in modules_of(model, names).items():
        hooks.append(
            module.register_forward_hook(lambda _, i, o: copied(found, name, i, o))  # noqa: B023
        )
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def keeps_the_tensor_itself(model, names, x):
    def store(found, name, inputs, output):
        found[name] = output.detach()

    return listen(model, names, x, store)


def keeps_the_graph(model, names, x):
    def store(found, name, inputs, output):
        found[name] = output.clone()

    return listen(model, names, x, store)


def leaves_its_hooks(model, names, x):
    found = {}
    for name, module in modules_of(model, names).items():
        module.register_forward_hook(lambda _, i, o, name=name: copied(found, name, i, o))
    model(x)
    return found


def leaves_hooks_after_a_failure(model, names, x):
    found = {}
    hooks = [
        module.register_forward_hook(lambda _, i, o, name=name: copied(found, name, i, o))
        for name, module in modules_of(model, names).items()
    ]
    model(x)
    for hook in hooks:
        hook.remove()
    return found


def keeps_the_first_call(model, names, x):
    def store(found, name, inputs, output):
        if name not in found:
            copied(found, name, inputs, output)

    return listen(model, names, x, store)


def lists_every_call(model, names, x):
    def store(found, name, inputs, output):
        found.setdefault(name, []).append(output.detach().clone())

    return listen(model, names, x, store)


def records_what_goes_in(model, names, x):
    def store(found, name, inputs, output):
        found[name] = inputs[0].detach().clone()

    # A hook before the layer, because one after it may find that its input was written over.
    found = {}
    hooks = [
        module.register_forward_pre_hook(lambda _, i, name=name: store(found, name, i, None))
        for name, module in modules_of(model, names).items()
    ]
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def passes_over_unknown_names(model, names, x):
    known = dict(model.named_modules())
    return record_activations(model, [name for name in names if name in known], x)


def takes_everybodys_hooks_off(model, names, x):
    found = record_activations(model, names, x)
    for name in names:
        model.get_submodule(name)._forward_hooks.clear()
    return found


def leaves_the_model_in_eval_mode(model, names, x):
    model.eval()
    return record_activations(model, names, x)


def looks_in_train_mode(model, names, x):
    training = model.training
    found = record_activations(model.train(), names, x)
    model.train(training)
    return found


def looks_on_the_first_floor_only(model, names, x):
    known = dict(model.named_children())
    if not set(names) <= set(known):
        raise ValueError("there is no such module")
    return record_activations(model, names, x)


def lets_python_complain(model, names, x):
    for name in names:
        model.get_submodule(name)
    return record_activations(model, names, x)


def returns_all_layers(model, names, x):
    modules_of(model, names)
    return record_activations(model, [name for name, _ in model.named_modules() if name], x)


def returns_a_list(model, names, x):
    found = record_activations(model, names, x)
    return [found[name] for name in names]


RECORD_ACTIVATIONS = Exercise(
    reference=record_activations,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=by_patched_forwards,
    run=Recording(),
    cases=(
        Case("one layer is asked for", recorded("head"), keeps="the case to look at first"),
        Case("several layers are asked for", recorded("head", "body.0"), keeps="several names"),
        Case(
            "a layer lies inside another one",
            recorded("body.0", "body"),
            keeps="a layer and one that it is a part of",
        ),
        Case(
            "the next layer writes into the output of the layer",
            recorded("stem"),
            keeps="writing in place, by itself",
        ),
        Case("a layer runs twice", recorded("act", "head")),
        Case(
            "the model has BatchNorm and is in eval mode",
            recorded("body", training=False, norm=True),
        ),
        Case("somebody else has hooks on the model", recorded("stem", "head", hooked=True)),
        Case("the forward pass fails on the way", recorded("stem", "act", fails=True)),
        Case("there is no module of that name", recorded("no such layer", "stem")),
    ),
    misconceptions=(
        Misconception(
            all_hooks_use_the_last_name,
            "All your hooks store under the same name. A function made in a loop looks `name` up "
            "when it *runs*, and by then the loop is over. How can each hook keep a name of its "
            "own?",
        ),
        Misconception(
            keeps_the_tensor_itself,
            "You keep the tensor itself. A layer behind it may write into the same memory "
            "(`ReLU(inplace=True)` does), and `detach` alone does not copy.",
        ),
        Misconception(
            keeps_the_graph,
            "What you record still hangs on the graph, which keeps everything that was computed "
            "in memory. A record is for looking: cut it off.",
        ),
        Misconception(
            leaves_its_hooks,
            "Your hooks stay on the model and run at every later forward pass. What does "
            "`register_forward_hook` return, and what is that for?",
        ),
        Misconception(
            leaves_hooks_after_a_failure,
            "If the forward pass fails, the line that takes your hooks off is never reached. Which "
            "Python statement runs in any case?",
        ),
        Misconception(
            keeps_the_first_call,
            "You keep what a module said the first time. A module may run more than once in a "
            "forward pass, and the last time counts.",
        ),
        Misconception(
            lists_every_call,
            "You collect a list for each name. One tensor was asked for: what the last call gave.",
        ),
        Misconception(
            records_what_goes_in,
            "You record what goes *into* the layer. A forward hook gets both, input and output.",
        ),
        Misconception(
            passes_over_unknown_names,
            "You pass over a name that the model does not have. Whoever mistypes a name would not "
            "notice: raise ValueError.",
        ),
        Misconception(
            takes_everybodys_hooks_off,
            "You take off hooks that are not yours. Somebody else may have put hooks on the "
            "model: remove what you have added, and nothing more.",
        ),
        Misconception(
            leaves_the_model_in_eval_mode,
            "Your function switches the model to eval mode and leaves it there. Looking must not "
            "change what is looked at.",
        ),
        Misconception(
            looks_in_train_mode,
            "You run the model in train mode, although it was in eval mode. Then BatchNorm uses "
            "this batch, and moves its running statistics as well. Take the model as it is.",
        ),
        Misconception(
            looks_on_the_first_floor_only,
            "You know only the modules right below the model. Modules lie inside one another, and "
            "their names have dots then. Which method lists all of them?",
        ),
        Misconception(
            lets_python_complain,
            "For an unknown name Python's own AttributeError or KeyError gets out. It says nothing "
            "about the mistake that was made: look first, and raise ValueError.",
        ),
        Misconception(
            returns_all_layers,
            "You return all layers there are. Only those in `names` were asked for.",
        ),
        Misconception(
            returns_a_list,
            "You return a list. Whoever calls wants to find each layer by its name: a dictionary.",
        ),
    ),
    hints=(
        "A hook is a function that a module calls after its forward. PyTorch gives it three "
        "things: the module, its inputs (a tuple) and its output. Where could it put the output?",
        "`dict(model.named_modules())` finds all modules by name. Check the names first; then put "
        "a hook on each, keep the handles, run the model, and remove the handles, whatever "
        "happens.",
        "Let a small function take `name` and return the hook, so that each hook has its own "
        "name. It stores a detached clone. Running the model belongs into `try`, removing into "
        "`finally`.",
    ),
)

EXERCISES = (RECORD_ACTIVATIONS,)
