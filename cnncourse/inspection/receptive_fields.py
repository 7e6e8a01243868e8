"""Follow receptive fields through a network while it runs, whatever its shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary


@dataclass(frozen=True)
class Field:
    """What one value of a map was computed from, along each axis.

    size: input pixels. jump: input pixels from one value to its neighbour.
    """

    size: tuple[int, ...]
    jump: tuple[int, ...]

    def after(
        self,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
    ) -> Field:
        """The field behind one more sliding window.

        >>> Field((5,), (2,)).after((3,), (2,), (1,))
        Field(size=(9,), jump=(4,))
        """
        steps = zip(self.size, self.jump, kernel, dilation, strict=True)
        size = tuple(s + (k - 1) * d * j for s, j, k, d in steps)
        return Field(size, tuple(j * s for j, s in zip(self.jump, stride, strict=True)))


CONVOLUTIONS = {torch.conv1d, torch.conv2d, F.conv1d, F.conv2d}
POOLS = {
    F.max_pool1d,
    F.max_pool2d,
    F.avg_pool1d,
    F.avg_pool2d,
    torch.max_pool1d,
    torch.max_pool2d,
    torch.avg_pool1d,
}
ADAPTIVE = {
    F.adaptive_avg_pool1d,
    F.adaptive_avg_pool2d,
    torch.adaptive_avg_pool1d,
    F.adaptive_max_pool2d,
}
# What mixes places, or gives up their order.
MIXING = {
    F.linear,
    F.scaled_dot_product_attention,
    torch.Tensor.flatten,
    torch.flatten,
    torch.Tensor.mean,
    torch.mean,
    torch.matmul,
    torch.Tensor.matmul,
    torch.Tensor.__matmul__,
    torch.Tensor.sum,
}


class ReceptiveFields(TorchFunctionMode):
    """While this is active, `of(tensor)` is the field of what came of `x`.

    None behind whatever mixes all places: flattening, global means, attention. A product with
    such a value, as squeeze-excite makes it, keeps the field of its other factor. Where two
    ways meet, the longer one counts.
    """

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        axes = x.dim() - 2
        self.fields = WeakTensorKeyDictionary()
        if axes > 0:
            self.fields[x] = Field((1,) * axes, (1,) * axes)

    def of(self, tensor: Any) -> Field | None:
        return self.fields.get(tensor) if isinstance(tensor, Tensor) else None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        field = self.behind(func, args, kwargs, out)
        if field is not None:
            for one in tree_leaves(out):
                if isinstance(one, Tensor) and one.dim() == len(field.size) + 2:
                    self.fields[one] = field
        return out

    def behind(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        out: Any,
    ) -> Field | None:
        """The field of what a function makes of its arguments."""
        inputs = [*tree_leaves(args), *tree_leaves(kwargs)]
        found = [field for one in inputs if (field := self.of(one)) is not None]
        if not found or func in MIXING:
            return None
        field = max(found, key=lambda one: one.size)
        axes = len(field.size)
        if func in CONVOLUTIONS:
            _, weight, _, stride, _, dilation = given(args, kwargs, CONVOLUTION, (None, 1, 0, 1))
            kernel = tuple(weight.shape[2:])
            return field.after(kernel, per_axis(stride, axes), per_axis(dilation, axes))
        if func in POOLS:
            _, kernel, stride = given(args, kwargs, POOL, (None,))
            kernel = per_axis(kernel, axes)
            # Without a stride, or with an empty one, windows stand side by side.
            return field.after(kernel, per_axis(stride or kernel, axes), (1,) * axes)
        if func in ADAPTIVE and args[0].shape != out.shape:
            return None
        return field


CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation")
POOL = ("input", "kernel_size", "stride")


def given(
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    names: tuple[str, ...],
    last: tuple[Any, ...],
) -> list[Any]:
    """The arguments with these names; `last` are the defaults of the last of them.

    >>> given((1, 2), {"stride": 3}, POOL, (None,))
    [1, 2, 3]
    """
    defaults = dict(zip(names[len(names) - len(last) :], last, strict=True))
    named = {**defaults, **dict(zip(names, args, strict=False)), **kwargs}
    return [named[name] for name in names]


def per_axis(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One number for each axis.

    >>> per_axis(3, 2), per_axis((1, 2), 2)
    ((3, 3), (1, 2))
    """
    if isinstance(value, int):
        return (value,) * axes
    return tuple(value) if len(value) == axes else tuple(value) * axes
