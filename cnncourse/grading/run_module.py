"""Put a module to a case: build it, fill its parameters, run it both ways in both modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from cnncourse.grading import messages
from cnncourse.grading.forbidden import DispatchMode
from cnncourse.grading.run_function import (
    Answer,
    Parts,
    Setting,
    gradients,
    invoke,
    random_like,
    tensors_in,
)

# Writes random numbers, divided by the last argument, into a parameter.
Start = Callable[[Tensor, torch.Generator, float], None]


@dataclass(frozen=True)
class Module:
    """Build a module, fill its parameters, run it in train and in eval mode.

    inputs: the arguments that go to `forward`; the others go to the constructor.

    Parameters are filled by shape and, among equal shapes, by what lies before them on the way
    through the module, and then by order of first use in `forward`: neither their names nor
    the order of their declaration matters, nor which of two ways is gone first. A convolution's
    and a linear layer's weight count as one shape where they hold the same numbers.
    """

    inputs: tuple[str, ...] = ("x",)

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        arguments, watch = setting.arguments, setting.watch
        inputs = [arguments[name] for name in self.inputs]
        sizes = {name: arguments[name] for name in arguments if name not in self.inputs}
        with watch.during():
            model = invoke(answer, sizes, setting.options)
        if not isinstance(model, nn.Module):
            raise TypeError(messages.not_a_module(model))
        model = model.to(inputs[0])
        parameters = self.known(model, inputs)
        self.fill(parameters, setting.generator)
        parts: Parts = {"number of parameters": sum(p.numel() for p in parameters.values())}
        for mode in ("train", "eval"):
            model.train(mode == "train")
            given = [tensor.detach().clone().requires_grad_() for tensor in inputs]
            with watch.during():
                output = model(*given)
            parts[f"output in {mode} mode"] = output
            grads = gradients(tensors_in(output), [*given, *parameters.values()], setting)
            for name, grad in zip(self.inputs, grads, strict=False):
                parts[f"gradient of {name} in {mode} mode"] = grad
            for name, grad in self.told(parameters, grads[len(given) :]).items():
                parts[f"{name} in {mode} mode"] = grad
        return parts

    def known(self, model: nn.Module, inputs: list[Tensor]) -> dict[str, nn.Parameter]:
        """A model's parameters by names that tell which is which in every right answer."""
        return known_by_use(recorded(model, inputs))

    def fill(self, parameters: dict[str, nn.Parameter], generator: torch.Generator) -> None:
        """Give the parameters values that make every right answer do the same."""
        fill(parameters, generator)

    def told(self, parameters: dict[str, nn.Parameter], grads: list[Any]) -> Parts:
        """What is compared of the parameters' gradients."""
        return {
            f"gradient of {name}": grad.reshape(shape_key(parameter))
            if isinstance(grad, Tensor)
            else grad
            for (name, parameter), grad in zip(parameters.items(), grads, strict=True)
        }


class RecordUse(DispatchMode):
    """Notes in which order parameters are first used, and what lies before each of them.

    before: for each parameter met, the weights (two axes or more) that its input came through
        last; for a vector in one operation with a weight, as a bias is, that weight.
    """

    def __init__(self, parameters: list[nn.Parameter], inputs: list[Tensor]) -> None:
        super().__init__()
        self.waiting = {id(parameter): parameter for parameter in parameters}
        self.before: dict[nn.Parameter, frozenset[nn.Parameter]] = {}
        # What each tensor that depends on the inputs came through, and which parameters another
        # one is made of. The tensors are kept, because an id is given away once its owner is gone.
        self.behind: dict[int, frozenset[nn.Parameter]] = {id(one): frozenset() for one in inputs}
        self.made_of: dict[int, list[nn.Parameter]] = {id(one): [one] for one in parameters}
        self.kept: list[Any] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)]
        result = func(*args, **(kwargs or {}))
        used = [one for tensor in tensors for one in self.made_of.get(id(tensor), [])]
        ways = [self.behind[id(tensor)] for tensor in tensors if id(tensor) in self.behind]
        made = [value for value in tree_leaves(result) if isinstance(value, Tensor)]
        self.kept += made
        if not ways:
            self.made_of.update((id(tensor), used) for tensor in made if used)
            return result
        behind = frozenset().union(*ways)
        weights = frozenset(one for one in used if one.dim() > 1)
        for parameter in used:
            if self.waiting.pop(id(parameter), None) is not None:
                self.before[parameter] = behind if parameter.dim() > 1 else weights or behind
        self.behind.update((id(tensor), weights or behind) for tensor in made)
        return result


def recorded(model: nn.Module, inputs: list[Tensor]) -> RecordUse:
    """How a model uses its parameters, seen in a trial run."""
    # The trial run moves no running statistics: not in eval mode, and if so, they are put back.
    model.eval()
    before = [(buffer, buffer.clone()) for buffer in model.buffers()]
    given = [tensor.detach() for tensor in inputs]
    # The fast path of library attention is one operation, in which nothing comes first.
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), RecordUse(list(model.parameters()), given) as record:
            model(*given)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    with torch.no_grad():
        for buffer, was in before:
            buffer.copy_(was)
    return record


def known_by_use(record: RecordUse) -> dict[str, nn.Parameter]:
    """Parameters, each by a name that depends on its shape and its use alone.

    "(4, 27) no. 1", "(4,) behind (4, 27) no. 1", ...
    """
    named: dict[str, nn.Parameter] = {}
    for parameter in [*record.before, *record.waiting.values()]:
        # A vector is told by its weight, and that by the weights before it; no need to go on.
        name = use_of(parameter, record.before, 2 if parameter.dim() < 2 else 1)
        count = 1 + sum(known.startswith(f"{name} no. ") for known in named)
        named[f"{name} no. {count}"] = parameter
    return dict(sorted(named.items()))


def use_of(
    parameter: nn.Parameter, before: dict[nn.Parameter, frozenset[nn.Parameter]], steps: int
) -> str:
    """A parameter's shape, and the shapes of what lies before it: "(4,) behind (4, 27)"."""
    shape = str(shape_key(parameter))
    ways = {use_of(one, before, steps - 1) for one in before.get(parameter, ())} if steps else ()
    return f"{shape} behind {' and '.join(sorted(ways))}" if ways else shape


def shape_key(parameter: Tensor) -> tuple[int, ...]:
    """(120, 16, 5, 5) and (120, 400) hold the same numbers for the same layer."""
    return tuple(parameter.flatten(1).shape if parameter.dim() > 1 else parameter.shape)


def start_afresh(parameter: Tensor, generator: torch.Generator, divisor: float) -> None:
    parameter.copy_(random_like(parameter, generator) / divisor)


def fill(
    parameters: dict[str, nn.Parameter],
    generator: torch.Generator,
    start: Start = start_afresh,
) -> None:
    """Overwrite parameters with random values that depend on their names alone."""
    seed = generator.initial_seed()
    for name, parameter in parameters.items():
        own = torch.Generator().manual_seed(seed + hash_of(name))
        fan_in = max(1, parameter.numel() // len(parameter)) if parameter.dim() else 1
        with torch.no_grad():
            start(parameter, own, fan_in**0.5)


def hash_of(text: str) -> int:
    """A number for a text, the same in every process (`hash` is salted)."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(text)) % 2**31
