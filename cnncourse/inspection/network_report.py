"""A page on a trained network: what it costs, how often it is right, and where it errs."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from cnncourse.data.split import Split
from cnncourse.inspection.summary import Summary, count, summary
from cnncourse.training import predict

MOST_ERRORS = 8
WIDTH, HEIGHT, EDGE = 420, 150, 36
PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}</style>
<h1>{title}</h1>
{body}
</html>
"""
CELL = 'style="text-align:right;padding:.15em .7em"'


@dataclass(frozen=True)
class Slip:
    """An example that the network gets wrong. image (C, H, W)."""

    image: Tensor
    said: str
    right: str


@dataclass(frozen=True, repr=False)
class NetworkReport:
    """A trained network in numbers. In a notebook it shows as a page; `save` writes one.

    accuracies: what -> share. confusion (classes, classes): how often a class (row) was taken for
    another (column), on the held-out examples. history: the loss of each epoch.
    """

    name: str
    summary: Summary
    budget: int | None
    accuracies: Mapping[str, float]
    classes: Sequence[str]
    confusion: Tensor
    slips: Sequence[Slip]
    history: Sequence[float]

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        shares = ", ".join(f"{what} {share:.1%}" for what, share in self.accuracies.items())
        return f"{self.name}: {self.cost}.\nRight: {shares}.\n\n{self.summary}"

    @property
    def cost(self) -> str:
        """Parameters, of how many, and products."""
        of = f" of {count(self.budget)}" if self.budget else ""
        parameters = f"{count(self.summary.parameters)}{of} parameters"
        return f"{parameters}, {count(self.summary.macs)} products for one picture"

    def save(self, path: str | Path) -> Path:
        """Write the report as a page that needs nothing else, and return where it is."""
        path = Path(path)
        page = PAGE.format(title=escape(f"{self.name}: report"), body=self._repr_html_())
        path.write_text(page, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        parts = [
            f"<p><b>{escape(self.name)}</b>: {self.cost}.</p>",
            self.summary._repr_html_(),
            heading("How often it is right"),
            accuracy_table(self.accuracies),
            heading("What it takes for what (held out)"),
            confusion_table(self.classes, self.confusion),
            heading("Where it errs (held out)"),
            slip_row(self.slips),
        ]
        if self.history:
            parts += [heading("How it learned"), curve(self.history)]
        return '<div class="cnncourse-report">' + "".join(parts) + "</div>"


def network_report(
    model: nn.Module,
    split: Split,
    classes: Sequence[str],
    *,
    history: Sequence[float] = (),
    budget: int | None = None,
    groups: Mapping[str, slice] | None = None,
) -> NetworkReport:
    """Look at a trained network from all sides; it is left as it was.

    classes: their names. groups: names for parts of the held-out examples that are to be looked
    at alone. ValueError where the network does not give a score for each class.
    """
    scores = predict(model, split.held_out)
    if scores.dim() != 2 or scores.shape[1] != len(classes):
        raise ValueError(f"{len(classes)} classes need (N, {len(classes)}), not {scores.shape}")
    said, right = scores.argmax(1), split.held_out_targets.cpu()
    hit = (said == right).double()
    trained = (predict(model, split.inputs).argmax(1) == split.targets.cpu()).double()
    accuracies = {"learned on": trained.mean().item(), "held out": hit.mean().item()}
    accuracies |= {
        f"held out, {name}": hit[part].mean().item() for name, part in (groups or {}).items()
    }
    pairs = right * len(classes) + said
    confusion = torch.bincount(pairs, minlength=len(classes) ** 2).reshape(len(classes), -1)
    slips = [
        Slip(split.held_out[index], classes[said[index]], classes[right[index]])
        for index in (said != right).nonzero().flatten()[:MOST_ERRORS].tolist()
    ]
    counted = summary(model, tuple(split.inputs.shape[1:]))
    name = type(model).__name__
    return NetworkReport(name, counted, budget, accuracies, classes, confusion, slips, history)


def heading(words: str) -> str:
    """No real one: on a dark page, a site may paint headings for its own ground, not for ours."""
    return f'<div style="font-weight:600;margin:1.2em 0 .3em">{words}</div>'


def accuracy_table(accuracies: Mapping[str, float]) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(what)}</th>'
        f"<td {CELL}>{share:.1%}</td>"
        f'<td><meter value="{share:.3f}" aria-label="{escape(what)}"></meter></td></tr>'
        for what, share in accuracies.items()
    )
    return f"<table>{rows}</table>"


def confusion_table(classes: Sequence[str], confusion: Tensor) -> str:
    """Rows: what it is. Columns: what the network says."""
    heads = "".join(f'<th scope="col" {CELL}>{escape(name)}</th>' for name in classes)
    rows = ""
    for name, row in zip(classes, confusion.tolist(), strict=True):
        cells = "".join(f"<td {CELL}>{number or '·'}</td>" for number in row)
        rows += f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>{cells}</tr>'
    head = f'<tr><th style="text-align:left">is ↓, said →</th>{heads}</tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def slip_row(slips: Sequence[Slip]) -> str:
    """A few examples that went wrong, as pictures or curves are."""
    if not slips:
        return "<p>Nowhere.</p>"
    cells = "".join(
        f'<div style="margin:.3em .8em .3em 0"><img alt="{escape(slip.right)}" width="96" '
        f'style="image-rendering:pixelated" src="{as_address(slip.image)}">'
        f"<div>{escape(slip.right)}, said {escape(slip.said)}</div></div>"
        for slip in slips
    )
    return f'<div style="display:flex;flex-wrap:wrap">{cells}</div>'


def as_address(image: Tensor) -> str:
    """The first channel (C, H, W) or (C, T) as a picture in grey."""
    plane = image[0] if image.dim() == 3 else image
    low, high = plane.min(), plane.max()
    grey = ((plane - low) / (high - low).clamp(min=1e-9) * 255).byte().cpu().numpy()
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def curve(history: Sequence[float]) -> str:
    """The loss of each epoch as a line, from 0 up."""
    known = [loss if math.isfinite(loss) else 0.0 for loss in history]
    top = max(known) or 1.0
    step = (WIDTH - 2 * EDGE) / max(1, len(known) - 1)
    points = " ".join(
        f"{EDGE + step * place:.1f},{HEIGHT - EDGE - loss / top * (HEIGHT - 2 * EDGE):.1f}"
        for place, loss in enumerate(known)
    )
    words = f"The loss falls from {known[0]:.2f} to {known[-1]:.2f} in {len(known)} epochs."
    axis = f"M{EDGE} {EDGE / 2}V{HEIGHT - EDGE}H{WIDTH - EDGE / 2}"
    return (
        f'<svg role="img" aria-label="{words}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        'style="max-width:100%" fill="none" stroke="currentColor" font-size="12">'
        f'<path d="{axis}" opacity=".6"/><polyline points="{points}" stroke="#2f7fd0" '
        'stroke-width="2"/><g fill="currentColor" stroke="none">'
        f'<text x="2" y="{EDGE}">{top:.2f}</text><text x="2" y="{HEIGHT - EDGE}">0</text>'
        f'<text x="{EDGE}" y="{HEIGHT - EDGE / 2}">epoch 1</text>'
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - EDGE / 2}" text-anchor="end">{len(known)}</text>'
        f'<text x="{WIDTH / 2}" y="{EDGE / 2}" text-anchor="middle">loss</text></g></svg>'
    )
