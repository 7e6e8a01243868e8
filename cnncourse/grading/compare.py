"""Is it the same? Type, shape, dtype, device, finite, values: in this order, never a mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnncourse.grading import messages
from cnncourse.grading.run_draw import Drawn
from cnncourse.grading.run_function import NO_GRADIENT
from cnncourse.grading.run_training import Measure

# An element may be off by this many units of rounding of the largest magnitude that was
# summed up. Sums of a thousand terms, in any order and through an FFT, stay below a tenth.
ROUNDING_UNITS = 32
# Without a bound on that magnitude (whole modules), allow for cancellation.
ROUNDING_UNITS_UNBOUNDED = 32768


@dataclass(frozen=True)
class Difference:
    """The first thing in which two results differ, and the share of the case it leaves."""

    say: str
    expected: Any
    got: Any
    where: str
    is_shape: bool = False
    share: float = 0.0


@dataclass
class Comparison:
    """Compares a result with what was expected.

    magnitude: the largest sum of absolute values behind the expected numbers, or None.
    any_dtype: NumPy results may have any dtype that holds the values.
    remarks: what is worth a word although it is right; filled while comparing.
    scale: how large numbers of this kind are here, where the expected ones may vanish.
    """

    magnitude: float | None = None
    any_dtype: bool = False
    remarks: list[str] = field(default_factory=list)
    scale: float = 0.0

    def difference(self, expected: Any, exact: Any, got: Any, where: str) -> Difference | None:
        """None where `got` is right.

        expected: the reference's result, of the right type, dtype and device.
        exact: the same computed in float64.
        """
        if isinstance(got, str) and got == NO_GRADIENT:
            vanishes = isinstance(exact, str) or not bool(exact.any())
            return None if vanishes else Difference(messages.detached(where), exact, None, where)
        if isinstance(expected, str) and expected == NO_GRADIENT:
            expected = exact = torch.zeros_like(got)
        if isinstance(expected, Measure):
            return self.measure(got, where)
        if isinstance(expected, Drawn):
            return self.drawn(expected, got, where)
        if isinstance(expected, Tensor):
            return self.tensor(expected, exact, got, where)
        if isinstance(expected, np.ndarray):
            return self.array(expected, exact, got, where)
        if isinstance(expected, (tuple, list)):
            return self.sequence(expected, exact, got, where)
        if isinstance(expected, dict):
            return self.mapping(expected, exact, got, where)
        return self.scalar(expected, got, where)

    def measure(self, got: Measure, where: str) -> Difference | None:
        if got.share == 1.0:
            return None
        say = messages.below_target(where, got.value, got.floor, got.full)
        return Difference(say, got.full, got.value, where, share=got.share)

    def drawn(self, expected: Drawn, got: Any, where: str) -> Difference | None:
        if not isinstance(got, Drawn):
            say = messages.wrong_type(where, torch.empty(0), got)
            return Difference(say, None, got, where)
        if got.shape != expected.shape:
            say = messages.wrong_shape(where, expected.shape, got.shape)
            return Difference(say, expected.shape, got.shape, where, is_shape=True)
        for what, slack in expected.slack.items():
            one, other = expected.figures[what], got.figures[what]
            # Not "greater than", which nan never is.
            if not abs(one - other) <= slack:
                say = messages.wrong_figure(where, what, one, other)
                return Difference(say, one, other, where)
        if got.repeats != expected.repeats:
            return Difference(messages.not_from_the_generator(where), None, None, where)
        if got.goes_on != expected.goes_on:
            return Difference(messages.same_numbers_again(where), None, None, where)
        return None

    def sequence(
        self, expected: Sequence[Any], exact: Sequence[Any], got: Any, where: str
    ) -> Difference | None:
        # One array that holds the parts along its first axis unpacks just as well.
        if not isinstance(got, (tuple, list, np.ndarray, Tensor)):
            return Difference(messages.wrong_type(where, expected, got), expected, got, where)
        length = len(got) if not isinstance(got, (np.ndarray, Tensor)) or got.ndim else 0
        if length != len(expected):
            say = messages.wrong_length(where, len(expected), length)
            return Difference(say, expected, got, where)
        for index, parts in enumerate(zip(expected, exact, got, strict=True)):
            found = self.difference(*parts, f"part {index + 1} of {where}")
            if found:
                return found
        return None

    def mapping(
        self, expected: dict[Any, Any], exact: dict[Any, Any], got: Any, where: str
    ) -> Difference | None:
        if not isinstance(got, dict):
            return Difference(messages.wrong_type(where, expected, got), expected, got, where)
        if set(got) != set(expected):
            say = messages.wrong_keys(where, list(expected), list(got))
            return Difference(say, expected, got, where)
        for key in expected:
            found = self.difference(expected[key], exact[key], got[key], f"{where}[{key!r}]")
            if found:
                return found
        return None

    def tensor(self, expected: Tensor, exact: Tensor, got: Any, where: str) -> Difference | None:
        if not isinstance(got, Tensor):
            return Difference(messages.wrong_type(where, expected, got), expected, got, where)
        # A subclass may answer comparisons as it likes: look at the numbers alone.
        got = got.detach().as_subclass(Tensor)
        for say, one, other in (
            (messages.wrong_shape, expected.shape, got.shape),
            (messages.wrong_dtype, expected.dtype, got.dtype),
            (messages.wrong_device, expected.device, got.device),
        ):
            if one != other:
                is_shape = say is messages.wrong_shape
                text = say(where, one, other)
                return Difference(text, exact, got, where, is_shape=is_shape)
        unit = torch.finfo(got.dtype).eps if got.is_floating_point() else 0.0
        return self.values(to_numpy(exact), to_numpy(got), unit, where)

    def array(
        self, expected: np.ndarray, exact: np.ndarray, got: Any, where: str
    ) -> Difference | None:
        if isinstance(got, Tensor):
            self.remark(messages.remark_array(got))
            got = got.detach().cpu().numpy()
        elif isinstance(got, (list, tuple)):
            self.remark(messages.remark_array(got))
        elif not isinstance(got, (np.ndarray, np.generic)):
            return Difference(messages.wrong_type(where, exact, got), exact, got, where)
        try:
            # A plain copy: a subclass may answer comparisons as it likes.
            plain = np.array(got, subok=False)
            numbers = plain.astype(np.float64)
        except (TypeError, ValueError):
            return Difference(messages.wrong_type(where, exact, got), exact, got, where)
        if plain.shape != exact.shape:
            say = messages.wrong_shape(where, exact.shape, plain.shape)
            return Difference(say, exact, plain, where, is_shape=True)
        wide = plain.dtype.kind != "f" or plain.dtype.itemsize >= 8
        # The dtype is the learner's choice, down to single precision.
        unit = np.finfo(np.float64 if wide else np.float32).eps
        found = self.values(exact.astype(np.float64), numbers, float(unit), where)
        if found or self.any_dtype or plain.dtype == expected.dtype:
            return found
        say = messages.wrong_array_dtype(where, expected.dtype, plain.dtype)
        return Difference(say, exact, plain, where)

    def values(
        self, exact: np.ndarray, got: np.ndarray, unit: float, where: str
    ) -> Difference | None:
        if exact.dtype.kind != "f":
            wrong = exact != got
        else:
            # Known wrong answers may give infinities, as padding does that wins, or nan.
            finite = np.isfinite(exact)
            if not np.isfinite(got[finite]).all():
                return Difference(messages.not_finite(where), exact, got, where)
            largest = float(np.abs(exact[finite]).max(initial=self.scale))
            magnitude = max(self.magnitude or 0.0, largest)
            units = ROUNDING_UNITS_UNBOUNDED if self.magnitude is None else ROUNDING_UNITS
            with np.errstate(invalid="ignore"):
                same = (exact == got) | (np.isnan(exact) & np.isnan(got))
                error = np.where(same, 0.0, np.abs(exact - got))
            wrong = ~(error <= units * unit * magnitude)
            if wrong.any() and error.max() <= 1e-5 * magnitude:
                say = messages.lost_precision(where, float(error.max()))
                return Difference(say, exact, got, where)
        if not wrong.any():
            return None
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        say = messages.wrong_values(
            where, int(wrong.sum()), wrong.size, index, exact[index], got[index]
        )
        return Difference(say, exact, got, where)

    def scalar(self, expected: Any, got: Any, where: str) -> Difference | None:
        plain = got.item() if is_scalar_box(got) else got
        if isinstance(expected, bool):
            fits = isinstance(plain, bool)
        elif isinstance(expected, Integral):
            if isinstance(plain, float):
                return Difference(messages.float_count(where, plain), expected, got, where)
            fits = isinstance(plain, Integral)
            if fits and not isinstance(got, int):
                self.remark(messages.remark_integer(got))
        elif isinstance(expected, Real) and not isinstance(expected, Fraction):
            fits = isinstance(plain, Real) and not isinstance(plain, bool)
        else:
            fits = isinstance(plain, (type(expected), Real))
        if not fits:
            return Difference(messages.wrong_type(where, expected, got), expected, got, where)
        if isinstance(expected, float):
            one, other = np.float64(expected), np.float64(plain)
            return self.values(one, other, float(np.finfo(np.float64).eps), where)
        if plain == expected:
            return None
        say = messages.wrong_values(where, 1, 1, (), expected, plain)
        return Difference(say, expected, got, where)

    def remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)


def is_scalar_box(value: Any) -> bool:
    """A NumPy scalar, or an array or tensor without axes."""
    if isinstance(value, (np.ndarray, Tensor)):
        return value.ndim == 0
    return isinstance(value, np.generic)


def to_numpy(tensor: Tensor) -> np.ndarray:
    """The numbers of a tensor; float64 where they are real, so that nothing is lost."""
    tensor = tensor.detach().cpu()
    return tensor.double().numpy() if tensor.is_floating_point() else tensor.numpy()
