"""Put a function that shuffles to a case: what holds of its result, whatever order it drew.

Every order is right, so no values can be expected. What is compared are answers to questions
about the result, which are the same for all right answers. The grader asks them: an answer's
process only says what was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnncourse.grading.run_function import NO_GRADIENT, Answer, Parts, Setting, invoke

RESULT, AGAIN, OTHER, GRADIENT = "result", "drawn again", "drawn otherwise", "gradient of images"


@dataclass(frozen=True)
class Permutation:
    """Call answer(images, generator) -> (permuted, perm) three times.

    Arguments of the case: images (N, ...), in which no image has a number twice, and the seed
    of the generator.
    """

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        """What comes back: at first, from an equal generator, and from another one."""
        images, seed = setting.arguments["images"], setting.arguments["seed"]

        def draw(seed: int) -> Any:
            given = {"images": images, "generator": torch.Generator().manual_seed(seed)}
            with setting.watch.during():
                return invoke(answer, given, ())

        parts: Parts = {RESULT: draw(seed)}
        if is_pair(parts[RESULT]):
            if images.requires_grad:
                parts[GRADIENT] = own_gradient(parts[RESULT][0], images)
            parts |= {AGAIN: draw(seed), OTHER: draw(seed + 1)}
        return parts

    def measured(self, parts: Parts, arguments: dict[str, Any]) -> Parts:
        """What holds of that."""
        if is_pair(parts.get(RESULT)):
            try:
                return self.questioned(parts, arguments)
            except (RuntimeError, TypeError, ValueError):
                pass  # complex or sparse numbers, for example: compared as they are
        return {RESULT: parts.get(RESULT)}

    def questioned(self, parts: Parts, arguments: dict[str, Any]) -> Parts:
        """What holds of two results, the second of which is an order."""
        permuted, perm = parts[RESULT]
        images, perm = arguments["images"].detach().cpu(), as_order(perm)
        found: Parts = {
            RESULT: ("permuted", "perm"),
            "images after the shuffle, numbers sorted": sorted_numbers(permuted),
            "perm, numbers sorted": perm.sort().values if isinstance(perm, Tensor) else perm,
        }
        if GRADIENT in parts:
            found[GRADIENT] = parts[GRADIENT]
        if isinstance(permuted, Tensor) and permuted.shape == images.shape:
            again, other = (order_in(parts.get(name)) for name in (AGAIN, OTHER))
            answers = {
                **about_orders(orders_of(images, permuted.detach().cpu()), perm, images),
                "does the same generator draw the same perm": same(perm, again),
                "does a generator with another seed draw another perm": not same(perm, other),
            }
            found |= {f"answer to “{question}?”": holds for question, holds in answers.items()}
        return found


def is_pair(drawn: Any) -> bool:
    return isinstance(drawn, (tuple, list)) and len(drawn) == 2


def order_in(drawn: Any) -> Any:
    """The order that was drawn, None where there is none."""
    return as_order(drawn[1]) if is_pair(drawn) else None


def as_order(perm: Any) -> Any:
    """Whole numbers as int64, in whatever they come; anything else as it is."""
    try:
        tensor = torch.as_tensor(perm).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return perm
    whole = not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)
    return tensor.long() if whole else perm


def sorted_numbers(permuted: Any) -> Any:
    """The numbers of each image in ascending order, in the shape that they came in."""
    if not isinstance(permuted, Tensor) or permuted.ndim < 2:
        return permuted
    return permuted.detach().flatten(1).sort(1).values.reshape(permuted.shape)


def own_gradient(permuted: Any, images: Tensor) -> Any:
    """The gradient of images when each output number hands back its own value."""
    if not isinstance(permuted, Tensor) or not permuted.requires_grad:
        return NO_GRADIENT
    return torch.autograd.grad((permuted * permuted.detach()).sum(), images)[0]


def orders_of(images: Tensor, permuted: Tensor) -> Tensor | None:
    """For each image the place that each number was at before; (N, D).

    None where numbers are lost or new.
    """
    before, after = (some.double().flatten(1).sort(1) for some in (images, permuted))
    if not torch.equal(before.values, after.values):
        return None
    return torch.empty_like(before.indices).scatter_(1, after.indices, before.indices)


def about_orders(orders: Tensor | None, perm: Any, images: Tensor) -> dict[str, bool]:
    """What can be said about the orders in which images were put."""
    known = orders is not None
    fits = known and isinstance(perm, Tensor) and perm.shape == orders.shape[1:]
    in_place = torch.arange(images.shape[1:].numel())
    return {
        "are all images shuffled in the same order": known and bool((orders == orders[0]).all()),
        "is permuted.flatten(1) the same as images.flatten(1)[:, perm]": (
            fits and bool((orders == perm).all())
        ),
        "are the pixels moved at all": known and not bool((orders == in_place).all()),
        "is it the other way round, with perm telling where each pixel goes": (
            fits and bool((orders.argsort(1) == perm).all())
        ),
        "do whole rows stay together": known and whole_rows(orders, images.shape),
        "do whole columns stay together": known and whole_columns(orders, images.shape),
    }


def whole_rows(orders: Tensor, shape: torch.Size) -> bool:
    """Whether neighbours along the last axis stay neighbours."""
    if len(shape) < 3:
        return False
    steps = orders.reshape(shape).diff(dim=-1)
    return bool((steps == 1).all())


def whole_columns(orders: Tensor, shape: torch.Size) -> bool:
    """Whether neighbours along the last axis but one stay neighbours."""
    if len(shape) < 3:
        return False
    steps = orders.reshape(shape).diff(dim=-2)
    return bool((steps == shape[-1]).all())


def same(one: Any, other: Any) -> bool:
    """Whether two orders are equal; never an error."""
    return isinstance(one, Tensor) and isinstance(other, Tensor) and torch.equal(one, other)
