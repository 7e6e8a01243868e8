"""cross_correlate2d and convolve2d: one window, moved by hand, and what flipping changes."""

from __future__ import annotations

import numpy as np
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.inputs import integers, normal, photo_bytes
from cnncourse.reference.convolution import convolve2d, cross_correlate2d


def oracle_of_correlation(image, kernel):
    # Only tests ask an oracle, and SciPy takes a second to import.
    from scipy import signal

    return signal.correlate2d(image, kernel, mode="valid")


def oracle_of_convolution(image, kernel):
    from scipy import signal

    return signal.convolve2d(image, kernel, mode="valid")


def real_numbers(generator: Generator) -> Arguments:
    return {"image": normal(generator, 5, 8).numpy(), "kernel": normal(generator, 2, 3).numpy()}


def as_large_as_the_image(generator: Generator) -> Arguments:
    return {"image": normal(generator, 3, 4).numpy(), "kernel": normal(generator, 3, 4).numpy()}


def bytes_and_integers(generator: Generator) -> Arguments:
    return {"image": photo_bytes(generator, 6, 9), "kernel": integers(generator, -9, 10, 3, 2)}


def bytes_and_fractions(generator: Generator) -> Arguments:
    return {"image": photo_bytes(generator, 7, 5), "kernel": normal(generator, 2, 4).numpy()}


CASES = (
    Case("image and kernel hold real numbers", real_numbers, keeps="the case easiest to read"),
    Case(
        "the kernel is as large as the image",
        as_large_as_the_image,
        keeps="the smallest output, where loops and slices are off by one most easily",
    ),
    Case(
        "the image holds bytes (0 to 255) and the kernel integers",
        bytes_and_integers,
        keeps="a result may stay an integer here, and must not wrap around",
    ),
    Case("the image holds bytes and the kernel fractions", bytes_and_fractions),
)


def kernel_too_tall(generator: Generator) -> Arguments:
    return {"image": normal(generator, 3, 6).numpy(), "kernel": normal(generator, 4, 2).numpy()}


ASIDES = (Case("the kernel is taller than the image", kernel_too_tall),)


def flips_the_kernel(image, kernel):
    return cross_correlate2d(image, kernel[::-1, ::-1])


def flips_the_rows_only(image, kernel):
    return cross_correlate2d(image, kernel[::-1])


def flips_the_columns_only(image, kernel):
    return cross_correlate2d(image, kernel[:, ::-1])


def transposes_the_kernel(image, kernel):
    return cross_correlate2d(image, kernel.T)


def transposes_the_result(image, kernel):
    return cross_correlate2d(image, kernel).T


def takes_the_mean(image, kernel):
    return cross_correlate2d(image, kernel) / kernel.size


def keeps_the_size(image, kernel):
    kh, kw = kernel.shape
    top, left = (kh - 1) // 2, (kw - 1) // 2
    frame = (top, kh - 1 - top), (left, kw - 1 - left)
    return cross_correlate2d(np.pad(image, frame), kernel)


def misses_the_last_windows(image, kernel):
    return cross_correlate2d(image, kernel)[:-1, :-1]


def jumps_by_whole_kernels(image, kernel):
    return cross_correlate2d(image, kernel)[:: kernel.shape[0], :: kernel.shape[1]]


def multiplies_in_the_images_dtype(image, kernel):
    return cross_correlate2d(image, kernel.astype(image.dtype)).astype(image.dtype)


def stores_in_the_images_dtype(image, kernel):
    return as_stored(cross_correlate2d(image, kernel), image.dtype)


def as_stored(values, dtype):
    """What an array of this dtype keeps of the values: bytes wrap around at 256."""
    whole = dtype.kind in "iu"
    return np.trunc(values).astype(np.int64).astype(dtype) if whole else values.astype(dtype)


def truncates_to_integers(image, kernel):
    return np.trunc(cross_correlate2d(image, kernel)).astype(np.int64)


def clips_to_pixels(image, kernel):
    return np.clip(cross_correlate2d(image, kernel), 0, 255)


def drops_the_sign(image, kernel):
    return np.abs(cross_correlate2d(image, kernel))


def turns_the_callers_kernel(image, kernel):
    kernel[:] = kernel[::-1, ::-1].copy()
    return cross_correlate2d(image, kernel)


WRAPS = (
    "Bytes wrap around at 256: 200 + 100 is 44 in uint8, and -1 is 255. Convert the image "
    "before you multiply."
)
STORES = (
    "The sums are right, but you store them in an array of the image's dtype, where bytes wrap "
    "around at 256 and fractions are cut off. Store them as float64."
)
TRUNCATES = "You cut the fractions off: the result is an integer although the kernel is not."
MEAN = "You take the mean of each window. The products are added up, not averaged."
SAME = (
    "Your result is as large as the image: you pad it. Here only windows that lie wholly inside "
    "the image count."
)
LAST = (
    "The last row and column are missing: there are H - kh + 1 places for the window, not H - kh."
)
CLIPS = "You clip to 0 ... 255. A response may be negative, or larger than a pixel."
SIGN = "You drop the sign. It says which side of an edge is the lighter one."
KERNEL_CHANGED = (
    "You turn the caller's kernel in place. Whoever calls you twice gets two different results: "
    "turn a copy, or read it backwards with [::-1, ::-1]."
)

CROSS_CORRELATE2D = Exercise(
    reference=cross_correlate2d,
    points=2,
    minutes=20,
    difficulty="core",
    any_dtype=True,
    oracle=oracle_of_correlation,
    cases=CASES,
    asides=ASIDES,
    misconceptions=(
        Misconception(
            flips_the_kernel,
            "You turn the kernel by 180 degrees. That is true convolution; cross-correlation "
            "lays the kernel on the image as it is.",
        ),
        Misconception(flips_the_rows_only, "Your kernel lies upside down on the image."),
        Misconception(flips_the_columns_only, "Your kernel lies mirrored left to right."),
        Misconception(
            transposes_the_kernel, "You swap the kernel's rows and columns (a transpose)."
        ),
        Misconception(
            transposes_the_result,
            "Your result is transposed: rows run down the image, columns to the right.",
        ),
        Misconception(takes_the_mean, MEAN),
        Misconception(keeps_the_size, SAME),
        Misconception(misses_the_last_windows, LAST),
        Misconception(
            jumps_by_whole_kernels,
            "Your window jumps by its own size. It moves one pixel at a time.",
        ),
        Misconception(multiplies_in_the_images_dtype, WRAPS),
        Misconception(stores_in_the_images_dtype, STORES),
        Misconception(truncates_to_integers, TRUNCATES),
        Misconception(clips_to_pixels, CLIPS),
        Misconception(drops_the_sign, SIGN),
    ),
    hints=(
        "Two loops walk over the places of the window. What is the first and the last row at "
        "which it may start?",
        "At (row, column) cut out image[row : row + kh, column : column + kw], multiply it with "
        "the kernel element by element, and add everything up.",
        "Convert the image to float64 (or int64) before multiplying: bytes wrap around at 256.",
    ),
)


def does_not_flip(image, kernel):
    return cross_correlate2d(image, kernel)


def transposes_instead_of_flipping(image, kernel):
    return cross_correlate2d(image, kernel.T)


def turns_by_a_quarter(image, kernel):
    return cross_correlate2d(image, np.rot90(kernel))


def flips_the_result(image, kernel):
    return cross_correlate2d(image, kernel)[::-1, ::-1]


def flips_the_image(image, kernel):
    return cross_correlate2d(image[::-1, ::-1], kernel)


def keeps_every_overlap(image, kernel):
    kh, kw = kernel.shape
    padded = np.pad(image, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    return cross_correlate2d(padded, kernel[::-1, ::-1])


def convolves_to_the_same_size(image, kernel):
    return keeps_the_size(image, kernel[::-1, ::-1])


def convolves_in_the_images_dtype(image, kernel):
    return multiplies_in_the_images_dtype(image, kernel[::-1, ::-1])


def convolves_and_stores_in_the_images_dtype(image, kernel):
    return stores_in_the_images_dtype(image, kernel[::-1, ::-1])


def convolves_and_truncates(image, kernel):
    return truncates_to_integers(image, kernel[::-1, ::-1])


CONVOLVE2D = Exercise(
    reference=convolve2d,
    points=1,
    minutes=10,
    difficulty="warm-up",
    any_dtype=True,
    oracle=oracle_of_convolution,
    cases=CASES,
    asides=ASIDES,
    misconceptions=(
        Misconception(
            does_not_flip,
            "This is cross-correlation. True convolution turns the kernel by 180 degrees first.",
        ),
        Misconception(
            flips_the_rows_only,
            "You flip the kernel's rows only. A turn by 180 degrees flips rows and columns.",
        ),
        Misconception(
            flips_the_columns_only,
            "You flip the kernel's columns only. A turn by 180 degrees flips rows and columns.",
        ),
        Misconception(
            transposes_instead_of_flipping,
            "You transpose the kernel. That mirrors it along the diagonal; a turn by 180 degrees "
            "flips rows and columns.",
        ),
        Misconception(
            turns_by_a_quarter, "You turn the kernel by 90 degrees. It takes a half turn."
        ),
        Misconception(
            flips_the_result,
            "You flip the result. The kernel is what turns; the picture stays upright.",
        ),
        Misconception(
            flips_the_image,
            "You flip the image. Then the result is right but upside down: turn the kernel.",
        ),
        Misconception(
            keeps_every_overlap,
            "Your result is larger than the image: you also count places where the kernel hangs "
            "over the edge. Keep those where it lies wholly inside.",
        ),
        Misconception(convolves_to_the_same_size, SAME),
        Misconception(convolves_in_the_images_dtype, WRAPS),
        Misconception(convolves_and_stores_in_the_images_dtype, STORES),
        Misconception(convolves_and_truncates, TRUNCATES),
        Misconception(turns_the_callers_kernel, KERNEL_CHANGED),
    ),
    hints=(
        "You have a function that slides a kernel as it is. What must happen to the kernel?",
        "Turning by 180 degrees is the same as reading the rows and the columns backwards.",
    ),
)

EXERCISES = (CROSS_CORRELATE2D, CONVOLVE2D)
