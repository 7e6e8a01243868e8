"""What is to be done with an answer, as plain data that can travel to another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnncourse.grading.arguments import mapped
from cnncourse.grading.run_function import Run


@dataclass(frozen=True, repr=False)
class Recipe:
    """An argument that is code, a module or a function, named instead of sent.

    build: a function of `cnncourse.recipes`, which answers may see; arguments: what it gets.
    """

    build: Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"{self.build.__name__}({', '.join(f'{k}={v!r}' for k, v in self.arguments.items())})"
        )


@dataclass(frozen=True)
class Order:
    """One run of an answer on one case.

    run: how the answer is put to the arguments.
    options: the arguments that go by name, because the reference has defaults for them.
    seed: for upstream gradients and for the parameters of modules.
    forbids, limit: see `forbidden.Watch`.
    absolute: upstream gradients without their signs, to bound rounding errors.
    """

    name: str
    run: Run
    arguments: dict[str, Any]
    options: tuple[str, ...]
    seed: int
    device: str
    forbids: tuple[str, ...] = ()
    limit: int | None = None
    absolute: bool = False


def built(arguments: dict[str, Any]) -> dict[str, Any]:
    """Every recipe replaced by what it makes."""

    def build(value: Any) -> Any:
        return value.build(**value.arguments) if isinstance(value, Recipe) else value

    return mapped(arguments, build)
