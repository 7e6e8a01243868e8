"""A network in few rows: small layers join the one before, equal blocks are told once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from torch import nn

from cnncourse.inspection.receptive_fields import Field
from cnncourse.inspection.summary import Layer, summary

# What a network repeats, by the names that our networks give it.
BLOCK = re.compile(r"(?:encoder\.layers\.\w+|layer\d\.\d+|features\.\d\.\d+|blocks\.\d+)(?=\.|$)")
JOINS = {
    nn.BatchNorm2d: "BatchNorm",
    nn.ReLU: "ReLU",
    nn.SiLU: "SiLU",
    nn.GELU: "GELU",
    nn.Tanh: "tanh",
    nn.Dropout: "dropout",
}
POOLS = {
    nn.MaxPool2d: "max pooling",
    nn.AvgPool2d: "average pooling",
}


@dataclass(frozen=True)
class Row:
    """One layer with what follows it.

    sees, jump: what one value behind it sees, in input pixels along the first axis, and how far its
    neighbour looks; None behind what mixes all places. In a repeated block, `sees` is that of the
    first, and `last_sees` that of the last.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    sees: int | None
    last_sees: int | None
    jump: int | None

    def looks_like(self, other: Row) -> bool:
        same = ("kind", "shape", "parameters", "macs")
        return all(getattr(self, name) == getattr(other, name) for name in same)


@dataclass
class Part:
    """Rows that belong together, `times` in a row; a part without a name is one row."""

    name: str
    rows: list[Row]
    times: int = 1
    last: str = field(default="")

    def looks_like(self, other: Part) -> bool:
        pairs = itertools.zip_longest(self.rows, other.rows)
        return bool(self.name and other.name) and all(
            a is not None and b is not None and a.looks_like(b) for a, b in pairs
        )


def outline(model: nn.Module, input_shape: Sequence[int]) -> list[Part]:
    """A network's rows, equal blocks folded. The numbers are those of `summary`.

    >>> network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
    >>> [row.kind for part in outline(network, (3, 8, 8)) for row in part.rows]
    ['3 × 3 convolution, ReLU', '2 × 2 max pooling']
    """
    rows = joined(model, summary(model, input_shape).layers)
    return list(folded(parts(rows)))


def joined(model: nn.Module, layers: Iterable[Layer]) -> list[Row]:
    """One row for each layer that does some work, small ones written behind it."""
    rows: list[Row] = []
    for layer in layers:
        module = model.get_submodule(layer.name)
        small = next((word for kind, word in JOINS.items() if isinstance(module, kind)), None)
        if small and rows:
            last = rows[-1]
            total = last.parameters + layer.parameters
            rows[-1] = replace(last, kind=f"{last.kind}, {small}", parameters=total)
        else:
            rows.append(row_of(layer, kind_of(module)))
    return rows


def row_of(layer: Layer, kind: str) -> Row:
    sees, jump = first_axis(layer.field)
    name = layer.name or "(the network's own)"
    return Row(name, kind, layer.shape, layer.parameters, layer.macs, sees, sees, jump)


def first_axis(field: Field | None) -> tuple[int | None, int | None]:
    return (field.size[0], field.jump[0]) if field else (None, None)


def kind_of(module: nn.Module) -> str:
    """What a layer is, in words.

    >>> kind_of(nn.Conv2d(8, 8, 3, stride=2, groups=8))
    '3 × 3 depthwise convolution, stride 2'
    """
    if isinstance(module, (nn.Conv1d, nn.Conv2d)):
        depthwise = module.groups > 1 and module.groups == module.in_channels
        word = "depthwise convolution" if depthwise else "convolution"
        return sized(module.kernel_size, word) + further(module)
    for kind, word in POOLS.items():
        if isinstance(module, kind):
            size = module.kernel_size
            return sized((size, size) if isinstance(size, int) else size, word)
    words = {
        nn.Linear: "dense layer",
        nn.AdaptiveAvgPool2d: "average pooling to a fixed size",
        nn.LayerNorm: "LayerNorm",
        nn.Flatten: "flatten",
    }
    for kind, word in words.items():
        if isinstance(module, kind):
            return word
    if "Attention" in type(module).__name__:
        return "attention"
    own = any(True for _ in module.parameters(recurse=False))
    return f"{type(module).__name__}: weights of its own" if own else type(module).__name__


def sized(sizes: Sequence[int], word: str) -> str:
    """A kernel's sides before its word; a row of values has width alone.

    >>> sized((3, 3), "convolution"), sized((7,), "convolution")
    ('3 × 3 convolution', 'convolution of width 7')
    """
    if len(sizes) == 1:
        return f"{word} of width {sizes[0]}"
    return f"{' × '.join(map(str, sizes))} {word}"


def further(module: nn.Conv1d | nn.Conv2d) -> str:
    """A stride or dilation that is not 1."""
    stride, dilation = module.stride[0], module.dilation[0]
    text = f", stride {stride}" if stride > 1 else ""
    return text + (f", dilation {dilation}" if dilation > 1 else "")


def parts(rows: Iterable[Row]) -> Iterator[Part]:
    """Rows of one block together, every other row alone."""

    def block(row: Row) -> str:
        found = BLOCK.match(row.name)
        return found[0] if found else ""

    for name, group in itertools.groupby(rows, key=block):
        if name:
            yield Part(name, list(group), last=name)
        else:
            yield from (Part("", [row]) for row in group)


def folded(found: Iterable[Part]) -> Iterator[Part]:
    """Equal blocks in a row as one."""
    waiting: Part | None = None
    for part in found:
        if waiting and waiting.looks_like(part):
            pairs = zip(waiting.rows, part.rows, strict=True)
            waiting.rows = [replace(one, last_sees=other.last_sees) for one, other in pairs]
            waiting.times, waiting.last = waiting.times + 1, part.last
            continue
        if waiting:
            yield waiting
        waiting = part
    if waiting:
        yield waiting
