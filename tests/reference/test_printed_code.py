"""The code that the book prints is narrow, short and explained."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cnncourse

PACKAGE = Path(cnncourse.__file__).parent
PRINTED = sorted(
    path
    for pattern in ("reference/*.py", "models/*.py", "training.py")
    for path in PACKAGE.glob(pattern)
    if path.name not in ("__init__.py", "weights.py")
)
MOST, MOST_LAYERS = 10, 14


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.stem)
def test_printed_code_is_narrow_short_and_explained(path: Path) -> None:
    source = path.read_text()
    assert max(map(len, source.splitlines())) <= 80
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 260
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            inside = [one for one in ast.walk(node) if isinstance(one, ast.stmt)]
            # A constructor is a list of layers, which is read line by line.
            most = MOST_LAYERS if node.name == "__init__" else MOST
            # Less the function itself and its docstring.
            assert len(inside) - 1 - bool(ast.get_docstring(node)) <= most, node.name
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert ast.get_docstring(node), node.name
