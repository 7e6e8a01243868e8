"""MNIST, Fashion-MNIST and CIFAR-10: downloaded once, then read from disk."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnncourse.data.cifar_binary import read_archive
from cnncourse.data.download import DataError, Source, fetch
from cnncourse.data.idx import read_idx
from cnncourse.data.split import Split

# The page of the authors no longer lets programs in. These two are copies of it.
MNIST = Source(
    name="mnist",
    servers=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files={
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
)

FASHION_MNIST = Source(
    name="fashion-mnist",
    servers=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    files={
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)

# The binary version: the one for Python is a pickle, which can run code when it is read.
CIFAR10 = Source(
    name="cifar-10",
    servers=("https://www.cs.toronto.edu/~kriz/",),
    files={
        "cifar-10-binary.tar.gz": (
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
        )
    },
)


def mnist(*, source: Source = MNIST, folder: Path | None = None, progress: bool = True) -> Split:
    """Handwritten digits: 60000 to train, 10000 held out, classes 0 to 9.

    -> inputs (60000, 1, 28, 28) from 0 (paper) to 1 (ink), held_out (10000, 1, 28, 28). 12 MB are
    downloaded at the first call, into `folder` or what data_folder() says. DataError when that
    fails. (LeCun et al. 1998, "Gradient-based learning applied to document recognition".)
    """
    return _read_mnist(source, folder, progress)


def fashion_mnist(
    *, source: Source = FASHION_MNIST, folder: Path | None = None, progress: bool = True
) -> Split:
    """Pictures of clothes in the format of MNIST: 60000 to train, 10000 held out, 10 classes.

    -> inputs (60000, 1, 28, 28) from 0 (ground) to 1, held_out (10000, 1, 28, 28). 31 MB are
    downloaded at the first call, into `folder` or what data_folder() says. DataError when that
    fails. (Xiao et al. 2017, "Fashion-MNIST: a novel image dataset".)
    """
    return _read_mnist(source, folder, progress)


def cifar10(
    *, source: Source = CIFAR10, folder: Path | None = None, progress: bool = True
) -> Split:
    """Small colour photographs: 50000 to train, 10000 held out, 10 classes.

    -> inputs (50000, 3, 32, 32), red, green and blue from 0 to 1, held_out (10000, 3, 32, 32).
    170 MB are downloaded at the first call, into `folder` or what data_folder() says. DataError
    when that fails. (Krizhevsky 2009, "Learning multiple layers of features from tiny images".)
    """
    (archive,) = source.files
    path = fetch(source, archive, folder=folder, progress=progress)
    (images, classes), (held_out, held_out_classes) = read_archive(path)
    return Split(_scaled(images), _classes(classes), _scaled(held_out), _classes(held_out_classes))


def _read_mnist(source: Source, folder: Path | None, progress: bool) -> Split:
    images, classes, held_out, held_out_classes = (
        _read_gzipped_idx(fetch(source, file, folder=folder, progress=progress))
        for file in source.files
    )
    return Split(
        _scaled(images[:, None]),
        _classes(classes),
        _scaled(held_out[:, None]),
        _classes(held_out_classes),
    )


def _read_gzipped_idx(path: Path) -> NDArray[np.uint8]:
    try:
        return read_idx(gzip.decompress(path.read_bytes()))
    except (DataError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _scaled(images: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(images.astype(np.float32)).div_(255)


def _classes(classes: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(classes.astype(np.int64))
