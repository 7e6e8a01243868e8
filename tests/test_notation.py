"""The numbers on the page about notation, worked out in another way than the page does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from chapter_outputs import printed_by
from chapter_text import Chapter
from torch import nn

PAGE = Chapter(Path(__file__).parents[1] / "book" / "notation.md")


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    return printed_by(PAGE)


def number(name: str, text: str) -> int:
    return int(re.search(rf"{re.escape(name)}:? +([\d,]+)", text)[1].replace(",", ""))


def test_worked_example_counts_what_a_layer_holds_and_does(printed: str):
    layer = nn.Conv2d(3, 8, (7, 5), stride=2, padding=(1, 0))
    image = torch.ones(1, 3, 160, 224)
    out = layer(image)
    assert f"output: {(6, *out.shape[1:])}" in printed
    assert f"weight: {tuple(layer.weight.shape)}" in printed
    assert f"H_out, W_out: {out.shape[2]} {out.shape[3]}" in printed
    assert number("weights", printed) == layer.weight.numel()
    assert number("parameters", printed) == layer.weight.numel() + layer.bias.numel()
    assert number("values out", printed) == out.numel()
    # Each product is a one times a one, where the padding is made of ones, too: add them up.
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    framed = torch.nn.functional.pad(image, (0, 0, 1, 1), value=1)
    products = nn.functional.conv2d(framed, layer.weight, stride=2).sum()
    assert number("MACs", printed) == int(products)
    assert number("FLOPs", printed) == 2 * int(products)


def test_library_and_summary_say_the_same(printed: str):
    macs, learned = number("MACs", printed), number("parameters", printed)
    assert number("PyTorch's FLOPs, halved, for one image", printed) == macs
    assert number("PyTorch's parameters", printed) == learned
    last = [line for line in printed.splitlines() if line.strip()][-2]
    assert [int(number) for number in re.findall(r"\d+", re.sub(r"(?<=\d)\s(?=\d)", "", last))] == [
        learned,
        macs,
    ]


def test_no_two_numbers_of_the_example_are_alike():
    cell = next(one.source for one in PAGE.cells if "nn.Conv2d" in one.source)
    lines = re.findall(r"^[\w, ]+ = ((?:\d+, )+\d+)$", cell, re.MULTILINE)
    numbers = [number for line in lines for number in line.split(", ")]
    assert len(numbers) == len(set(numbers)) == 10
    assert "8 filters, 7 × 5, with stride 2 and padding (1, 0)" in PAGE.prose


def test_what_pytorch_calls_it_is_what_pytorch_calls_it():
    conv, dense = nn.Conv2d(3, 8, 5), nn.Linear(4, 7)
    assert (conv.stride, conv.padding, conv.dilation, conv.groups) == ((1, 1), (0, 0), (1, 1), 1)
    assert nn.MaxPool2d(3).stride == 3
    assert dense.weight.shape == (7, 4)
    assert (dense.in_features, dense.out_features) == (4, 7)
    assert "y = xA^T + b" in " ".join(nn.Linear.__doc__.split())
    assert r"L_{\text{out}}" in nn.Conv1d.__doc__
