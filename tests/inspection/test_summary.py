"""The summary counts right, on shapes that nobody chose, and leaves no trace."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnncourse.inspection.receptive_fields import ReceptiveFields
from cnncourse.inspection.summary import summary

layer_sizes = st.tuples(
    st.sampled_from(["conv", "max", "average"]), st.integers(1, 3), st.integers(1, 2)
)


def build(sizes: list[tuple[str, int, int]], axes: int) -> nn.Sequential:
    """Layers of the given kind, kernel and stride; all weights positive, so all paths count."""
    kinds = {
        "conv": (nn.Conv1d, nn.Conv2d),
        "max": (nn.AvgPool1d, nn.AvgPool2d),
        "average": (nn.AvgPool1d, nn.AvgPool2d),
    }
    layers = []
    for kind, kernel, stride in sizes:
        make = kinds[kind][axes - 1]
        if kind == "conv":
            layer = make(1, 1, kernel, stride=stride, dilation=3 - stride)
            nn.init.ones_(layer.weight)
        else:
            layer = make(kernel, stride=stride)
        layers.append(layer)
    return nn.Sequential(*layers).double()


@given(st.lists(layer_sizes, min_size=1, max_size=4), st.integers(1, 2))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_receptive_fields_are_where_the_gradient_comes_from(sizes, axes: int) -> None:
    side = 61
    model = build(sizes, axes)
    x = torch.ones(1, 1, *[side] * axes, dtype=torch.float64, requires_grad=True)
    out = model(x)
    middle = out
    for _ in range(axes):
        middle = middle.select(-1, middle.shape[-1] // 2)
    middle.sum().backward()
    seen = x.grad[0, 0].nonzero()
    extent = seen.max(0).values - seen.min(0).values + 1
    field = summary(model, (1, *[side] * axes)).layers[-1].field
    # Strided windows may leave gaps, so the extent and not the number is compared.
    assert field.size == tuple(extent.tolist())


@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(4, 9), st.integers(4, 9)
)
@settings(deadline=None, derandomize=True)
def test_products_are_those_that_one_counts(groups: int, c: int, k: int, h: int, w: int) -> None:
    layer = nn.Conv2d(groups * c, 2 * groups, k, groups=groups)
    counted = summary(layer, (groups * c, h, w))
    places = (h - k + 1) * (w - k + 1)
    assert counted.macs == places * 2 * groups * c * k * k
    assert counted.parameters == 2 * groups * (c * k * k + 1)


class Odd(nn.Module):
    """A layer used twice, one not at all, parameters of its own, and a list of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.twice = nn.Linear(4, 4)
        self.never = nn.Linear(4, 100)
        self.list = nn.ModuleList([nn.Linear(4, 2), nn.BatchNorm1d(2)])
        self.scale = nn.Parameter(torch.ones(2))
        self.gate = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.twice(self.twice(x))
        return self.gate(self.list[1](self.list[0](x))) * self.scale


def test_odd_networks_are_counted_right_and_left_alone() -> None:
    model = Odd().train()
    model.gate.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    counted = summary(model, (4,))
    rows = {layer.name: layer for layer in counted.layers}
    assert rows["twice"].macs == 2 * 16
    assert rows["list.0"].macs == 8
    assert rows[""].parameters == 2
    assert rows[""].macs == 0
    assert counted.macs == 40
    assert counted.parameters == sum(p.numel() for p in model.parameters())
    assert "never" not in rows
    assert model.training
    assert not model.gate.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(not module._forward_hooks for module in model.modules())


def test_a_failing_network_is_left_alone_too() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(5, 2)).train()
    with pytest.raises(RuntimeError):
        summary(model, (4,))
    assert model.training
    assert all(not module._forward_hooks for module in model.modules())


def test_what_mixes_all_places_has_no_field() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    fields = [layer.field for layer in summary(model, (1, 8, 9)).layers]
    assert fields[0].size == (3, 3)
    assert fields[1:] == [None, None]


def test_the_longer_of_two_ways_counts_and_a_gate_does_not() -> None:
    x = torch.ones(1, 1, 9, 9)
    with ReceptiveFields(x) as fields:
        near = torch.conv2d(x, torch.ones(1, 1, 3, 3), padding=1)
        far = torch.conv2d(near, torch.ones(1, 1, 3, 5), padding=(1, 2))
        both, gated = near + far, far * x.mean((2, 3), keepdim=True)
    assert fields.of(both).size == (5, 7)
    assert fields.of(gated).size == (5, 7)
    assert fields.of(x.sum()) is None


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attributes) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_text_and_html_say_the_same() -> None:
    counted = summary(nn.Sequential(nn.Conv2d(1, 2, (3, 5)), nn.ReLU()), (1, 20, 30))
    page = Cells()
    page.feed(counted._repr_html_().split("</table>")[0])
    text = [line.split("  ") for line in str(counted).splitlines()[:-1] if not line.startswith("-")]
    for cells, words in zip(page.rows, text, strict=True):
        assert [cell for cell in cells if cell] == [word.strip() for word in words if word.strip()]
    assert page.rows[1] == ["0", "Conv2d", "2 x 18 x 26", "32", "14 040", "3 x 5", "1"]
