"""Put a function that freezes a network to a case: train the network, and see what moved."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.grading.run_function import Answer, Parts, Setting, invoke, random_like

BATCHES, BATCH = 3, 8
FATE = "fate of BatchNorm's running statistics"


@dataclass(frozen=True)
class Transfer:
    """Call answer(model, head_name, classes) -> parameters, then train the model with them.

    side: height and width of the inputs. The loop is an ordinary one: `model.train()` in every
    epoch, an optimizer with momentum and weight decay. `num_batches_tracked` may count on.
    """

    channels: int = 2
    side: int = 6

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        # It works in place by its nature, and the argument stays to be shown.
        model = copy.deepcopy(setting.arguments["model"])
        name, classes = setting.arguments["head_name"], setting.arguments["classes"]
        batches = list(self.batches(model, classes, setting.generator))
        old = copy.deepcopy(model.get_submodule(name)) if name in names(model) else None
        before = features(model, name, batches[0][0]) if old else None
        known = statistics(model)
        # A new head draws from the global generator: the learner's own numbers go on as they did.
        with torch.random.fork_rng():
            torch.manual_seed(setting.generator.initial_seed())
            given = {**setting.arguments, "model": model}
            with setting.watch.during():
                trained = invoke(answer, given, setting.options)
            trained = parameters_in(trained)
            quiet = not any(one.training for one in model.modules() if has_statistics(one))
            # Not chained: a patched `train` need not return the model.
            model.eval()
            with torch.no_grad():
                scores = model(batches[0][0])
            parts: Parts = {"shape of the scores": tuple(scores.shape)}
            head = model.get_submodule(name)
            parts |= asked("does the head begin with weights of its own", is_new(head, old))
            parts |= asked(
                "does the head still get the features that it got before, in eval mode",
                close(before, features(model, name, batches[0][0])),
            )
            found = statistics(model)
            parts |= asked(
                "has BatchNorm the running statistics that it had before",
                all(same(one, found.get(key, one)) for key, one in known.items()),
            )
            own = {id(parameter) for parameter in head.parameters()}
            listed = {id(parameter) for parameter in trained}
            parts |= asked("is every parameter of the head in the list", own <= listed)
            parts |= asked("is there anything else in the list", bool(listed - own))
            return parts | look_after_training(model, name, trained, batches, quiet)

    def batches(
        self, model: nn.Module, classes: int, generator: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs unlike all that BatchNorm has seen, and targets."""
        like = next(model.parameters())
        shape = (BATCH, self.channels, self.side, self.side)
        for _ in range(BATCHES):
            inputs = random_like(
                torch.empty(shape, dtype=like.dtype, device=like.device), generator
            )
            targets = torch.randint(classes, (BATCH,), generator=generator).to(like.device)
            yield 3 * inputs + 2, targets


def look_after_training(
    model: nn.Module, name: str, trained: list[nn.Parameter], batches: list, quiet: bool
) -> Parts:
    """Train for some steps, and say what moved and what did not.

    quiet: whether all BatchNorm was in eval mode when the answer handed the model back.
    """
    others = [one for key, one in model.named_parameters() if not key.startswith(f"{name}.")]
    for parameter in others:
        parameter.grad = None
    before = {key: value.clone() for key, value in model.state_dict().items()}
    train(model, trained, batches)
    after = model.state_dict()
    moved = {key for key, value in before.items() if not same(value, after.get(key))}
    moved = {key for key in moved if not key.endswith("num_batches_tracked")}
    # A frozen parameter may have gradients of zeros, where somebody masked them.
    reached = any(one.grad is not None and bool(one.grad.any()) for one in others)
    buffers = {key for key, _ in model.named_buffers()}
    head = {key for key in moved if key.startswith(f"{name}.")}
    return (
        asked("does training move the head", bool(head))
        | asked("does a gradient arrive at anything but the head", reached)
        | asked("does training move any other parameter", bool(moved - head - buffers))
        | {FATE: fate(model, (moved - head) & buffers, quiet)}
    )


def fate(model: nn.Module, moved: set[str], quiet: bool) -> str:
    """What became of running statistics, in words that tell one reason from another."""
    layers = [model.get_submodule(key.rpartition(".")[0]) for key in sorted(moved)]
    if not layers:
        return "they stay"
    kinds = " and ".join(sorted({type(layer).__name__ for layer in layers}))
    if any(getattr(layer, "momentum", 0) is None for layer in layers):
        return f"they move in {kinds}, to the mean of all batches"
    return f"they move in {kinds}" + ", as soon as train() is called" * quiet


def train(model: nn.Module, parameters: list[nn.Parameter], batches: list) -> None:
    """An ordinary loop."""
    if not any(parameter.requires_grad for parameter in parameters):
        return
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.01)
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), targets)
        if loss.requires_grad:
            loss.backward()
        optimizer.step()
        model.eval()


def asked(question: str, holds: bool) -> Parts:
    return {f"answer to “{question}?”": holds}


def has_statistics(module: nn.Module) -> bool:
    return isinstance(getattr(module, "running_mean", None), Tensor)


def statistics(model: nn.Module) -> dict[str, Tensor]:
    """Running means and variances, by name."""
    return {key: one.clone() for key, one in model.named_buffers() if one.is_floating_point()}


def names(model: nn.Module) -> set[str]:
    return {name for name, _ in model.named_modules()}


def parameters_in(trained: Any) -> list[nn.Parameter]:
    """What an optimizer would find in a list, an iterator, or a list of groups."""
    if isinstance(trained, (Tensor, nn.Module, str)) or not isinstance(trained, Iterable):
        raise TypeError(f"a list of parameters was expected, this is a {type(trained).__name__}")
    found: list[nn.Parameter] = []
    for one in trained:
        found += parameters_in(one["params"]) if isinstance(one, dict) else [one]
    strange = [one for one in found if not isinstance(one, Tensor)]
    if strange:
        kind = type(strange[0]).__name__
        raise TypeError(f"a list of parameters was expected, and there is a {kind} in it")
    return found


@torch.no_grad()
def features(model: nn.Module, name: str, x: Tensor) -> Tensor:
    """What the head gets to see in eval mode; the modes stay as they were."""
    modes = [(module, module.training) for module in model.modules()]
    seen: list[Tensor] = []

    def look(module: nn.Module, inputs: tuple) -> None:
        seen.append(inputs[0].detach().clone())

    handle = model.get_submodule(name).register_forward_pre_hook(look)
    try:
        model.eval()
        model(x)
    finally:
        handle.remove()
        for module, training in modes:
            module.training = training
    return seen[-1] if seen else torch.empty(0)


def is_new(head: nn.Module, old: nn.Module | None) -> bool:
    """Whether no weight matrix of the head is the old one's."""
    known = [one for one in old.parameters() if one.dim() > 1] if old else []
    return not any(same(one, other) for one in head.parameters() for other in known)


def close(one: Tensor | None, other: Tensor) -> bool:
    """Equal up to rounding, as where BatchNorm has been folded away."""
    return one is None or (one.shape == other.shape and torch.allclose(one, other, 1e-3, 1e-4))


def same(one: Tensor, other: Any) -> bool:
    return isinstance(other, Tensor) and one.shape == other.shape and torch.equal(one, other)
