"""sobel_edges: which way does the image get lighter, and how steeply?"""

from __future__ import annotations

import numpy as np
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.inputs import normal, photo_bytes
from cnncourse.reference.convolution import SOBEL_X, SOBEL_Y, cross_correlate2d, sobel_edges


def oracle(image):
    # Only tests ask an oracle, and SciPy takes a second to import.
    from scipy import signal

    image = np.asarray(image, np.float64)
    gx, gy = (signal.correlate2d(image, kernel, mode="valid") for kernel in (SOBEL_X, SOBEL_Y))
    return gx, gy, np.sqrt(gx**2 + gy**2)


def without_minus(image):
    """Bounds the rounding error: every weight taken positive."""
    gx, gy = (cross_correlate2d(image, np.abs(kernel)) for kernel in (SOBEL_X, SOBEL_Y))
    return gx, gy, np.hypot(gx, gy)


def photograph(generator: Generator) -> Arguments:
    return {"image": photo_bytes(generator, 6, 9)}


def real_numbers(generator: Generator) -> Arguments:
    return {"image": 3 * normal(generator, 7, 4).numpy()}


def dark_left_of_light(generator: Generator) -> Arguments:
    """A step to the right in bytes, a little noise on top: nothing is exactly constant."""
    step = np.where(np.arange(8) < 4, 20, 220).astype(np.uint8)
    return {"image": step + photo_bytes(generator, 5, 8) // 16}


def dark_above_light(generator: Generator) -> Arguments:
    step = np.where(np.arange(8) < 4, 20, 220).astype(np.uint8)
    return {"image": step[:, None] + photo_bytes(generator, 8, 5) // 16}


def two_rows(generator: Generator) -> Arguments:
    return {"image": normal(generator, 2, 5).numpy()}


def swaps_the_directions(image):
    gx, gy, magnitude = sobel_edges(image)
    return gy, gx, magnitude


def flips_both_signs(image):
    gx, gy, magnitude = sobel_edges(image)
    return -gx, -gy, magnitude


def turns_gx_round(image):
    gx, gy, magnitude = sobel_edges(image)
    return -gx, gy, magnitude


def turns_gy_upside_down(image):
    gx, gy, magnitude = sobel_edges(image)
    return gx, -gy, magnitude


def drops_the_signs(image):
    gx, gy, magnitude = sobel_edges(image)
    return np.abs(gx), np.abs(gy), magnitude


def stays_in_bytes(image):
    gx, gy = (cross_correlate2d(image, k).astype(image.dtype) for k in (SOBEL_X, SOBEL_Y))
    gx, gy = gx.astype(np.float64), gy.astype(np.float64)
    return gx, gy, np.hypot(gx, gy)


def returns_bytes(image):
    gx, gy = (cross_correlate2d(image, k).astype(image.dtype) for k in (SOBEL_X, SOBEL_Y))
    return gx, gy, np.sqrt(gx**2 + gy**2)


def keeps_the_images_dtype(image):
    return tuple(values.astype(np.int64) for values in sobel_edges(image))


def divides_by_eight(image):
    gx, gy, magnitude = sobel_edges(image)
    return gx / 8, gy / 8, magnitude / 8


def adds_the_absolute_values(image):
    gx, gy, _ = sobel_edges(image)
    return gx, gy, np.abs(gx) + np.abs(gy)


def forgets_the_root(image):
    gx, gy, _ = sobel_edges(image)
    return gx, gy, gx**2 + gy**2


def adds_the_directions(image):
    gx, gy, _ = sobel_edges(image)
    return gx, gy, gx + gy


def weighs_all_rows_alike(image):
    image = image.astype(np.float64)
    prewitt = np.array([[-1, 0, 1]] * 3)
    gx, gy = cross_correlate2d(image, prewitt), cross_correlate2d(image, prewitt.T)
    return gx, gy, np.hypot(gx, gy)


def scales_to_the_image(image):
    gx, gy, magnitude = sobel_edges(image)
    return gx, gy, magnitude / magnitude.max()


def clips_the_magnitude(image):
    gx, gy, magnitude = sobel_edges(image)
    return gx, gy, np.clip(magnitude, 0, 255)


def takes_the_frame_for_an_edge(image):
    return sobel_edges(np.pad(image, 1))


def returns_the_magnitude_only(image):
    return sobel_edges(image)[2]


SOBEL_EDGES = Exercise(
    reference=sobel_edges,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=oracle,
    magnitude=without_minus,
    cases=(
        Case(
            "dark is left and light is right", dark_left_of_light, keeps="the sign of gx in words"
        ),
        Case("dark is above and light is below", dark_above_light, keeps="the sign of gy, pure"),
        Case("the image holds bytes", photograph, keeps="edges in every direction at once"),
        Case(
            "the image holds real numbers, negative ones too",
            real_numbers,
            keeps="fractions, and no bytes that could save a clipped result",
        ),
    ),
    asides=(Case("the image has two rows only", two_rows),),
    misconceptions=(
        Misconception(
            swaps_the_directions,
            "gx and gy are swapped: gx answers to changes from left to right, along a row.",
        ),
        Misconception(
            flips_both_signs,
            "Both signs are turned round. That is what true convolution gives; with "
            "cross-correlation, dark left of light makes gx positive.",
        ),
        Misconception(
            turns_gx_round, "The sign of gx is turned round: dark left of light is positive."
        ),
        Misconception(
            turns_gy_upside_down,
            "The sign of gy is turned round: dark above light is positive, because rows count "
            "downwards.",
        ),
        Misconception(
            drops_the_signs,
            "You take absolute values too early: gx and gy keep their signs, only the magnitude "
            "has none.",
        ),
        Misconception(
            stays_in_bytes,
            "You compute in bytes, where -1 becomes 255. Convert the image to float64 first.",
        ),
        Misconception(
            returns_bytes,
            "Your gx and gy are bytes, like the image, and -1 becomes 255. Convert the image to "
            "float64 before you subtract, or make room for the result in float64.",
        ),
        Misconception(
            keeps_the_images_dtype,
            "You return integers. The magnitude is a root and needs its fractions: return float64.",
        ),
        Misconception(
            divides_by_eight,
            "You divide by 8. That turns the response into a slope per pixel; here the plain "
            "integer kernels (1, 2, 1) are asked for.",
        ),
        Misconception(
            adds_the_absolute_values,
            "Your magnitude is |gx| + |gy|, a quick estimate. The length of (gx, gy) is the root "
            "of the sum of squares.",
        ),
        Misconception(forgets_the_root, "Your magnitude is gx² + gy². The square root is missing."),
        Misconception(
            adds_the_directions,
            "Your magnitude is gx + gy, so that a falling and a rising edge cancel. Take the "
            "length of (gx, gy).",
        ),
        Misconception(
            weighs_all_rows_alike,
            "Your kernel weighs all three rows alike (1, 1, 1): that is Prewitt's. Sobel's middle "
            "row counts twice (1, 2, 1).",
        ),
        Misconception(
            scales_to_the_image,
            "You scale by the largest response, so that two images cannot be compared any more.",
        ),
        Misconception(
            clips_the_magnitude,
            "You clip the magnitude at 255. It is no pixel: it can reach over a thousand.",
        ),
        Misconception(
            takes_the_frame_for_an_edge,
            "You pad with zeros, and the frame of the image becomes an edge that is not there. "
            "Keep only windows that lie inside.",
        ),
        Misconception(
            returns_the_magnitude_only,
            "You return the magnitude alone. Return all three: gx, gy, magnitude.",
        ),
    ),
    hints=(
        "gx subtracts what is left from what is right. Write down a 3 x 3 kernel that does so.",
        "The rows of the kernel for gx are (-1, 0, 1), (-2, 0, 2), (-1, 0, 1). The one for gy is "
        "its transpose.",
        "Convert to float64 before anything else; the magnitude is np.hypot(gx, gy).",
    ),
)

EXERCISES = (SOBEL_EDGES,)
