"""Values as bytes and back: a JSON tree beside raw arrays. Never pickle, nothing that can act.

Two directions. What the grader sends may name public functions of the course, which the
answer's process looks up. What comes back is data, from a process that may be hostile: every
size, type and depth is checked before it is believed.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnncourse.grading import messages
from cnncourse.grading.strange import Strange

# The parts of the course that an answer may see while it is graded.
PUBLIC = ("cnncourse.grading.", "cnncourse.recipes.", "cnncourse.training", "cnncourse.data.")
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.complex64, torch.complex128, torch.bool),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    )
}
ARRAYS = "biufc"
ITEM_BYTES = 16
DEEPEST, MOST_NODES, MOST_ELEMENTS, MOST_AXES = 12, 50_000, 10_000, 16
LONGEST_TEXT, LONGEST_INTEGER = 20_000, 4_096
MOST_ARRAYS, LONGEST_HEADER = 4_096, 8 << 20
HEAD = struct.Struct(">IQ")


class WireError(Exception):
    """Bytes that do not follow the rules."""


def packed(value: Any) -> bytes:
    """A value as bytes, arrays last."""
    buffers: list[bytes] = []
    tree = encode(value, buffers)
    text = json.dumps([tree, [len(buffer) for buffer in buffers]]).encode("ascii")
    return b"".join((HEAD.pack(len(text), sum(map(len, buffers))), text, *buffers))


def lengths(head: bytes, most: int) -> tuple[int, int]:
    """How many bytes of text and of arrays follow a head; WireError where they are too many."""
    text, arrays = HEAD.unpack(head)
    if text > LONGEST_HEADER or text + arrays > most:
        raise WireError(f"a message of {text + arrays} bytes is too long")
    return text, arrays


def unpacked(text: bytes, arrays: bytes | bytearray, public: bool = False) -> Any:
    """The value that was packed; WireError where the bytes follow other rules.

    public: whether names of public functions are looked up.
    """
    try:
        tree, sizes = json.loads(text)
        return Decoder(cut(arrays, sizes), public).decode(tree)
    except Exception as error:
        # Whoever wrote the bytes chose what fails here.
        raise WireError(f"{type(error).__name__}: {error}"[:300]) from None


def cut(arrays: bytes | bytearray, sizes: Any) -> list[memoryview]:
    """The single arrays' bytes."""
    whole = isinstance(sizes, list) and all(type(size) is int and size >= 0 for size in sizes)
    if not whole or len(sizes) > MOST_ARRAYS or sum(sizes) != len(arrays):
        raise WireError("the lengths of the arrays do not add up")
    view, start, found = memoryview(arrays), 0, []
    for size in sizes:
        found.append(view[start : start + size])
        start += size
    return found


def encode(value: Any, buffers: list[bytes]) -> Any:
    """A value as a JSON tree; the bytes of arrays are appended to `buffers`.

    What cannot be told in data becomes `Strange`.
    """
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is str:
        return value[:LONGEST_TEXT]
    if type(value) is Strange:
        return {"strange": [value.kind, value.shown]}
    if type(value) is int and value.bit_length() <= LONGEST_INTEGER:
        return value
    if isinstance(value, Tensor):
        return encode_tensor(value, buffers)
    if isinstance(value, (np.ndarray, np.generic)):
        return encode_array(value, buffers)
    if isinstance(value, (list, tuple)) and len(value) <= MOST_ELEMENTS:
        tag = "list" if isinstance(value, list) else "tuple"
        return {tag: [encode(element, buffers) for element in value]}
    if isinstance(value, dict) and len(value) <= MOST_ELEMENTS:
        return {"dict": [[encode(k, buffers), encode(v, buffers)] for k, v in value.items()]}
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if type(value) is Fraction:
        return {"fraction": [value.numerator, value.denominator]}
    if is_public(value):
        return {"public": f"{value.__module__}:{value.__qualname__}"}
    if dataclasses.is_dataclass(value) and is_public(type(value)):
        fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        return {"made": encode(type(value), buffers), "fields": encode(fields, buffers)}
    return {"strange": [messages.a_kind(value), messages.show(value)]}


def encode_tensor(tensor: Tensor, buffers: list[bytes]) -> Any:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout is not torch.strided or dtype not in DTYPES or tensor.is_meta:
        return {"strange": [f"a {dtype} torch.Tensor of a special kind", ""]}
    plain = tensor.detach().as_subclass(Tensor)
    # resolve: a conjugate view has the bytes of another number.
    flat = plain.cpu().resolve_conj().resolve_neg().contiguous().view(-1)
    buffers.append(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    return {
        "tensor": len(buffers) - 1,
        "dtype": dtype,
        "shape": list(plain.shape),
        "device": plain.device.type,
        "grad": tensor.requires_grad,
        "parameter": isinstance(tensor, nn.Parameter),
    }


def encode_array(array: np.ndarray | np.generic, buffers: list[bytes]) -> Any:
    plain = np.array(array, subok=False)
    if plain.dtype.kind not in ARRAYS or plain.dtype.itemsize > ITEM_BYTES:
        return {"strange": [f"a NumPy array of {plain.dtype}", ""]}
    native = plain.astype(plain.dtype.newbyteorder("="), copy=False)
    buffers.append(native.tobytes())
    return {
        "array": len(buffers) - 1,
        "dtype": native.dtype.str,
        "shape": list(native.shape),
        "scalar": isinstance(array, np.generic),
    }


def is_public(value: Any) -> bool:
    """Whether a function or class may be named to an answer's process."""
    module = getattr(value, "__module__", None)
    return (
        isinstance(module, str)
        and f"{module}.".startswith(PUBLIC)
        and isinstance(getattr(value, "__qualname__", None), str)
    )


class Decoder:
    """Builds a value from a tree, counting as it goes."""

    def __init__(self, buffers: Sequence[memoryview], public: bool) -> None:
        self.buffers, self.public = dict(enumerate(buffers)), public
        self.nodes = 0

    def decode(self, tree: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > DEEPEST or self.nodes > MOST_NODES:
            raise WireError("the message is too deep or too long")
        if tree is None or isinstance(tree, (bool, float)):
            return tree
        if isinstance(tree, str):
            return clean(tree)
        if isinstance(tree, int):
            if tree.bit_length() > LONGEST_INTEGER:
                raise WireError("an integer is too long")
            return tree
        if not isinstance(tree, dict) or not tree:
            raise WireError("a value is of no known kind")
        return self.tagged(next(iter(tree)), tree, depth + 1)

    def tagged(self, tag: str, tree: dict[str, Any], depth: int) -> Any:
        content = tree[tag]
        if tag in ("list", "tuple"):
            elements = [self.decode(element, depth) for element in content]
            return tuple(elements) if tag == "tuple" else elements
        if tag == "dict":
            return {self.key(key): self.decode(value, depth) for key, value in content}
        if tag == "tensor":
            return self.tensor(tree)
        if tag == "array":
            return self.array(tree)
        if tag == "complex":
            return complex(*map(float, content))
        if tag == "fraction":
            return Fraction(*(self.decode(part, depth) for part in content))
        if tag == "strange":
            kind, shown = content
            return Strange(clean(str(kind))[:200], clean(str(shown))[:200])
        if self.public and tag == "public":
            return look_up(content)
        if self.public and tag == "made":
            return self.decode(content, depth)(**self.decode(tree["fields"], depth))
        raise WireError("a value is of no known kind")

    def key(self, key: Any) -> Any:
        if not isinstance(key, (str, int, float, bool, type(None))):
            raise WireError("a key is of no known kind")
        return clean(key) if isinstance(key, str) else key

    def taken(self, index: Any) -> bytearray:
        """A copy of an array's bytes. Only once, or a short message could fill the memory."""
        if type(index) is not int or index not in self.buffers:
            raise WireError("an array is missing, or used twice")
        return bytearray(self.buffers.pop(index))

    def tensor(self, tree: dict[str, Any]) -> Tensor:
        dtype, shape = DTYPES[tree["dtype"]], shape_of(tree["shape"])
        data = self.taken(tree["tensor"])
        size = torch.empty((), dtype=dtype).element_size()
        if len(data) != size * product(shape):
            raise WireError("a tensor's bytes do not fit its shape")
        if not data:
            tensor = torch.empty(shape, dtype=dtype)
        elif dtype is torch.bool:
            tensor = (torch.frombuffer(data, dtype=torch.uint8) != 0).view(shape)
        else:
            tensor = torch.frombuffer(data, dtype=dtype).view(shape)
        if tree.get("device") == "cuda" and torch.cuda.is_available():
            tensor = tensor.cuda()
        if tree.get("parameter"):
            return nn.Parameter(tensor, requires_grad=bool(tree.get("grad")))
        floats = tensor.is_floating_point() or tensor.is_complex()
        return tensor.requires_grad_(bool(tree.get("grad"))) if floats else tensor

    def array(self, tree: dict[str, Any]) -> np.ndarray | np.generic:
        dtype, shape = np.dtype(str(tree["dtype"])[:8]), shape_of(tree["shape"])
        if dtype.kind not in ARRAYS or dtype.itemsize > ITEM_BYTES:
            raise WireError("an array has no known dtype")
        data = self.taken(tree["array"])
        if len(data) != dtype.itemsize * product(shape):
            raise WireError("an array's bytes do not fit its shape")
        if dtype.kind == "b":
            array = (np.frombuffer(data, np.uint8) != 0).reshape(shape)
        else:
            array = np.frombuffer(data, dtype).reshape(shape)
        return array[()] if tree.get("scalar") and not shape else array


def shape_of(sizes: Any) -> tuple[int, ...]:
    good = isinstance(sizes, list) and all(type(size) is int and size >= 0 for size in sizes)
    if not good or len(sizes) > MOST_AXES or max(sizes, default=0) > 2**40:
        raise WireError("a shape is impossible")
    return tuple(sizes)


def product(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def clean(text: str) -> str:
    """Text that can be written to any file: no half characters, no control characters, an end."""
    whole = text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    return "".join(letter for letter in whole if letter.isprintable() or letter in "\n\t")


def look_up(name: str) -> Any:
    """The public function or class of that name."""
    module, _, qualified = name.partition(":")
    if not f"{module}.".startswith(PUBLIC):
        raise WireError(f"{name} is not public")
    value: Any = importlib.import_module(module)
    for part in qualified.split("."):
        value = getattr(value, part)
    return value
