"""Put a function to a case: call it and, where the case asks, differentiate through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnncourse.grading.forbidden import Watch

# The named results of one run, in the order in which they are compared.
Parts = dict[str, Any]
Answer = Callable[..., Any]

NO_GRADIENT = "no gradient"
SPARSE = (
    torch.sparse_coo,
    torch.sparse_csr,
    torch.sparse_csc,
    torch.sparse_bsr,
    torch.sparse_bsc,
)


@dataclass(frozen=True)
class Setting:
    """All that a way of running gets beside the answer.

    options: the arguments that go by name.
    absolute: upstream gradients without their signs, to bound rounding errors.
    """

    arguments: dict[str, Any]
    generator: torch.Generator
    watch: Watch
    options: tuple[str, ...]
    absolute: bool = False

    def upstream(self, output: Tensor) -> Tensor:
        """A random upstream gradient for an output."""
        gradient = random_like(output, self.generator)
        return gradient.abs() if self.absolute else gradient


Run = Callable[[Answer, Setting], Parts]


def random_like(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Normal numbers, drawn on the CPU so that every device sees the same ones."""
    return torch.randn(tensor.shape, generator=generator, dtype=torch.float64).to(tensor)


def invoke(answer: Answer, arguments: dict[str, Any], options: tuple[str, ...]) -> Any:
    """Call an answer: what must be given goes by position, options by name.

    So a learner may rename x, but not stride.
    """
    required = [value for name, value in arguments.items() if name not in options]
    named = {name: value for name, value in arguments.items() if name in options}
    return answer(*required, **named)


def written_out(value: Any) -> Any:
    """A sparse tensor with its zeros, which means the same; anything else as it is.

    >>> written_out(torch.eye(2).to_sparse()).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if isinstance(value, Tensor) and value.layout in SPARSE:
        return value.to_dense()
    return value


def tensors_in(value: Any) -> list[Tensor]:
    """The floating-point tensors of a result, in order."""
    if isinstance(value, Tensor):
        return [value] if value.is_floating_point() else []
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (tuple, list)):
        return []
    return [tensor for element in value for tensor in tensors_in(element)]


def gradients(outputs: list[Tensor], inputs: list[Tensor], setting: Setting) -> list[Any]:
    """Gradients for a random upstream gradient (ones would hide where it sits)."""
    pairs = [(output, setting.upstream(output)) for output in outputs]
    reached = [(output, upstream) for output, upstream in pairs if output.requires_grad]
    if not reached:
        return [NO_GRADIENT] * len(inputs)
    # Weighted and summed, not passed as `grad_outputs`: checking those imports SymPy.
    total = sum((output * upstream).sum() for output, upstream in reached)
    grads = torch.autograd.grad(total, inputs, allow_unused=True)
    return [NO_GRADIENT if grad is None else grad for grad in grads]


def to_differentiate(arguments: dict[str, Any]) -> dict[str, Tensor]:
    """The arguments that ask for their gradient, also those in a list, by name.

    >>> x, weight = torch.ones(1), torch.ones(1, requires_grad=True)
    >>> list(to_differentiate({"x": x, "weights": [x, weight]}))
    ['weights[1]']
    """
    tensors = dict(arguments)
    for name, value in arguments.items():
        if isinstance(value, (list, tuple)):
            tensors |= {f"{name}[{index}]": one for index, one in enumerate(value)}
    return {
        name: tensor
        for name, tensor in tensors.items()
        if isinstance(tensor, Tensor) and tensor.requires_grad
    }


def call(answer: Answer, setting: Setting) -> Parts:
    """Call a function; where an argument asks for its gradient, differentiate too."""
    with setting.watch.during():
        value = written_out(invoke(answer, setting.arguments, setting.options))
    parts: Parts = {"result": value}
    inputs = to_differentiate(setting.arguments)
    if inputs and tensors_in(value):
        # The backward pass of a forbidden forward is forbidden too, so it is watched.
        with setting.watch:
            grads = gradients(tensors_in(value), list(inputs.values()), setting)
        for name, grad in zip(inputs, grads, strict=True):
            parts[f"gradient of {name}"] = grad
    return parts
