"""The two photographs that come with scikit-learn, in colour and in grey."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PHOTOGRAPHS = ("china", "flower")

LUMA = (0.299, 0.587, 0.114)


def photograph(name: str) -> NDArray[np.uint8]:
    """A photograph -> (427, 640, 3), red, green and blue from 0 to 255.

    "china" is a palace, "flower" is a dahlia. ValueError for other names. The array is yours to
    change.

    >>> photograph("china").shape
    (427, 640, 3)
    """
    from sklearn.datasets import load_sample_image

    if name not in PHOTOGRAPHS:
        raise ValueError(f"no photograph {name!r}: there are {', '.join(PHOTOGRAPHS)}")
    return np.array(load_sample_image(f"{name}.jpg"))


def grey(image: NDArray) -> NDArray[np.float64]:
    """How light each pixel looks: image (H, W, 3) -> (H, W), in the units of the image.

    Green counts most, for the eye is most sensitive to it: 0.299 red + 0.587 green + 0.114 blue
    (ITU-R BT.601, section 2.5.1). ValueError for other shapes.

    >>> grey(np.array([[[255, 0, 0], [0, 100, 0], [10, 10, 10]]])).round(3).tolist()
    [[76.245, 58.7, 10.0]]
    """
    if np.ndim(image) != 3 or np.shape(image)[2] != 3:
        raise ValueError(f"image {np.shape(image)}: it must be (H, W, 3)")
    return np.asarray(image, dtype=np.float64) @ np.array(LUMA)
