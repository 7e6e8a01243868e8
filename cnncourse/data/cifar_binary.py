"""Reading the binary version of CIFAR-10, straight from its archive."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnncourse.data.download import DataError

SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32

Examples = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def read_records(content: bytes) -> Examples:
    """The records of one file -> images (N, 3, 32, 32), classes (N,), both uint8.

    A record is one byte with the class, then all red, all green and all blue values, row by row.
    DataError when the last record is cut off. (Krizhevsky, "The CIFAR-10 dataset", binary version.)

    >>> images, classes = read_records(bytes([7]) + bytes(1024) + bytes([255]) * 2048)
    >>> classes, images[0, :, 31, 31]
    (array([7], dtype=uint8), array([  0, 255, 255], dtype=uint8))
    """
    if len(content) % RECORD:
        raise DataError(f"{len(content)} bytes are no whole number of records of {RECORD} bytes")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, *SHAPE), records[:, 0]


def read_archive(path: Path) -> tuple[Examples, Examples]:
    """The examples of the archive's files data_batch_1.bin, ..., and those of test_batch.bin.

    Nothing is extracted to disk. DataError when the archive is broken or lacks either kind.
    """
    batches = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            # In the order of the archive: to go back, gzip would begin again.
            for member in archive:
                name = Path(member.name).name
                if name == "test_batch.bin" or name.startswith("data_batch_"):
                    batches[name] = read_records(archive.extractfile(member).read())
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is no whole archive: {error}") from error
    test = batches.pop("test_batch.bin", None)
    if test is None or not batches:
        raise DataError(f"{path} has no test_batch.bin or no data_batch_1.bin")
    images, classes = zip(*(batches[name] for name in sorted(batches)), strict=True)
    return (np.concatenate(images), np.concatenate(classes)), test
