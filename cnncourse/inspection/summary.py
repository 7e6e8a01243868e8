"""What a network is made of, layer by layer, in numbers that are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnncourse.inspection.receptive_fields import Field, ReceptiveFields

HEADS = ("layer", "kind", "output", "parameters", "MACs", "sees", "jump")
ROOM = "padding:.15em .7em;white-space:nowrap"
NOTE = "sees: receptive field in input pixels; jump: input pixels between neighbours."


@dataclass(frozen=True)
class Layer:
    """One row. shape: of the output, without the batch. macs: for one example."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    field: Field | None

    def cells(self) -> tuple[str, ...]:
        field = self.field
        sees, jump = (sides(field.size), sides(field.jump)) if field else ("", "")
        shape = " x ".join(map(str, self.shape))
        return (
            self.name,
            self.kind,
            shape,
            count(self.parameters),
            count(self.macs),
            sees,
            jump,
        )


@dataclass(frozen=True)
class Summary:
    """A network in numbers. In a notebook it shows as a table, printed as text."""

    layers: tuple[Layer, ...]
    parameters: int
    macs: int

    def table(self) -> list[tuple[str, ...]]:
        """All rows, the total last."""
        total = (
            "total",
            "",
            "",
            count(self.parameters),
            count(self.macs),
            "",
            "",
        )
        return [*(layer.cells() for layer in self.layers), total]

    def __str__(self) -> str:
        rows = [HEADS, *self.table()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = []
        for row in rows:
            left = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
            right = [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
            lines.append("  ".join([*left, *right]).rstrip())
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], NOTE])

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            parts = (
                f'<{tag} style="text-align:{side};{ROOM}">{escape(cell)}</{tag}>'
                for side, cell in zip(("left",) * 3 + ("right",) * 4, cells, strict=True)
            )
            return f"<tr>{''.join(parts)}</tr>"

        body = "".join(row(cells, "td") for cells in self.table())
        head = row(HEADS, "th")
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table><p>{NOTE}</p>"


def summary(model: nn.Module, input_shape: Sequence[int]) -> Summary:
    """Count a network's parameters and products, layer by layer, without running it.

    input_shape: of one example, such as (3, 224, 224). MACs are multiply-accumulates of
    convolutions, linear layers and attention for one example; a published "FLOPs" often means
    these, sometimes twice as many. The model is left as it was. A layer that is used twice has
    one row, with the MACs of both.

    >>> print(summary(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 4, 5)))
    layer  kind    output     parameters  MACs  sees  jump
    ------------------------------------------------------
    0      Conv2d  2 x 2 x 3          20   108     3     1
    1      ReLU    2 x 2 x 3           0     0     3     1
    ------------------------------------------------------
    total                             20   108
    sees: receptive field in input pixels; jump: input pixels between neighbours.
    """
    names = {module: name for name, module in model.named_modules()}
    calls: dict[nn.Module, tuple[Any, Field | None]] = {}
    dtype = next((p.dtype for p in model.parameters()), torch.float32)
    x = torch.empty(1, *input_shape, dtype=dtype, device="meta")
    fields = ReceptiveFields(x)

    def note(module: nn.Module, inputs: Any, out: Any) -> None:
        calls.setdefault(module, (out, fields.of(out)))

    counter = FlopCounterMode(display=False)
    run_without_numbers(model, x, note, counter, fields)
    macs = own_macs(counter)
    root = type(model).__name__
    layers = []
    for module, (out, field) in calls.items():
        name = names[module]
        own = macs[f"{root}.{name}" if name else root]
        parameters = sum(p.numel() for p in module.parameters(recurse=False))
        leaf = not any(True for _ in module.children()) and not isinstance(module, nn.Identity)
        if isinstance(out, Tensor) and (leaf or own or parameters):
            shape = tuple(out.shape[1:])
            layers.append(Layer(name, type(module).__name__, shape, parameters, own, field))
    total = sum(p.numel() for p in model.parameters())
    return Summary(tuple(layers), total, counter.get_total_flops() // 2)


def run_without_numbers(
    model: nn.Module,
    x: Tensor,
    note: Any,
    counter: FlopCounterMode,
    fields: ReceptiveFields,
) -> None:
    """Send shapes through a model, in eval mode; its numbers and its modes stay as they are."""
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    shapes = {name: torch.empty_like(value, device="meta") for name, value in state.items()}
    hooks = [module.register_forward_hook(note) for module in model.modules()]
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        with torch.no_grad(), counter, fields:
            torch.func.functional_call(model, shapes, (x,))
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training


def own_macs(counter: FlopCounterMode) -> Counter[str]:
    """MACs of each module by its full name, without those of the modules in it."""
    flops = {name: sum(kinds.values()) for name, kinds in counter.get_flop_counts().items()}
    own = Counter({name: value // 2 for name, value in flops.items()})
    for name, value in flops.items():
        above = name.rpartition(".")[0]
        # Lists of modules are not called, and so are not counted.
        while above and above not in flops:
            above = above.rpartition(".")[0]
        if above:
            own[above] -= value // 2
    return own


def count(number: int) -> str:
    """With thin gaps between thousands, as the field prints it.

    >>> count(150528000)
    '150 528 000'
    """
    return f"{number:,}".replace(",", " ")


def sides(values: tuple[int, ...]) -> str:
    """One number where all sides agree.

    >>> sides((3, 3)), sides((3, 5))
    ('3', '3 x 5')
    """
    return str(values[0]) if len(set(values)) == 1 else " x ".join(map(str, values))
