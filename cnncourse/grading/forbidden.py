"""Operations that an exercise asks the learner to write, recognised by what is dispatched.

Dispatch is below every alias: `F.conv2d`, `nn.Conv2d`, `torch.ops.aten.convolution` and a
scripted function all end there. It is advice, not proof: a thread or a detour through
another library is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from unittest import mock

from torch.autograd import forward_ad
from torch.autograd.variable import Variable
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

CONVOLUTION = "a library convolution"
POOLING = "a library pooling or convolution"
RELU = "a library ReLU"
LINEAR = "the library's dense layer"
ATTENTION = "a library attention"
AUTOGRAD = "automatic differentiation"

# `F.unfold` and `F.fold` are dispatched as im2col and col2im; `Tensor.unfold` is
# aten::unfold and stays legal. "convert" is no convolution.
DISPATCHED = {
    CONVOLUTION: re.compile(r"conv(?!ert)|im2col|col2im"),
    # A convolution with equal weights is average pooling.
    POOLING: re.compile(r"pool|conv(?!ert)|im2col|col2im"),
    RELU: re.compile(r"relu|threshold"),
    ATTENTION: re.compile(r"attention|_sdp_|transformer_encoder|transform_bias_rescale_qkv"),
}
# What is called, for families whose operations may be dispatched as others that are legal.
FUNCTIONS = {LINEAR: re.compile(r"^linear$"), ATTENTION: DISPATCHED[ATTENTION]}


def pattern(forbidden: str) -> re.Pattern[str]:
    """What the names of a family's operations look like; any other name is one operation.

    >>> bool(pattern("aten.cumsum").search("cumsum")), bool(pattern("sum").search("cumsum"))
    (True, False)
    """
    name = forbidden.removeprefix("aten.").split(".")[0]
    return DISPATCHED.get(forbidden) or re.compile(rf"^_?{re.escape(name)}(_backward)?$")


class ForbiddenOperation(BaseException):
    """Ends an answer at once; a BaseException, so that `except Exception` does not hide it."""


class TooManyOperations(BaseException):
    """Ends an answer that would run for minutes on what takes milliseconds."""


class DispatchMode(TorchDispatchMode):
    """A dispatch mode that leaves the compiler out: importing it takes three seconds."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


class FunctionWatch(TorchFunctionMode):
    """Stops at a function that is dispatched as legal operations.

    `linear` becomes `addmm`, and `nn.MultiheadAttention` may become products and a softmax.
    """

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "").split(".")[0]
        for family, functions in FUNCTIONS.items():
            if family in self.watch.forbids and functions.search(name):
                self.watch.stop(family, name)
        return func(*args, **(kwargs or {}))


class Watch(DispatchMode):
    """Counts what an answer dispatches and stops it at a forbidden operation.

    forbids: families (CONVOLUTION, LINEAR, POOLING, RELU,
        ATTENTION, AUTOGRAD) and names of single operations ("aten.cumsum").
    count: operations dispatched so far.
    caught: (family, operation) of the first forbidden one, or None.
    """

    def __init__(self, forbids: tuple[str, ...] = (), limit: int | None = None) -> None:
        super().__init__()
        self.forbids = forbids
        self.patterns = {one: pattern(one) for one in forbids if one not in (AUTOGRAD, LINEAR)}
        self.limit = limit
        self.count = 0
        self.caught: tuple[str, str] | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        name = func._schema.name.split("::")[-1]
        for family, operations in self.patterns.items():
            if operations.search(name):
                self.stop(family, name)
        if self.limit is not None and self.count > self.limit:
            raise TooManyOperations
        return func(*args, **(kwargs or {}))

    def stop(self, family: str, operation: str) -> NoReturn:
        """Remember the operation, in case the answer swallows what is raised, and raise."""
        self.caught = self.caught or (family, operation)
        raise ForbiddenOperation(operation)

    @contextmanager
    def during(self) -> Iterator[Watch]:
        """Watch whatever runs inside, automatic differentiation included."""
        with ExitStack() as stack:
            if AUTOGRAD in self.forbids:
                stack.enter_context(self.no_autograd())
            if FUNCTIONS.keys() & self.forbids:
                stack.enter_context(FunctionWatch(self))
            yield stack.enter_context(self)

    @contextmanager
    def no_autograd(self) -> Iterator[None]:
        """Close the two doors that every way of differentiating goes through."""

        class Closed:
            def __getattr__(engine, attribute: str) -> NoReturn:
                self.stop(AUTOGRAD, "backward")

        def forward_mode(*args: Any, **kwargs: Any) -> NoReturn:
            self.stop(AUTOGRAD, "forward mode")

        with (
            mock.patch.object(Variable, "_execution_engine", Closed()),
            mock.patch.object(forward_ad, "_maybe_load_decompositions", forward_mode),
        ):
            yield
