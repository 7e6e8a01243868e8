"""Style sheets without the rules that no page can use.

A rule goes only if it asks for a class that no page has and no script names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

CLASS_OF_PAGE = re.compile(r'\sclass="([^"]*)"')
CLASS_OF_SELECTOR = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
WORD = re.compile(r"[A-Za-z_][\w-]*")
GROUPS = ("media", "supports", "container", "layer")


def classes(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """All classes that elements have, or might get from a script."""
    found: set[str] = set()
    for page in pages:
        for value in CLASS_OF_PAGE.findall(page):
            found.update(value.split())
    for script in scripts:
        found.update(WORD.findall(script))
    return found


def cut(sheet: str, known: set[str]) -> str:
    """The sheet without rules for classes that are not known.

    >>> cut(".a{top:0}.b,.a .c{top:1px}@media print{.b{top:0}}", {"a", "c"})
    '.a{top:0}.a .c{top:1px}'
    """
    rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return "".join(_kept(rule, known) for rule in rules)


def _kept(rule: Node, known: set[str]) -> str:
    if isinstance(rule, QualifiedRule):
        selectors = [text for text in _selectors(rule.prelude) if _may_match(text, known)]
        body = tinycss2.serialize(rule.content)
        return f"{','.join(selectors)}{{{body}}}" if selectors else ""
    if isinstance(rule, AtRule) and rule.content and rule.lower_at_keyword in GROUPS:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        body = "".join(_kept(one, known) for one in inner)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{body}}}" if body else ""
    return rule.serialize()


def _selectors(prelude: list[Node]) -> list[str]:
    """The selectors of a list, which commas inside parentheses do not part."""
    parts: list[list[Node]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def _may_match(selector: str, known: set[str]) -> bool:
    # What stands in parentheses may be one of several, or be negated.
    outside = re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)", "", selector)
    # An escaped sign would need decoding: keep such a rule.
    return "\\" in outside or known.issuperset(CLASS_OF_SELECTOR.findall(outside))
