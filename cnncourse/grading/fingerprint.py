"""What a check has seen, in a few letters that its result keeps.

They tell learners whether an old result still speaks of what their notebook holds. No grader
believes them.
"""

from __future__ import annotations

import hashlib
import inspect
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncourse.grading.contract import Exercise

LETTERS = 12
# Nobody's answer leans on more functions of the notebook.
MOST_FUNCTIONS = 200
NOTEBOOK = "__main__"


def of_source(source: str) -> str:
    """The fingerprint of a cell's code; comments, blank lines and trailing spaces do not count.

    >>> of_source("x = 1") == of_source("# one\\n\\nx = 1  \\n") != of_source("x = 2")
    True
    """
    lines = (line.rstrip() for line in source.splitlines())
    return shortened("\n".join(line for line in lines if line and line.lstrip()[0] != "#"))


def of_exercise(exercise: Exercise) -> str:
    """Changes when an exercise asks for something else, and not when it is only worded anew."""
    growth = exercise.vectorised
    sizes = growth and (sorted(growth.small.items()), sorted(growth.large.items()))
    asked = [case.why for case in exercise.cases]
    return shortened(repr((exercise.name, exercise.points, asked, exercise.forbids, sizes)))


def shortened(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace"))
    return digest.hexdigest()[:LETTERS]


def cells_behind(answer: Any) -> tuple[str, ...]:
    """The fingerprints of the cells that an answer was written in, and of all that it calls.

    Only functions and classes of the running notebook count. Empty where Python has not kept the
    answer's own text, as with `%%time`.
    """
    found: dict[str, None] = {}
    waiting, seen = [answer], {id(answer)}
    while waiting and len(seen) < MOST_FUNCTIONS:
        one = unwrapped(waiting.pop(0))
        leaning = list(one.__bases__) if isinstance(one, type) else []
        for function in functions_of(one):
            # IPython puts the text of each cell there, for tracebacks.
            source = "".join(linecache.getlines(function.__code__.co_filename))
            if source:
                found[of_source(source)] = None
            names = sorted(names_in(function.__code__))
            leaning += [function.__globals__.get(name) for name in names]
        if not found:
            break
        for other in leaning:
            if id(other) not in seen and of_notebook(other):
                seen.add(id(other))
                waiting.append(other)
    return tuple(found)


def unwrapped(one: Any) -> Any:
    """What a decorator was put around."""
    try:
        return inspect.unwrap(one)
    except ValueError:
        return one


def of_notebook(one: Any) -> bool:
    is_code = isinstance(unwrapped(one), FunctionType | type)
    return is_code and getattr(one, "__module__", "") == NOTEBOOK


def functions_of(one: Any) -> Iterator[FunctionType]:
    """A function itself, or the methods of a class, as far as they are written in the notebook."""
    members = vars(one).values() if isinstance(one, type) else (one,)
    for member in members:
        if isinstance(member, property):
            parts = [member.fget, member.fset, member.fdel]
        else:
            parts = [getattr(member, "__func__", member)]
        for part in map(unwrapped, parts):
            if isinstance(part, FunctionType) and part.__module__ == NOTEBOOK:
                yield part


def names_in(code: CodeType) -> set[str]:
    """The names that a function looks up elsewhere, the functions inside of it too."""
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*map(names_in, inner))
