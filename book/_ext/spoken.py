"""Formulas in words, for the accessible names of things whose text is a formula."""

from __future__ import annotations

import re

WORDS = {
    "times": "times",
    "cdot": "times",
    "le": "at most",
    "leq": "at most",
    "ge": "at least",
    "geq": "at least",
    "ne": "is not",
    "neq": "is not",
    "approx": "about",
    "lfloor": "floor of",
    "rfloor": "",
    "lceil": "ceiling of",
    "rceil": "",
    "left": "",
    "right": "",
    "sum": "sum",
    "star": "star",
    "ast": "star",
    "infty": "infinity",
    "quad": "",
    "partial": "partial",
}
SIGNS = {"+": "plus", "-": "minus", "=": "equals", "/": "over", "^": "to the", "_": "sub"}
FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
FORMULA = re.compile(r"\$+([^$]+)\$+")


def spoken(markdown: str) -> str:
    r"""One line of Markdown as plain words.

    >>> spoken(r"$\lfloor n / 2 \rfloor$ pixels, as `F.pad` does")
    'floor of n over 2 pixels, as F.pad does'
    >>> spoken(r"$\frac{n + 2p}{s}$")
    'n plus 2p over s'
    """
    words = FORMULA.sub(lambda found: _formula(found[1]), markdown)
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    return " ".join(re.sub(r"[`*]", "", words).split())


def _formula(tex: str) -> str:
    tex = FRACTION.sub(r"\1 over \2", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda found: f" {WORDS.get(found[1], found[1])} ", tex)
    tex = re.sub(r"\\[,;!: ]|[{}\\]", " ", tex)
    for sign, word in SIGNS.items():
        tex = tex.replace(sign, f" {word} ")
    return tex
