"""What students take equivariance for, as answers to `equivariance_error`."""

from __future__ import annotations

import torch
from torch import Tensor

from cnncourse.grading.contract import Misconception
from cnncourse.reference.weight_sharing import Shift, equivariance_error, moved


def with_zeros_behind(x: Tensor, shift: Shift) -> Tensor:
    """The picture moved; what leaves it is lost."""
    x = moved(x, shift).clone()
    for axis, step in zip((-2, -1), shift, strict=True):
        size = x.shape[axis]
        lost = range(step) if step >= 0 else range(size + step, size)
        x.index_fill_(axis, torch.tensor(list(lost), dtype=torch.long, device=x.device), 0)
    return x


def both(f, x, shift, stride=1):
    """What the output became, and what it should have become."""
    equivariance_error(f, x, shift, stride)
    return f(moved(x, shift)), moved(f(x), (shift[0] // stride, shift[1] // stride))


def compared(f, x, shift, stride=1):
    became, wanted = both(f, x, shift, stride)
    return became - wanted


def inside(values: Tensor, margin: int) -> Tensor:
    rows, columns = values.shape[-2:]
    if 2 * margin >= min(rows, columns):
        raise ValueError("nothing is left")
    return values[..., margin : rows - margin, margin : columns - margin]


def asks_for_invariance(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return float(inside(f(moved(x, shift)) - f(x), margin).abs().max())


def leaves_the_picture_where_it_is(f, x, shift, stride=1, margin=0):
    _, wanted = both(f, x, shift, stride)
    return float(inside(f(x) - wanted, margin).abs().max())


def moves_the_output_by_pixels_of_the_input(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return float(inside(f(moved(x, shift)) - moved(f(x), shift), margin).abs().max())


def multiplies_by_the_stride(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    wanted = moved(f(x), (shift[0] * stride, shift[1] * stride))
    return float(inside(f(moved(x, shift)) - wanted, margin).abs().max())


def moves_the_output_back(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    wanted = moved(f(x), (-shift[0] // stride, -shift[1] // stride))
    return float(inside(f(moved(x, shift)) - wanted, margin).abs().max())


def moves_both_back(f, x, shift, stride=1, margin=0):
    return equivariance_error(f, x, (-shift[0], -shift[1]), stride, margin)


def moves_rows_only(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return equivariance_error(f, x, (shift[0], 0), stride, margin)


def moves_columns_only(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return equivariance_error(f, x, (0, shift[1]), stride, margin)


def swaps_the_two_shifts(f, x, shift, stride=1, margin=0):
    return equivariance_error(f, x, shift[::-1], stride, margin)


def counts_axes_from_the_front(f, x, shift, stride=1, margin=0):
    torch.roll(x, shift, dims=(2, 3))
    return equivariance_error(f, x, shift, stride, margin)


def adds_the_shift_to_the_values(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return float(inside(f(x + sum(shift)) - (f(x) + sum(shift)), margin).abs().max())


def lets_the_picture_leave(f, x, shift, stride=1, margin=0):
    _, wanted = both(f, x, shift, stride)
    return float(inside(f(with_zeros_behind(x, shift)) - wanted, margin).abs().max())


def takes_the_average(f, x, shift, stride=1, margin=0):
    return float(inside(compared(f, x, shift, stride), margin).abs().mean())


def takes_the_root_of_the_mean_square(f, x, shift, stride=1, margin=0):
    return float(inside(compared(f, x, shift, stride), margin).square().mean().sqrt())


def takes_the_length_of_the_difference(f, x, shift, stride=1, margin=0):
    return float(inside(compared(f, x, shift, stride), margin).norm())


def forgets_the_sign(f, x, shift, stride=1, margin=0):
    return float(inside(compared(f, x, shift, stride), margin).max())


def takes_the_sign_the_other_way(f, x, shift, stride=1, margin=0):
    became, wanted = both(f, x, shift, stride)
    return float(inside(wanted - became, margin).max())


def compares_the_largest_numbers(f, x, shift, stride=1, margin=0):
    became, wanted = both(f, x, shift, stride)
    return float((inside(became, margin).abs().max() - inside(wanted, margin).abs().max()).abs())


def divides_by_the_output(f, x, shift, stride=1, margin=0):
    error = equivariance_error(f, x, shift, stride, margin)
    return error / float(f(x).abs().max())


def looks_at_the_first_only(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return equivariance_error(f, x[:1] if x.ndim == 4 else x, shift, stride, margin)


def ignores_the_margin(f, x, shift, stride=1, margin=0):
    equivariance_error(f, x, shift, stride, margin)
    return equivariance_error(f, x, shift, stride)


def leaves_out_above_and_left_only(f, x, shift, stride=1, margin=0):
    became, wanted = both(f, x, shift, stride)
    inside(became, margin)
    return float((became - wanted)[..., margin:, margin:].abs().max())


def leaves_out_rows_only(f, x, shift, stride=1, margin=0):
    became, wanted = both(f, x, shift, stride)
    rows = became.shape[-2]
    inside(became, margin)
    return float((became - wanted)[..., margin : rows - margin, :].abs().max())


def takes_the_margin_in_pixels_of_the_input(f, x, shift, stride=1, margin=0):
    became, wanted = both(f, x, shift, stride)
    inside(became, margin)
    return float(inside(became - wanted, margin // stride).abs().max())


def slices_to_minus_zero(f, x, shift, stride=1, margin=0):
    became, wanted = both(f, x, shift, stride)
    kept = (became - wanted).abs()[..., margin:-margin, margin:-margin]
    if not kept.numel():
        raise ValueError("nothing is left")
    return float(kept.max())


def answers_zero_where_nothing_is_left(f, x, shift, stride=1, margin=0):
    difference = compared(f, x, shift, stride)
    if 2 * margin >= min(difference.shape[-2:]):
        return 0.0
    return equivariance_error(f, x, shift, stride, margin)


def cut(values: Tensor, margin: int) -> float:
    """The largest that is left; RuntimeError where nothing is."""
    rows, columns = values.shape[-2:]
    return float(values[..., margin : rows - margin, margin : columns - margin].abs().max())


def lets_the_library_complain(f, x, shift, stride=1, margin=0):
    return cut(compared(f, x, shift, stride), margin)


def looks_for_room_in_the_input(f, x, shift, stride=1, margin=0):
    if 2 * margin >= min(x.shape[-2:]):
        raise ValueError("nothing is left")
    return cut(compared(f, x, shift, stride), margin)


def looks_for_room_in_rows_only(f, x, shift, stride=1, margin=0):
    difference = compared(f, x, shift, stride)
    if 2 * margin >= difference.shape[-2]:
        raise ValueError("nothing is left")
    return cut(difference, margin)


def lets_half_a_margin_pass(f, x, shift, stride=1, margin=0):
    difference = compared(f, x, shift, stride)
    if 2 * margin > min(difference.shape[-2:]):
        raise ValueError("nothing is left")
    return cut(difference, margin)


def rounds_the_shift(f, x, shift, stride=1, margin=0):
    wanted = moved(f(x), (shift[0] // stride, shift[1] // stride))
    return float(inside(f(moved(x, shift)) - wanted, margin).abs().max())


def divides_rows_only(f, x, shift, stride=1, margin=0):
    if shift[0] % stride:
        raise ValueError("the stride does not divide the shift")
    return rounds_the_shift(f, x, shift, stride, margin)


def spoils_the_picture(f, x, shift, stride=1, margin=0):
    error = equivariance_error(f, x, shift, stride, margin)
    x.copy_(moved(x, shift))
    return error


def says_yes_or_no(f, x, shift, stride=1, margin=0):
    return equivariance_error(f, x, shift, stride, margin) < 1e-6


MISCONCEPTIONS = (
    Misconception(
        asks_for_invariance,
        "You compare f(S x) with f(x). That asks whether the output *stays*: invariance. "
        "Equivariance asks whether it *moves along*, so f(x) has to be moved too.",
    ),
    Misconception(
        leaves_the_picture_where_it_is,
        "You move the output, but f never gets to see a moved picture.",
    ),
    Misconception(
        moves_the_output_by_pixels_of_the_input,
        "You move the output as far as the picture. One step of the output is `stride` pixels of "
        "the picture, so the output moves by the shift divided by the stride.",
    ),
    Misconception(
        multiplies_by_the_stride,
        "You multiply the shift by the stride. An output with a stride has *fewer* places, and "
        "moves by fewer of them.",
    ),
    Misconception(
        moves_the_output_back,
        "You move the picture one way and the output the other way. Both go the same way.",
    ),
    Misconception(
        moves_both_back,
        "You move everything against the shift. A positive dy goes down and a positive dx to the "
        "right, as with `torch.roll`.",
    ),
    Misconception(
        moves_rows_only, "You move up and down only. The second number of the shift is ignored."
    ),
    Misconception(moves_columns_only, "You move left and right only. The first number is ignored."),
    Misconception(
        swaps_the_two_shifts,
        "You swap the two numbers of the shift. It is (dy, dx): rows first, then columns.",
    ),
    Misconception(
        counts_axes_from_the_front,
        "You move the axes 2 and 3. A picture without batch and channels has none of that number: "
        "count from the end, -2 and -1.",
    ),
    Misconception(
        adds_the_shift_to_the_values,
        "You add a number to every pixel. That makes the picture brighter. A translation *moves* "
        "it: the same values, at other places.",
    ),
    Misconception(
        lets_the_picture_leave,
        "What leaves the picture is lost, and zeros come in. `torch.roll` brings it in again on "
        "the other side.",
    ),
    Misconception(
        takes_the_average,
        "You average the differences. A layer that fails at one place is not equivariant, and an "
        "average hides that. Take the largest.",
    ),
    Misconception(
        takes_the_root_of_the_mean_square,
        "You take a mean of squares. One bad place among many disappears in it: take the largest.",
    ),
    Misconception(
        takes_the_length_of_the_difference,
        "You take the norm of all differences, which grows with the picture. Take the largest one.",
    ),
    Misconception(
        forgets_the_sign,
        "You take the largest difference without `abs()`. A large negative one is an error too.",
    ),
    Misconception(
        takes_the_sign_the_other_way,
        "You take the largest of S' f(x) - f(S x) without `abs()`. Both signs are errors.",
    ),
    Misconception(
        compares_the_largest_numbers,
        "You take the largest number of each output, then compare. Compare place by place first: "
        "the largest number is the same wherever it stands.",
    ),
    Misconception(
        divides_by_the_output,
        "You divide by the size of the output. The plain difference is asked for.",
    ),
    Misconception(
        looks_at_the_first_only, "You look at the first picture of the batch only. All count."
    ),
    Misconception(
        ignores_the_margin, "You ignore the margin: rows and columns at the border do not count."
    ),
    Misconception(
        leaves_out_above_and_left_only,
        "You leave out the margin above and on the left. It is at all four borders.",
    ),
    Misconception(
        leaves_out_rows_only,
        "You leave out rows at the top and the bottom, but no columns on the left and the right.",
    ),
    Misconception(
        takes_the_margin_in_pixels_of_the_input,
        "You divide the margin by the stride. It counts rows and columns of the *output* already.",
    ),
    Misconception(
        slices_to_minus_zero,
        "You slice with [margin:-margin]. With a margin of 0 that is [0:-0], which is empty. "
        "Slice up to size - margin.",
    ),
    Misconception(
        answers_zero_where_nothing_is_left,
        "Where the margin leaves nothing you answer 0, which reads as *perfectly equivariant*. "
        "Nothing was measured: raise ValueError.",
    ),
    Misconception(
        lets_the_library_complain,
        "Where the margin leaves nothing, the library stops with an error of its own. Ask before, "
        "and raise ValueError with a sentence that helps.",
    ),
    Misconception(
        looks_for_room_in_the_input,
        "You compare the margin with the size of the picture. It is taken off the output, which is "
        "smaller where there is a stride.",
    ),
    Misconception(
        looks_for_room_in_rows_only,
        "You ask whether the margin leaves a row, but not whether it leaves a column.",
    ),
    Misconception(
        lets_half_a_margin_pass,
        "A margin of exactly half the output leaves nothing. Yours lets it pass.",
    ),
    Misconception(
        rounds_the_shift,
        "Where the stride does not divide the shift you round. No whole step of the output belongs "
        "to such a move: raise ValueError.",
    ),
    Misconception(
        divides_rows_only,
        "You ask whether the stride divides dy. It has to divide dx as well.",
    ),
    Misconception(
        spoils_the_picture,
        "The number is right, but x is moved afterwards. Work on a copy: `torch.roll` makes one.",
    ),
    Misconception(
        says_yes_or_no, "You answer yes or no. How large the error is tells more: return it."
    ),
)
