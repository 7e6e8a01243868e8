"""Values survive the wire; bytes that break its rules are refused, whatever they are."""

from __future__ import annotations

import json
import math
import socket
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from cnncourse.grading.channel import ChannelClosed, ChannelSilent, receive, send
from cnncourse.grading.order import Order, Recipe
from cnncourse.grading.run_function import call
from cnncourse.grading.run_module import Module
from cnncourse.grading.strange import Strange
from cnncourse.grading.wire import HEAD, WireError, is_public, lengths, packed, unpacked


def there_and_back(value, public=False):
    data = packed(value)
    text, size = lengths(data[: HEAD.size], 1 << 26)
    assert len(data) == HEAD.size + text + size
    return unpacked(data[HEAD.size : HEAD.size + text], data[HEAD.size + text :], public)


def same(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return (
            type(one) is type(other)
            and one.dtype == other.dtype
            and one.requires_grad == other.requires_grad
            and torch.equal(one.nan_to_num(7.0), other.nan_to_num(7.0))
        )
    if isinstance(one, (np.ndarray, np.generic)):
        return (
            type(one) is type(other)
            and one.dtype == other.dtype
            and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        )
    if isinstance(one, (list, tuple)):
        return type(one) is type(other) and all(map(same, one, other)) and len(one) == len(other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other


numbers = arrays.arrays(
    st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u2", "b1", "c8", "c16", ">f4"]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
tensors = arrays.arrays(
    st.sampled_from(["f2", "f4", "f8", "i4", "i8", "u1", "b1"]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
).map(torch.tensor)
words = st.text(alphabet=st.characters(categories=("L", "N", "P", "S")), max_size=20)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.fractions() | tensors
) | numbers.map(lambda array: array.astype(array.dtype.newbyteorder("=")))
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(words | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(values)
def test_values_survive(value):
    assert same(value, there_and_back(value))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(3, 4).T,
        torch.randn(1, 4).expand(5, 4),
        torch.randn(6)[::2],
        torch.randn(3, dtype=torch.complex64).conj(),
        torch.ones(3, dtype=torch.bfloat16),
        torch.empty(0, 3),
        torch.tensor(2.5),
        nn.Parameter(torch.ones(2)),
        torch.ones(2, requires_grad=True),
    ],
)
def test_every_layout_arrives_as_its_values(tensor):
    assert same(tensor.detach().requires_grad_(tensor.requires_grad).contiguous(), plain(tensor))


def plain(tensor):
    back = there_and_back(tensor)
    assert isinstance(back, nn.Parameter) == isinstance(tensor, nn.Parameter)
    return back.detach().requires_grad_(back.requires_grad)


class Liar(torch.Tensor):
    @property
    def __class__(self):
        return torch.Tensor


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (object(), "an object"),
        ({1, 2}, "a set"),
        ((one for one in ()), "a generator"),
        (nn.Linear(2, 2), "a Linear"),
        (torch.ones(2).to_sparse(), "special kind"),
        (torch.ones(2, device="meta"), "special kind"),
        (np.array(["a"]), "NumPy array"),
        (np.array([object()]), "NumPy array of object"),
        (2**5000, "an int"),
        (dict, "the class dict"),
        (list(range(20_000)), "a list"),
        (Strange("an object that cannot be read"), "cannot be read"),
    ],
)
def test_what_is_no_data_is_told_in_words(value, kind):
    back = there_and_back(value)
    assert isinstance(back, Strange)
    assert kind in back.kind


def test_subclass_arrives_as_its_numbers():
    back = there_and_back(torch.ones(2).as_subclass(Liar))
    assert type(back) is torch.Tensor
    assert back.tolist() == [1, 1]


def test_orders_travel_and_recipes_are_looked_up():
    order = Order(
        "Block", Module(("x",)), {"x": torch.ones(2), "model": Recipe(is_public)}, (), 3, "cpu"
    )
    back = there_and_back(order, public=True)
    assert (back.name, back.run, back.seed) == ("Block", Module(("x",)), 3)
    assert back.arguments["model"].build is is_public
    assert there_and_back(call, public=True) is call


def test_answers_may_name_nothing():
    for value in (call, Recipe(is_public)):
        with pytest.raises(WireError):
            there_and_back(value, public=False)


@pytest.mark.parametrize("name", ["os:system", "cnncourse.lessons.convolution:EXERCISES", "a", ""])
def test_only_public_names_are_looked_up(name):
    text = json.dumps([{"public": name}, []]).encode()
    with pytest.raises(WireError):
        unpacked(text, b"", public=True)


def tensor_of(**changes):
    tree = {"tensor": 0, "dtype": "float32", "shape": [2], "device": "cpu", "grad": False}
    return json.dumps([{**tree, **changes}, [8]]).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"[1]",
        b"[1, [8], 2]",
        b"[1, [9]]",
        b"[1, [-1, 9]]",
        b"[1, [true, 7]]",
        b'[1, {"0": 8}]',
        b"[" * 100_000,
        b'[{"list": ' * 50 + b"1" + b"}" * 50 + b", [8]]",
        b"[" + b"9" * 5000 + b", [8]]",
        b"[" + b"9" * 2000 + b", [8]]",
        b'[{"list": 3}, [8]]',
        b'[{"list": [[[]]]}, [8]]',
        b'[{"dict": [[{}, 1]]}, [8]]',
        b'[{"dict": [1]}, [8]]',
        b'[{"fraction": [1, 0]}, [8]]',
        b'[{"complex": ["a", 0]}, [8]]',
        b'[{"unknown": 1}, [8]]',
        b'[{"made": {"public": "cnncourse.grading.order:Order"}, "fields": 1}, [8]]',
        b"[{}, [8]]",
        b"\xff\xfe[1, [8]]",
        tensor_of(shape=[-2]),
        tensor_of(shape=[3]),
        tensor_of(shape=[2, 0]),
        tensor_of(shape=[True, 2]),
        tensor_of(shape="22"),
        tensor_of(shape=[2**62, 2**62]),
        tensor_of(shape=[1] * 50),
        tensor_of(dtype="object"),
        tensor_of(dtype=["float32"]),
        tensor_of(tensor=1),
        tensor_of(tensor=-1),
        tensor_of(tensor="0"),
        tensor_of(tensor=True),
        json.dumps([{"list": [{"array": 0, "dtype": "<f8", "shape": [1]}] * 2}, [8]]).encode(),
        json.dumps([{"array": 0, "dtype": "|O", "shape": [1]}, [8]]).encode(),
        json.dumps([{"array": 0, "dtype": "V8", "shape": [1]}, [8]]).encode(),
        json.dumps([{"array": 0, "dtype": "M8[ns]", "shape": [1]}, [8]]).encode(),
        json.dumps([{"array": 0, "dtype": "<U2", "shape": [1]}, [8]]).encode(),
        json.dumps([{"array": 0, "dtype": "f8,f8", "shape": [1]}, [8]]).encode(),
    ],
)
def test_broken_rules_are_refused(text):
    with pytest.raises(WireError):
        unpacked(text, b"\0" * 8)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8")))
def test_random_bytes_are_refused_or_data(text):
    try:
        unpacked(text, b"")
    except WireError:
        return


def test_booleans_are_true_or_false_whatever_their_bytes():
    text = json.dumps([{"tensor": 0, "dtype": "bool", "shape": [3]}, [3]]).encode()
    assert unpacked(text, b"\x00\x01\xff").tolist() == [False, True, True]


def test_half_characters_and_control_characters_do_not_pass():
    assert unpacked(json.dumps(["a\ud800b\x1b\x00c\n", []]).encode(), b"") == "a?bc\n"


def test_fraction_is_exact():
    assert there_and_back(Fraction(1, 3)) == Fraction(1, 3)


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    yield one, other
    one.close()
    other.close()


def test_message_in_pieces_is_whole(ends):
    data = packed({"id": 1, "values": torch.arange(1000)})
    writer = threading.Thread(
        target=lambda: [ends[0].sendall(data[i : i + 97]) for i in range(0, len(data), 97)]
    )
    writer.start()
    assert receive(ends[1], 5)["values"].sum() == 499500
    writer.join()


def test_silence_ends(ends):
    ends[0].sendall(packed("late")[:-1])
    with pytest.raises(ChannelSilent):
        receive(ends[1], 0.05)


def test_closed_end_is_noticed(ends):
    ends[0].close()
    with pytest.raises(ChannelClosed):
        receive(ends[1], 5)


@pytest.mark.parametrize("head", [(1 << 30, 0), (10, 1 << 40), ((1 << 32) - 1, (1 << 64) - 1)])
def test_claim_of_too_much_is_refused_before_it_is_read(ends, head):
    ends[0].sendall(HEAD.pack(*head))
    with pytest.raises(WireError):
        receive(ends[1], 5)


def test_other_end_that_takes_nothing_is_not_waited_for(ends):
    with pytest.raises(ChannelSilent):
        send(ends[0], torch.zeros(4_000_000), 0.1)
