"""Reading IDX, the file format of MNIST."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from cnncourse.data.download import DataError

BYTES = 0x08


def read_idx(content: bytes) -> NDArray[np.uint8]:
    """The content of an IDX file of bytes -> an array of the shape that the file states.

    The file begins with two zeros, the kind of its values and the number of its axes, one byte
    each. The length of each axis follows in four bytes, the highest first, and then the values.
    DataError when the content is anything else. (LeCun, "The MNIST database", file formats.)

    >>> read_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 5, 6, 7]))
    array([[5, 6, 7]], dtype=uint8)
    """
    if len(content) < 4 or content[:3] != bytes([0, 0, BYTES]):
        raise DataError(f"not an IDX file of bytes: it begins with {content[:4].hex(' ')!r}")
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(f"this IDX file ends within its header, after {len(content)} bytes")
    shape = struct.unpack(f">{axes}I", content[4:start])
    values = np.frombuffer(content, np.uint8, offset=start)
    expected = int(np.prod(shape, dtype=np.uint64))
    if len(values) != expected:
        raise DataError(f"this IDX file has {len(values)} values, but {shape} needs {expected}")
    return values.reshape(shape)
