"""Do the values of public data sets arrive as they are in the files?"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from cnncourse.data.cifar_binary import read_archive
from cnncourse.data.download import DataError, Source
from cnncourse.data.idx import read_idx
from cnncourse.data.public import cifar10, fashion_mnist, mnist
from cnncourse.data.split import Split

RANDOM = np.random.default_rng(0)
CLASSES = RANDOM.integers(0, 10, 30, dtype=np.uint8)
IMAGES = RANDOM.integers(0, 256, (30, 1, 28, 28), dtype=np.uint8)
PHOTOGRAPHS = RANDOM.integers(0, 256, (30, 3, 32, 32), dtype=np.uint8)
SMALL_ARCHIVE = {
    "test_batch": slice(20, 30),
    "data_batch_2": slice(12, 20),
    "data_batch_1": slice(12),
}


def idx(values: np.ndarray) -> bytes:
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    return gzip.compress(bytes([0, 0, 8, values.ndim]) + lengths + values.tobytes())


def mnist_files() -> dict[str, bytes]:
    return {
        "train-images-idx3-ubyte.gz": idx(IMAGES[:20, 0]),
        "train-labels-idx1-ubyte.gz": idx(CLASSES[:20]),
        "t10k-images-idx3-ubyte.gz": idx(IMAGES[20:, 0]),
        "t10k-labels-idx1-ubyte.gz": idx(CLASSES[20:]),
    }


def archive(batches: dict[str, slice]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, part in {**batches, "readme": slice(0)}.items():
            pairs = zip(CLASSES[part], PHOTOGRAPHS[part], strict=True)
            records = b"".join(bytes([number]) + photo.tobytes() for number, photo in pairs)
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(records)
            tar.addfile(member, io.BytesIO(records))
    return content.getvalue()


def cifar_files() -> dict[str, bytes]:
    return {"cifar-10-binary.tar.gz": archive(SMALL_ARCHIVE)}


def source_of(server) -> Source:
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in server.files.items()}
    return Source("tiny", (server.address,), sums)


def check(split: Split, images: np.ndarray) -> None:
    found = torch.cat([split.inputs, split.held_out])
    assert torch.equal(found, torch.tensor(images / 255, dtype=torch.float32))
    assert torch.equal(
        torch.cat([split.targets, split.held_out_targets]), torch.tensor(CLASSES).long()
    )
    assert len(split.inputs) == len(split.targets) == 20


@pytest.mark.parametrize(
    ("load", "files", "images"),
    [
        (mnist, mnist_files(), IMAGES),
        (fashion_mnist, mnist_files(), IMAGES),
        (cifar10, cifar_files(), PHOTOGRAPHS),
    ],
)
def test_values_arrive_and_are_downloaded_once(
    server, tmp_path: Path, capsys, load: Callable, files: dict[str, bytes], images: np.ndarray
):
    server.files = files
    for _ in range(2):
        check(load(source=source_of(server), folder=tmp_path), images)
        assert [name for name, _ in server.asked] == list(files)
    assert f"{next(iter(files))}: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not an IDX file"),
        (b"<html>", "it begins with '3c 68 74 6d'"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 0]), "not an IDX file of bytes"),  # floats
        (bytes([0, 0, 8, 2, 0, 0, 0, 1]), "ends within its header, after 8 bytes"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2]), r"has 2 values, but \(3,\) needs 3"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 1, 1, 2]), r"has 2 values, but \(1,\) needs 1"),
    ],
)
def test_what_is_no_idx_file(content: bytes, words: str):
    with pytest.raises(DataError, match=words):
        read_idx(content)


def test_a_file_that_cannot_be_read_is_named(server, tmp_path: Path):
    server.files = {**mnist_files(), "train-labels-idx1-ubyte.gz": b"no gzip"}
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte.gz cannot be read: Not a gzip"):
        mnist(source=source_of(server), folder=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive({"data_batch_1": slice(2)}), "has no test_batch.bin or no data_batch_1.bin"),
        (archive({"test_batch": slice(2)}), "has no test_batch.bin or no data_batch_1.bin"),
        (archive(SMALL_ARCHIVE)[:-5000], "is no whole archive"),
        (b"something else", "is no whole archive"),
    ],
)
def test_what_is_no_archive_of_cifar10(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "archive"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_archive(path)
