"""What three layers make of a picture that moves. The weight-sharing demo draws just this.

The layers are dense, locally connected, and a convolution. The first two have weights that look
random but depend on their place alone, so that the page finds the same ones without being sent.
Spelled out in plain steps, apart from the reference code that it is tested against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Map = NDArray[np.float64]
LAYERS = ("dense", "local", "convolution")
TAPS = 3  # kernels are 3 x 3, and the picture gets a frame of one pixel
DENSE_SEED, LOCAL_SEED = 1, 2


@dataclass(frozen=True)
class Seen:
    """What one layer makes of the picture, each an (H_out, W_out) array.

    now: its map of the moved picture. still: of the picture before. along: `still`, moved along.
    """

    now: Map
    still: Map
    along: Map

    @property
    def error(self) -> float:
        """The largest difference between `now` and `along`."""
        return float(np.abs(self.now - self.along).max())


def noise(seed: int, count: int) -> Map:
    """Numbers from -1 to 1 that look random: each place's bits are mixed, the same everywhere.

    >>> noise(1, 4).round(3).tolist() == noise(1, 9)[:4].round(3).tolist()
    True
    """
    bits = (np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B1 + seed).astype(np.uint32)
    bits ^= bits >> np.uint32(16)
    bits *= np.uint32(0x7FEB352D)
    bits ^= bits >> np.uint32(15)
    bits *= np.uint32(0x846CA68B)
    bits ^= bits >> np.uint32(16)
    return bits / 2**31 - 1


def moved(picture: ArrayLike, dy: int, dx: int) -> NDArray:
    """(H, W) moved down and right; what leaves on one side comes back on the other."""
    return np.roll(np.asarray(picture), (dy, dx), axis=(0, 1))


def framed(picture: Map, padding: str) -> Map:
    """A frame of one pixel: zeros, or what lies on the other side. (H, W) -> (H + 2, W + 2)"""
    return np.pad(picture, 1, mode="wrap" if padding == "circular" else "constant")


def local_kernels(kernel: ArrayLike, places: tuple[int, int], tied: float) -> Map:
    """A kernel for each place, (H_out, W_out, 3, 3): `tied` 1 makes all of them `kernel`."""
    shared = np.asarray(kernel, dtype=np.float64)
    own = noise(LOCAL_SEED, TAPS * TAPS * places[0] * places[1]).reshape(*places, TAPS, TAPS)
    return tied * shared + (1 - tied) * np.abs(shared).max() * own


def maps(picture: Map, kernel: ArrayLike, padding: str, stride: int, tied: float) -> dict[str, Map]:
    """What each layer makes of a picture (H, W) with values from 0 to 1."""
    windows = np.lib.stride_tricks.sliding_window_view(framed(picture, padding), (TAPS, TAPS))
    windows = windows[::stride, ::stride]
    places = windows.shape[:2]
    every_pixel = noise(DENSE_SEED, windows.shape[0] * windows.shape[1] * picture.size)
    return {
        "dense": (every_pixel.reshape(-1, picture.size) @ picture.ravel()).reshape(places),
        "local": (windows * local_kernels(kernel, places, tied)).sum((2, 3)),
        "convolution": (windows * np.asarray(kernel)).sum((2, 3)),
    }


def watch(
    image: ArrayLike,
    kernel: ArrayLike,
    dy: int,
    dx: int,
    padding: str = "zeros",
    stride: int = 1,
    tied: float = 0.0,
) -> Mapping[str, Seen]:
    """What each layer sees of an image (H, W) of 0 to 255 that is moved by (dy, dx).

    Where the stride does not divide the shift, `along` has moved by the next smaller step.
    """
    picture = np.asarray(image) / 255
    before = maps(picture, kernel, padding, stride, tied)
    after = maps(moved(picture, dy, dx), kernel, padding, stride, tied)
    return {
        name: Seen(after[name], before[name], moved(before[name], dy // stride, dx // stride))
        for name in LAYERS
    }


def weights(shape: tuple[int, int], stride: int) -> dict[str, int]:
    """How many weights each layer has for an (H, W) picture, both even.

    >>> weights((12, 12), stride=1)
    {'dense': 20736, 'local': 1296, 'convolution': 9}
    """
    places = (shape[0] // stride) * (shape[1] // stride)
    taps = TAPS * TAPS
    return {"dense": places * shape[0] * shape[1], "local": places * taps, "convolution": taps}
