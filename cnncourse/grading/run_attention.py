"""Put a block with attention to a case: q, k and v may be one matrix, three, or one for each head.

Which of them is called q, which k, and in which order the heads and their features stand is
nobody's business: an answer that orders them otherwise does the same once its rows are ordered
otherwise, too. So all these rows get equal values, and of their gradients only what does not
depend on their order is compared. Two rows that are mixed up cannot be told apart then, and need
not; a row that is left out, or used for another, still has another gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.grading.run_function import Parts, random_like
from cnncourse.grading.run_module import Module, fill, hash_of, recorded, shape_key

GROUPS = ROWS, OFFSETS, OUT = (
    "the weights of q, k and v",
    "the biases of q, k and v",
    "the weights behind v",
)


@dataclass(frozen=True)
class AttentionModule(Module):
    """As `Module`, for blocks whose first weights make q, k and v, and whose next mix v."""

    def known(self, model: nn.Module, inputs: list[Tensor]) -> dict[str, nn.Parameter]:
        record = recorded(model, inputs)
        before = record.before
        first = {one for one, ways in before.items() if one.dim() > 1 and not ways}
        named: dict[str, nn.Parameter] = {}
        for one in [*before, *record.waiting.values()]:
            ways = before.get(one, frozenset())
            if one in first:
                name = ROWS
            elif ways and ways <= first:
                name = OFFSETS if one.dim() == 1 else OUT
            else:
                shapes = sorted({str(shape_key(way)) for way in ways})
                name = " behind ".join([str(shape_key(one)), *shapes])
            count = 1 + sum(other.startswith(f"{name} no. ") for other in named)
            named[f"{name} no. {count}"] = one
        return named

    def fill(self, parameters: dict[str, nn.Parameter], generator: torch.Generator) -> None:
        fill(parameters, generator)
        for name, parameter in parameters.items():
            group = group_of(name)
            if group:
                own = torch.Generator().manual_seed(generator.initial_seed() + hash_of(group))
                one = parameter[:, :1] if group == OUT else parameter[:1]
                size = parameter.shape[1] if group == OUT else one.numel() ** 0.5
                with torch.no_grad():
                    parameter.copy_((random_like(one, own) / size).expand_as(parameter))

    def told(self, parameters: dict[str, nn.Parameter], grads: list[Any]) -> Parts:
        alone: dict[str, nn.Parameter] = {}
        of_alone: list[Any] = []
        together: dict[str, list[Tensor]] = {group: [] for group in GROUPS}
        for (name, parameter), grad in zip(parameters.items(), grads, strict=True):
            group = group_of(name)
            if not group:
                alone[name] = parameter
                of_alone.append(grad)
                continue
            grad = grad if isinstance(grad, Tensor) else torch.zeros_like(parameter)
            rows = grad[:, None] if grad.dim() == 1 else grad.flatten(1)
            together[group].append(rows.T if group == OUT else rows)
        parts = super().told(alone, of_alone)
        for group, some in together.items():
            if some and len({len(rows[0]) for rows in some}) == 1:
                rows = torch.cat(some)
                parts[f"gradient of {group}, added up"] = rows.sum(0)
                parts[f"gradient of {group}, squared and added up"] = rows.square().sum(0)
        return parts


def group_of(name: str) -> str:
    """The group that a parameter stands in for any order of rows, or ""."""
    return next((group for group in GROUPS if name.startswith(group)), "")
