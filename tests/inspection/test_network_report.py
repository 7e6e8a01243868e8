"""The report on a trained network: true, complete, and harmless."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from torch import nn

from cnncourse.data.split import Split
from cnncourse.inspection.network_report import network_report
from cnncourse.inspection.summary import summary

CLASSES = ("left", "<b>right</b>", "none")


@pytest.fixture
def split() -> Split:
    """Rows of three pixels, the brightest of which is the class."""
    pictures = torch.eye(3).reshape(3, 1, 1, 3).repeat(4, 1, 1, 1)
    targets = torch.arange(3).repeat(4)
    return Split(pictures, targets, pictures[:6], torch.tensor([0, 1, 2, 0, 2, 2]))


class Brightest(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Linear(3, 3, bias=False)
        self.scores.weight.data = torch.eye(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scores(x.flatten(1))


def test_numbers_are_counted(split: Split) -> None:
    model = Brightest().train()
    report = network_report(model, split, CLASSES, groups={"late": slice(3, None)})
    assert report.accuracies == {
        "learned on": 1,
        "held out": pytest.approx(5 / 6),
        "held out, late": pytest.approx(2 / 3),
    }
    # The fifth is class 2, and the network says 1.
    assert report.confusion.tolist() == [[2, 0, 0], [0, 1, 0], [0, 1, 2]]
    [slip] = report.slips
    assert (slip.said, slip.right) == (CLASSES[1], CLASSES[2])
    assert report.summary == summary(model, (1, 1, 3))
    assert model.training


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.sources: list[str] = []

    def handle_starttag(self, tag, attributes) -> None:
        self.seen.add(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def test_page_is_whole_and_asks_nobody(split: Split, tmp_path: Path) -> None:
    report = network_report(Brightest(), split, CLASSES, history=[2.0, 1.0, 0.5], budget=10)
    page = report.save(tmp_path / "report.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert {"table", "svg", "img", "meter"} <= tags.seen
    assert all(source.startswith("data:image/png;base64,") for source in tags.sources)
    assert "9 of 10 parameters, 9 products" in page
    assert "The loss falls from 2.00 to 0.50 in 3 epochs." in page
    assert "&lt;b&gt;right&lt;/b&gt;" in page
    assert "<b>right</b>" not in page
    assert "held out 83.3%" in str(report)


def test_network_without_slips_and_history_says_so(split: Split) -> None:
    perfect = Split(split.inputs, split.targets, split.inputs, split.targets)
    html = network_report(Brightest(), perfect, CLASSES)._repr_html_()
    assert "Nowhere." in html
    assert "How it learned" not in html
    assert not re.search("of \\d+ parameters", html)


def test_curves_are_shown_too() -> None:
    signals = torch.randn(4, 1, 9, generator=torch.Generator().manual_seed(0))
    wrong = Split(signals, torch.zeros(4).long(), signals, torch.ones(4).long())

    class AlwaysZero(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([1.0, 0.0]).expand(len(x), 2)

    model = nn.Sequential(nn.Flatten(), nn.Linear(9, 2))
    assert len(network_report(model, wrong, ("no", "yes")).slips) <= 4
    assert len(network_report(AlwaysZero(), wrong, ("no", "yes")).slips) == 4


def test_wrong_number_of_scores_is_refused(split: Split) -> None:
    with pytest.raises(ValueError, match="2 classes"):
        network_report(Brightest(), split, ("one", "two"))
