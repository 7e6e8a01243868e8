"""Which names a piece of Python defines and which it uses; read, never run."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import warnings
from functools import lru_cache

MAGIC = re.compile(r"^\s*[%!?]|^\s*\S.*\?$")
BUILTIN = frozenset(dir(builtins)) | {"get_ipython", "display", "In", "Out", "_", "__"}


def without_magics(source: str) -> str:
    """The source with IPython's own lines blanked, so that Python can read it.

    >>> without_magics("%matplotlib inline\\nx = 1")
    'pass\\nx = 1'
    """
    if source.lstrip().startswith("%%"):
        return "pass"
    lines = source.split("\n")
    return "\n".join("pass" if MAGIC.match(line) else line for line in lines)


@lru_cache(maxsize=4096)
def tree_of(source: str) -> ast.Module | None:
    """The syntax tree, or None for what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=4096)
def defined(source: str) -> frozenset[str]:
    """The names that running this at top level gives a value.

    >>> sorted(defined("import numpy as np\\ndef f(): y = 1\\nx, z = 2, 3"))
    ['f', 'np', 'x', 'z']
    """
    table = table_of(source)
    if table is None:
        return frozenset()
    symbols = table.get_symbols()
    return frozenset(one.get_name() for one in symbols if one.is_assigned() or one.is_imported())


@lru_cache(maxsize=4096)
def functions(source: str) -> frozenset[str]:
    """The functions and classes that it defines at top level."""
    tree = tree_of(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = tree.body if tree else []
    return frozenset(node.name for node in nodes if isinstance(node, kinds))


@lru_cache(maxsize=4096)
def used(source: str) -> frozenset[str]:
    """The global names that it looks up, in functions too, builtins left out.

    >>> sorted(used("def f(a): return g(a) + len(b)"))
    ['b', 'g']
    """
    table = table_of(source)
    if table is None:
        return frozenset()
    found: set[str] = set()
    waiting = [table]
    while waiting:
        one = waiting.pop()
        waiting += one.get_children()
        top = one.get_type() == "module"
        for symbol in one.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found.add(symbol.get_name())
    return frozenset(found - BUILTIN)


def table_of(source: str) -> symtable.SymbolTable | None:
    """Python's own table of the names in a module."""
    if tree_of(source) is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return symtable.symtable(without_magics(source), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
