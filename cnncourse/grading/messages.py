"""Everything that a student gets to read, in one place. One function, one sentence or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from cnncourse.grading.strange import Strange

if TYPE_CHECKING:
    from cnncourse.grading.failure import Failure

# What stays legal, beside a family of operations that an exercise asks the learner to write.
FINE = {
    "a library ReLU": "Comparisons, masks, `where`, `clamp` and `maximum` are fine.",
    "a library attention": "`@`, `einsum`, `softmax`, reshaping and the like are fine.",
}
INDEXING_IS_FINE = "Indexing, `Tensor.unfold`, `F.pad`, `einsum` and `@` are fine."
GROWS = {
    "batch": "with the number of images: let one operation handle the whole batch",
    "channels": "with the number of channels: sum over channels inside one operation",
    "filters": "with the number of filters: compute all filters in one operation",
    "height": "with the height of the image: cut out all windows at once",
    "width": "with the width of the image: cut out all windows at once",
}


def right(name: str, cases: int) -> str:
    """
    >>> right("conv2d", 9), right("ChosenNet", 1)
    ('conv2d is right: all 9 cases pass.', 'ChosenNet is right: its case passes.')
    """
    return f"{name} is right: {f'all {cases} cases pass' if cases > 1 else 'its case passes'}."


def not_attempted(name: str) -> str:
    return f"{name} is still empty. Write its body, run the cell, then check again."


def calls_an_empty_function(name: str, other: str) -> str:
    return f"{name} calls {other}, and {other} is still empty. Do {other} first."


def not_a_function(name: str, got: Any) -> str:
    return (
        f"check got {a_kind(got)} instead of a function or class. "
        f"Pass {name} itself, without parentheses and arguments."
    )


def not_a_module(got: Any) -> str:
    return f"an nn.Module was expected, this is {a_kind(got)}"


def not_a_layer(kind: str, got: Any) -> str:
    return f"an nn.{kind} was expected, this is {a_kind(got)}"


def too_many_parameters(count: int, most: int) -> str:
    return f"the network has {count} parameters, and {most} are allowed"


def no_scores(got: Any, count: int, classes: int) -> str:
    what = f"shape {tuple(got.shape)}" if isinstance(got, Tensor) else a_kind(got)
    return (
        f"the network answers {count} examples with {what}; one row of scores for each was "
        f"expected, and {classes} scores in it"
    )


def not_allowed(name: str, family: str, operation: str) -> str:
    return (
        f"{name} leans on {family} (PyTorch's `{operation}`), which is what this exercise asks "
        f"you to write yourself. {FINE.get(family, INDEXING_IS_FINE)}"
    )


def crashed(name: str, error: Failure) -> str:
    if error.isa(SystemExit):
        return f"{name} tried to end Python itself (`exit` or `quit`). Return the result instead."
    if error.isa(RecursionError):
        return f"{name} calls itself without end."
    return f"{name} stopped with {error.kind}: {error.words}"


def stopped(name: str) -> str:
    return (
        f"{name} was stopped: it ran for too long, or you interrupted it. "
        "Is there a loop that never ends?"
    )


def out_of_time(name: str) -> str:
    return (
        f"{name} ran for too long and was ended. Is there a loop that never ends, or one that "
        "swallows every exception, interrupts included?"
    )


def out_of_memory(name: str) -> str:
    return f"{name} used up the memory that grading allows, and was ended."


def too_many_processes(name: str) -> str:
    return f"{name} started more processes than grading allows, and was ended."


def ended_its_process(name: str, detail: str) -> str:
    return f"While {name} ran, its Python process came to an end ({detail})."


def unintelligible(name: str) -> str:
    return f"What came back when {name} was called is no result, so nothing could be compared."


def not_defined(name: str, why: str) -> str:
    return f"There is no {name} after all cells have run. {why}".strip()


def cell_stopped(error: str, line: str) -> str:
    where = f" ({line})" if line else ""
    return f"Its cell stopped with {error}{where}."


def grows(name: str, axis: str, small: tuple[int, int], large: tuple[int, int]) -> str:
    return (
        f"The work of {name} grows {GROWS.get(axis, f'with {axis}')}. "
        f"({small[1]} operations for {axis} {small[0]}, {large[1]} for {axis} {large[0]}.)"
    )


def not_counted(name: str) -> str:
    return f"{name} stops on larger inputs, so its operations could not be counted."


def too_many_operations(name: str, limit: int) -> str:
    return (
        f"{name} used more than {limit} tensor operations on a tiny input. A loop over kernel "
        "positions is fine; loops over images, channels, filters or pixels are not."
    )


def changed(name: str, arguments: Sequence[str]) -> str:
    return (
        f"The result is right, but {name} changes its argument {' and '.join(arguments)}. "
        "Whoever calls it would find other data afterwards: work on a copy."
    )


def changes_every_time(name: str) -> str:
    return (
        f"{name} gives another result when called again with the same arguments. "
        "Does it keep something between calls, or use memory that it never fills?"
    )


def returns_nothing(name: str) -> str:
    return f"{name} returns None. Is the `return` missing?"


def wrong_type(where: str, expected: Any, got: Any) -> str:
    return f"{capital(where)} is {a_kind(got)}, expected {a_kind(expected)}."


def wrong_length(where: str, expected: int, got: int) -> str:
    return f"{capital(where)} has {got} parts, expected {expected}."


def wrong_keys(where: str, expected: Sequence[Any], got: Sequence[Any]) -> str:
    return f"{capital(where)} has the keys {list(got)}, expected {list(expected)}."


def float_count(where: str, got: Any) -> str:
    return (
        f"{capital(where)} is {got!r}, a float. A count is an integer: `/` always gives a float, "
        "`//` does not."
    )


def wrong_shape(where: str, expected: Any, got: Any) -> str:
    return f"{capital(where)} has shape {tuple(got)}, expected {tuple(expected)}."


def shape_because(sentence: str, explanation: str) -> str:
    return f"{sentence} {explanation}"


def wrong_dtype(where: str, expected: Any, got: Any) -> str:
    return (
        f"{capital(where)} is {short(got)}, expected {short(expected)}: "
        "a result keeps the dtype of its inputs."
    )


def wrong_array_dtype(where: str, expected: Any, got: Any) -> str:
    return f"{capital(where)} is {got}, expected {expected}."


def wrong_device(where: str, expected: Any, got: Any) -> str:
    return (
        f"{capital(where)} is on {got}, expected {expected}: a result stays on the device of its "
        "inputs. Tensors that you create need `device=x.device`."
    )


def not_finite(where: str) -> str:
    return f"{capital(where)} contains nan or infinity. Is there memory that is never filled?"


def wrong_values(where: str, wrong: int, total: int, index: Any, expected: Any, got: Any) -> str:
    if total == 1 and index == ():
        return f"{capital(where)} is {show(got)}, expected {show(expected)}."
    return (
        f"{capital(where)}: {wrong} of {total} values differ; "
        f"at {list(index)} it is {show(got)}, expected {show(expected)}."
    )


def wrong_prediction(got: Any) -> str:
    return f"You predict {show(got)}. That is not what comes out."


def wrong_figure(where: str, what: str, expected: float, got: float) -> str:
    return f"{capital(where)} has a {what} of {got:.3g}, expected about {expected:.3g}."


def not_from_the_generator(where: str) -> str:
    return (
        f"{capital(where)} is another one for a generator in the same state: its numbers come from "
        "somewhere else."
    )


def same_numbers_again(where: str) -> str:
    return (
        f"{capital(where)} is the same at the next call, although the generator has moved on. "
        "Where is it started anew?"
    )


def lost_precision(where: str, error: float) -> str:
    return (
        f"{capital(where)} is nearly right, but off by {error:.0e}: more than rounding. Some step "
        "computes with fewer digits than the inputs have (a conversion to float32, perhaps)."
    )


def detached(where: str) -> str:
    return (
        f"There is no {where}: the result is cut off from it. Stay with tensor operations; "
        "`.item()`, `.detach()`, `.data`, NumPy and `torch.tensor(...)` cut the thread."
    )


def should_raise(name: str, expected: Failure, got: Any, asked: type[Exception]) -> str:
    return (
        f"{name} returned {show(got)}, but nothing sensible can be returned here "
        f"({expected.words}): raise {asked.__name__} with a message."
    )


def wrong_error(name: str, got: Failure, asked: type[Exception]) -> str:
    return (
        f"{name} stopped with {got.kind} ({got.words}) where it should refuse with "
        f"{asked.__name__} and a message."
    )


def below_target(where: str, value: float, floor: float, full: float) -> str:
    return f"{capital(where)} is {value:.1%}. Points start at {floor:.0%}; {full:.0%} earns all."


def same_as_misconception(say: str, everywhere: bool) -> str:
    where = "Where it fails" if everywhere else "In one of the cases that fail"
    return f"{where}, your result is exactly what this gives: {say}"


def remark_integer(got: Any) -> str:
    return f"The count is {a_kind(got)}; a plain `int` would be tidier: `int(...)`."


def remark_array(got: Any) -> str:
    return f"The result is {a_kind(got)}; a NumPy array was asked for."


def remark_aside(why: str, say: str) -> str:
    return f"Not graded, but worth mending, when {why}: {say}"


def remark_silent_error() -> str:
    return "Your ValueError has no message. Say in it what is wrong, for whoever meets it."


def a_kind(value: Any) -> str:
    """What a value is, in words: "a torch.Tensor", "a list", "None"."""
    if value is None:
        return "None"
    if isinstance(value, Strange):
        return value.kind
    if isinstance(value, type):
        return f"the class {value.__name__}"
    names = {Tensor: "torch.Tensor", np.ndarray: "NumPy array"}
    name = next((names[kind] for kind in names if isinstance(value, kind)), type(value).__name__)
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def short(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def show(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, (Tensor, np.ndarray)) and value.ndim:
        return f"{a_kind(value)} of shape {tuple(value.shape)}"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    text = repr(value.item()) if isinstance(value, (Tensor, np.generic)) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
