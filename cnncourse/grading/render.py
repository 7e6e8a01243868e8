"""A result as a person reads it: HTML in a notebook, text in a terminal.

Colours are written out for light and dark alike, because feedback pages carry no style sheet.
"""

from __future__ import annotations

from html import escape
from typing import Any

from cnncourse.grading.contract import Result
from cnncourse.grading.pictures import picture
from cnncourse.wording import number, prose

HEADS = {
    "right": ("✓", "right", "#1a7f4b"),
    "wrong": ("✗", "not yet", "#b3541e"),
    "crashed": ("!", "crashed", "#a3302f"),
    "not attempted": ("○", "not attempted yet", "#5a6472"),
    "not allowed": ("✗", "not allowed here", "#a3302f"),
}


def as_html(result: Result) -> str:
    """The table that a person reads."""
    sign, word, colour = HEADS[result.verdict]
    points = f"{number(result.score * result.points)} of {number(result.points)} points"
    parts = [
        f'<div class="cnncourse-result" data-verdict="{result.verdict}" '
        f'data-misconception="{escape(result.misconception)}" '
        f'data-version="{result.version}" data-cells="{" ".join(result.cells)}" '
        f'style="border-left:4px solid {colour};'
        'padding:.4em 0 .4em 1em;margin:.3em 0;line-height:1.45;max-width:48em">',
        f'<div><span style="background:{colour};color:#fff;border-radius:4px;padding:.1em .5em;'
        f'font-weight:600">{sign} {word}</span> <code>{escape(result.exercise)}</code>'
        f" · {points}</div>",
        f'<p style="margin:.6em 0;font-size:1.05em">{prose(result.say)}</p>',
    ]
    if result.case:
        parts.append(
            f'<p style="margin:.4em 0">It fails when {prose(result.case.why)}:<br>'
            f"<code>{escape(result.call)}</code></p>"
        )
    if result.where:
        parts.append(f'<p style="margin:.4em 0">{prose(result.where)}</p>')
    if result.traceback:
        parts.append(block(result.traceback))
    elif result.expected is not None or result.got is not None:
        parts.append(side_by_side(result.expected, result.got))
    if result.printed:
        parts.append("<p style='margin:.4em 0'>Your function printed:</p>" + block(result.printed))
    parts.extend(f'<p style="margin:.4em 0">Remark: {prose(text)}</p>' for text in result.remarks)
    if len(result.lines) > 1 and result.verdict != "not attempted":
        parts.append(table(result))
    if result.verdict != "right":
        parts.append(
            '<p style="margin:.4em 0">Stuck? '
            f"<code>hint({escape(result.exercise)})</code> gives a nudge.</p>"
        )
    return "".join([*parts, "</div>"])


def block(text: str) -> str:
    return (
        '<pre style="margin:.4em 0;padding:.5em .8em;overflow-x:auto;'
        'border:1px solid #8884;border-radius:4px">'
        f"{escape(text)}</pre>"
    )


def side_by_side(expected: Any, got: Any) -> str:
    """Expected and got as pictures, at the place where they differ first."""
    drawn = picture(expected, got)
    if drawn is None:
        return ""
    cell = '<div style="margin:.2em 1.5em .2em 0"><div>{}</div>{}</div>'
    return (
        '<div style="display:flex;flex-wrap:wrap;align-items:flex-start">'
        + cell.format("expected" + escape(drawn.place), drawn.expected)
        + cell.format("got" + escape(drawn.place), drawn.got)
        + "</div>"
    )


def table(result: Result) -> str:
    """Every case, one line each; folded away once all are right."""
    rows = "".join(
        f'<tr><td style="text-align:left">{"✓" if line.passed else "✗"}</td>'
        f'<td style="text-align:left">{prose(line.why)}</td></tr>'
        for line in result.lines
    )
    passed = sum(line.passed for line in result.lines)
    return (
        # Old style sheets, nbgrader's among them, hide the triangle.
        '<details style="margin:.4em 0"><summary style="display:list-item;cursor:pointer">'
        f"{passed} of {len(result.lines)} cases pass</summary><table>{rows}</table></details>"
    )


def as_text(result: Result) -> str:
    """The same for a terminal."""
    sign, word, _ = HEADS[result.verdict]
    points = f"{number(result.score * result.points)} of {number(result.points)} points"
    lines = [f"{sign} {result.exercise}: {word}, {points}", result.say]
    if result.case:
        lines.append(f"It fails when {result.case.why}: {result.call}")
    lines.extend(text for text in (result.where, result.traceback) if text)
    lines.extend(f"Remark: {text}" for text in result.remarks)
    return "\n".join(lines)
