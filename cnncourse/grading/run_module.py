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

    Parameters are filled by shape and, among equal shapes, by order of first use in
    `forward`: neither their names nor the order of their declaration matters. A
    convolution's and a linear layer's weight count as one shape where they hold the
    same numbers.
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
        parameters = in_order_of_use(model, inputs)
        fill(parameters, setting.generator)
        parts: Parts = {"number of parameters": sum(p.numel() for p in parameters)}
        for mode in ("train", "eval"):
            model.train(mode == "train")
            given = [tensor.detach().clone().requires_grad_() for tensor in inputs]
            with watch.during():
                output = model(*given)
            parts[f"output in {mode} mode"] = output
            grads = gradients(tensors_in(output), [*given, *parameters], setting)
            for name, grad in zip(self.inputs, grads, strict=False):
                parts[f"gradient of {name} in {mode} mode"] = grad
            for parameter, name, grad in zip(
                parameters, numbered(parameters), grads[len(given) :], strict=True
            ):
                known = isinstance(grad, Tensor)
                grad = grad.reshape(shape_key(parameter)) if known else grad
                parts[f"gradient of {name} in {mode} mode"] = grad
        return parts


class RecordUse(DispatchMode):
    """Notes the order in which parameters are first used."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        super().__init__()
        self.waiting = {id(parameter): parameter for parameter in parameters}
        self.used: list[nn.Parameter] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in tree_leaves((args, kwargs)):
            if id(value) in self.waiting:
                self.used.append(self.waiting.pop(id(value)))
        return func(*args, **(kwargs or {}))


def in_order_of_use(model: nn.Module, inputs: list[Tensor]) -> list[nn.Parameter]:
    """A model's parameters in the order in which its forward pass meets them."""
    # In eval mode, so that the trial run moves no running statistics.
    model.eval()
    with torch.no_grad(), RecordUse(list(model.parameters())) as record:
        model(*(tensor.detach() for tensor in inputs))
    return [*record.used, *record.waiting.values()]


def shape_key(parameter: Tensor) -> tuple[int, ...]:
    """(120, 16, 5, 5) and (120, 400) hold the same numbers for the same layer."""
    return tuple(parameter.flatten(1).shape if parameter.dim() > 1 else parameter.shape)


def numbered(parameters: list[nn.Parameter]) -> list[str]:
    """Names that depend on shape and use alone: "(4, 27) no. 1", "(4,) no. 1", ..."""
    names: list[str] = []
    for parameter in parameters:
        key = shape_key(parameter)
        names.append(f"{key} no. {sum(name.startswith(f'{key} ') for name in names) + 1}")
    return names


def start_afresh(parameter: Tensor, generator: torch.Generator, divisor: float) -> None:
    parameter.copy_(random_like(parameter, generator) / divisor)


def fill(
    parameters: list[nn.Parameter], generator: torch.Generator, start: Start = start_afresh
) -> None:
    """Overwrite parameters with random values that depend on shape and use alone."""
    seed = generator.initial_seed()
    for name, parameter in zip(numbered(parameters), parameters, strict=True):
        shape, _, number = name.rpartition(" no. ")
        own = torch.Generator().manual_seed(seed + hash_of(f"{shape}/{number}"))
        fan_in = max(1, parameter.numel() // len(parameter)) if parameter.dim() else 1
        with torch.no_grad():
            start(parameter, own, fan_in**0.5)


def hash_of(text: str) -> int:
    """A number for a text, the same in every process (`hash` is salted)."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(text)) % 2**31
