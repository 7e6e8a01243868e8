"""What a learner's notebooks do with the installed package; run by test_wheel.py, outside of here.

as_a_learner.py PART...: the parts of the package that are not there for learners, or none.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys


def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    """As lesson 02 asks for it."""
    spanned = dilation * (kernel_size - 1) + 1
    if spanned > n + 2 * padding:
        raise ValueError("the kernel does not fit")
    return (n + 2 * padding - spanned) // stride + 1


def forgets_the_dilation(n, kernel_size, stride=1, padding=0, dilation=1):
    return output_size(n, kernel_size, stride, padding)


def verdicts() -> list[str]:
    """Of a right answer and of a wrong one; the wrong one has to be named."""
    from cnncourse import check, hint

    forgets_the_dilation.__name__ = "output_size"
    right, wrong = check(output_size), check(forgets_the_dilation)
    assert wrong.misconception
    assert hint("output_size")
    return [right.verdict, wrong.verdict]


def modules(left_out: list[str]) -> list[str]:
    """Every module of the package, imported, but for these parts."""
    import cnncourse

    hidden = tuple(f"cnncourse.{part}" for part in left_out)
    # Walking goes into packages by importing them, and a hidden one may fail.
    walked = pkgutil.walk_packages(cnncourse.__path__, "cnncourse.", onerror=lambda name: None)
    names = [one.name for one in walked if not (hidden and one.name.startswith(hidden))]
    for name in names:
        importlib.import_module(name)
    return names


def demos() -> dict[str, list[int]]:
    """The lengths of what each demo sends to the browser."""
    import cnncourse.widgets
    from cnncourse.widgets.demo import Demo

    found = {}
    for one in pkgutil.iter_modules(cnncourse.widgets.__path__):
        module = importlib.import_module(f"cnncourse.widgets.{one.name}")
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Demo) and kind.__module__ == module.__name__ and kind is not Demo:
                demo = kind()
                found[name] = [len(demo._esm), len(demo._css)]
    return found


def data() -> dict[str, list[int]]:
    """The shapes of all data that need no download."""
    import torch

    from cnncourse.data.digits import digits
    from cnncourse.data.mnist1d import mnist1d
    from cnncourse.data.oriented_edges import oriented_edges
    from cnncourse.data.photographs import PHOTOGRAPHS, photograph
    from cnncourse.data.sequences import adding_problem, copy_memory
    from cnncourse.data.shapes import shapes
    from cnncourse.data.textures import textures

    random = torch.Generator().manual_seed(0)
    made = {
        "digits": digits().inputs,
        "MNIST-1D": mnist1d(20).inputs,
        "edges": oriented_edges(3, random)[0],
        "shapes": shapes(3, random)[0],
        "textures": textures(3, random)[0],
        "adding": adding_problem(3, 7, random)[0],
        "copying": copy_memory(3, 5, random)[0],
        **{name: photograph(name) for name in PHOTOGRAPHS},
    }
    return {name: list(values.shape) for name, values in made.items()}


if __name__ == "__main__":
    import cnncourse
    from cnncourse.version import course_version

    told = {
        "where": cnncourse.__file__,
        "version": course_version(),
        "verdicts": verdicts(),
        "modules": modules(sys.argv[1:]),
        "demos": demos(),
        "data": data(),
    }
    print(json.dumps(told))
