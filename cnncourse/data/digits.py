"""The small handwritten digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np
import torch

from cnncourse.data.split import Split


def digits(*, seed: int = 0, held_out: float = 0.2) -> Split:
    """1797 handwritten digits of 8 x 8 pixels, scaled from 0 (paper) to 1 (ink).

    -> inputs (N, 1, 8, 8), held_out (M, 1, 8, 8). The share of each digit is the same in both
    parts; which examples are held out depends on the seed only. ValueError when held_out is not
    between 0 and 1. (Alpaydin & Kaynak 1998, "Optical recognition of handwritten digits", the UCI
    repository's test set.)

    >>> split = digits()
    >>> split.inputs.shape, split.held_out.shape
    (torch.Size([1437, 1, 8, 8]), torch.Size([360, 1, 8, 8]))
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    if not 0 < held_out < 1:
        raise ValueError(f"held_out={held_out}: it must be between 0 and 1")
    pixels, classes = load_digits(return_X_y=True)
    images = pixels.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    parts = train_test_split(
        images, classes.astype(np.int64), test_size=held_out, random_state=seed, stratify=classes
    )
    inputs, held_out_inputs, targets, held_out_targets = map(torch.from_numpy, parts)
    return Split(inputs, targets, held_out_inputs, held_out_targets)
