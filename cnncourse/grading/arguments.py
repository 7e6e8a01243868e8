"""An answer's arguments: what they were, whether they still are, how to write them down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnncourse.grading import messages


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """`change` applied to every leaf of nested lists, tuples and dicts."""
    if isinstance(value, dict):
        return {key: mapped(element, change) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(element, change) for element in value)
    return change(value)


def on_device(arguments: dict[str, Any], device: torch.device | str) -> dict[str, Any]:
    """Tensors and modules moved; NumPy arrays stay. Tensors are leaves again."""

    def move(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.detach().to(device).requires_grad_(value.requires_grad)
        return value.to(device) if isinstance(value, nn.Module) else value

    return mapped(arguments, move)


def in_float64(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same numbers with all the digits that the expected values deserve."""

    def widen(value: Any) -> Any:
        if isinstance(value, Tensor) and value.is_floating_point():
            return value.detach().double().requires_grad_(value.requires_grad)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value.astype(np.float64)
        return value.double() if isinstance(value, nn.Module) else value

    return mapped(arguments, widen)


def without_signs(arguments: dict[str, Any]) -> dict[str, Any]:
    """The absolute values of all arrays and tensors."""

    def absolute(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.detach().abs().requires_grad_(value.requires_grad)
        return np.abs(value) if isinstance(value, np.ndarray) else value

    return mapped(arguments, absolute)


def state(value: Any) -> Any:
    """All of an argument that an answer must leave as it was, as comparable values."""
    if isinstance(value, Tensor):
        grad = None if value.grad is None else raw(value.grad)
        return (raw(value), tuple(value.shape), value.requires_grad, grad)
    if isinstance(value, np.ndarray):
        return (value.tobytes(), value.shape, value.dtype.str)
    if isinstance(value, nn.Module):
        modules = [(type(one), one.training, hooks(one)) for one in value.modules()]
        tensors = {**dict(value.named_parameters()), **dict(value.named_buffers())}
        return (modules, {name: state(tensor) for name, tensor in tensors.items()})
    if isinstance(value, dict):
        return {key: state(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [state(element) for element in value]
    # Inside a list, numbers and names can be put in another order.
    return value if isinstance(value, (int, float, str)) else None


def hooks(module: nn.Module) -> int:
    """How many hooks wait at a module."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for kind in kinds)


def raw(tensor: Tensor) -> bytes:
    """Bytes, not values: nan equals itself, and a write through `.data` shows."""
    flat = tensor.detach().contiguous().view(-1)
    return flat.cpu().view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def describe(name: str, arguments: dict[str, Any]) -> str:
    """The call in one line: "conv2d(x (2, 3, 5, 7), weight (4, 3, 2, 3), stride=(2, 1))"."""

    def one(key: str, value: Any) -> str:
        if isinstance(value, (Tensor, np.ndarray)):
            dtype = messages.short(value.dtype)
            return f"{key} {tuple(value.shape)} {dtype}"
        return f"{key}={messages.show(value)}"

    return f"{name}({', '.join(one(key, value) for key, value in arguments.items())})"
