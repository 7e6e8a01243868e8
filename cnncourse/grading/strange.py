"""What an answer returned where no result of that kind can be right, as words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Strange:
    """An object that stayed in the answer's process.

    kind: what it is, with its article: "a generator", "the class Layer".
    shown: how it shows itself.
    """

    kind: str
    shown: str = ""

    def __repr__(self) -> str:
        return self.shown or self.kind
