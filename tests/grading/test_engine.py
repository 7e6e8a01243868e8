"""Every verdict, and what a student gets to see with it."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
import torch

from cnncourse.course import find_exercise
from cnncourse.grading.compare import Comparison
from cnncourse.grading.engine import grade
from cnncourse.reference import convolution as reference

CONV2D = find_exercise("conv2d")
CORRELATE = find_exercise("cross_correlate2d")


def conv2d_with(change):
    """The right answer with one thing done to it."""

    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        return change(x, weight, bias, stride, padding, dilation)

    return conv2d


def loop_over(axis):
    """Right values, one operation after the other along an axis."""

    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        if axis == "batch":
            return torch.cat([reference.conv2d(one[None], weight, bias, **options) for one in x])
        if axis == "filters":
            maps = [reference.conv2d(x, one[None], **options) for one in weight]
            out = torch.cat(maps, 1)
        elif axis == "channels":
            pairs = zip(x.split(1, 1), weight.split(1, 1), strict=True)
            out = sum(reference.conv2d(one, kernel, **options) for one, kernel in pairs)
        else:
            windows = reference.windows2d(
                reference.pad2d(x, padding), tuple(weight.shape[2:]), stride, dilation
            )
            pieces = windows.unbind(2 if axis == "height" else 3)
            rows = [torch.einsum("nchij,fcij->nfh", piece, weight) for piece in pieces]
            out = torch.stack(rows, 2 if axis == "height" else 3)
        return out if bias is None else out + bias[:, None, None]

    return conv2d


@pytest.mark.parametrize("axis", ["batch", "channels", "filters", "height", "width"])
def test_loop_is_found_on_every_axis(axis):
    result = grade(CONV2D, loop_over(axis))
    assert result.verdict == "wrong"
    assert result.score == pytest.approx(len(CONV2D.cases) / (len(CONV2D.cases) + 1))
    assert "grows" in result.say
    assert axis in result.say


def test_loop_over_everything_ends_early():
    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        for _ in range(10**9):
            x = x + 0
        return x

    result = grade(CONV2D, conv2d)
    assert (result.verdict, result.score) == ("wrong", 0.0)
    assert "more than 20000" in result.say


def test_crash_shows_the_students_lines_only():
    def helper(kernel):
        return kernel[99]

    def cross_correlate2d(image, kernel):
        return helper(kernel)

    result = grade(CORRELATE, cross_correlate2d)
    assert (result.verdict, result.score) == ("crashed", 0.0)
    assert "IndexError" in result.say
    assert "return kernel[99]" in result.traceback
    assert "return helper(kernel)" in result.traceback
    assert "run_function" not in result.traceback
    assert result.call.startswith("cross_correlate2d(image (5, 8) float64")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (SystemExit(), "end Python"),
        (KeyboardInterrupt(), "never ends"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_answer_that_stops_hard_is_a_crash(error, word):
    def cross_correlate2d(image, kernel):
        raise error

    result = grade(CORRELATE, cross_correlate2d)
    assert result.verdict == "crashed"
    assert word in result.say


def test_interrupted_answer_is_not_called_again():
    calls = []

    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return reference.conv2d(x, weight, bias, stride, padding, dilation)

    result = grade(CONV2D, conv2d)
    assert (result.verdict, result.score) == ("crashed", 0.0)
    assert len(calls) == 3


def test_endless_recursion_is_a_short_crash():
    def cross_correlate2d(image, kernel):
        return cross_correlate2d(image, kernel)

    result = grade(CORRELATE, cross_correlate2d)
    assert result.verdict == "crashed"
    assert len(result.traceback.splitlines()) < 15


def test_empty_bodies_are_not_attempted():
    def cross_correlate2d(image, kernel):
        """Only words."""

    def output_size(n, kernel_size, stride=1, padding=0, dilation=1): ...

    assert grade(CORRELATE, cross_correlate2d).verdict == "not attempted"
    assert grade(find_exercise("output_size"), output_size).verdict == "not attempted"


def test_forgotten_return_is_said():
    def cross_correlate2d(image, kernel):
        out = reference.cross_correlate2d(image, kernel)
        out += 0

    result = grade(CORRELATE, cross_correlate2d)
    assert result.verdict == "wrong"
    assert "`return` missing" in result.say


def test_call_of_an_exercise_that_is_still_empty_names_it():
    def cross_correlate2d(image, kernel):
        raise NotImplementedError

    def convolve2d(image, kernel):
        return cross_correlate2d(image, kernel[::-1, ::-1])

    result = grade(find_exercise("convolve2d"), convolve2d)
    assert result.verdict == "crashed"
    assert "Do cross_correlate2d first" in result.say


@pytest.mark.parametrize("answer", [None, 3, torch.ones(2), "conv2d"])
def test_what_is_no_function_is_wrong(answer):
    result = grade(CONV2D, answer)
    assert (result.verdict, result.score) == ("wrong", 0.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda *a: reference.conv2d(*a).float(), ["float32", "float64"]),
        (lambda *a: reference.conv2d(*a).tolist(), ["a list", "torch.Tensor"]),
        (lambda *a: reference.conv2d(*a).detach().numpy(), ["NumPy array"]),
        (lambda *a: reference.conv2d(*a) * float("nan"), ["nan"]),
        (lambda *a: reference.conv2d(*a)[0], ["shape", "⌊"]),
        (lambda x, *a: reference.conv2d(x.mul_(1.5) / 1.5, *a), ["argument x"]),
        (lambda x, *a: reference.conv2d(x.data.add_(1) - 1, *a), ["argument x"]),
        (lambda x, w, *a: reference.conv2d(x, w.requires_grad_(), *a), ["weight"]),
    ],
)
def test_message_says_what_differs(change, words):
    result = grade(CONV2D, conv2d_with(change))
    assert result.verdict in ("wrong", "crashed")
    for word in words:
        assert word in f"{result.say} {result.where}"


def test_second_mistake_does_not_hide_the_first():
    """Flipped in every case, and one more mistake where there is padding."""

    def change(x, weight, bias, stride, padding, dilation):
        if stride != 1:
            return reference.conv2d(x, weight.flip(2, 3), bias, stride, padding, dilation)
        return reference.conv2d(x, weight, bias, stride, padding, dilation)

    result = grade(CONV2D, conv2d_with(change))
    assert result.misconception == "flips_the_kernel"
    assert result.say.startswith("Where it fails")
    assert 0 < result.score < 1


@pytest.mark.parametrize(
    ("belief", "formula"),
    [
        ("pads_one_side", lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1),
        ("rounds_up", lambda n, k, s, p, d: -((-n - 2 * p + d * (k - 1) + 1) // s) + 1),
        ("forgets_the_first_window", lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s),
        ("divides_by_the_stride", lambda n, k, s, p, d: n // s),
        ("ignores_the_dilation", lambda n, k, s, p, d: (n + 2 * p - k) // s + 1),
        ("ignores_the_padding", lambda n, k, s, p, d: (n - d * (k - 1) - 1) // s + 1),
        ("spans_dilation_times_kernel", lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1),
        ("divides_with_a_slash", lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_wrong_formula_is_named_although_it_refuses_nothing(belief, formula, seed):
    def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
        return formula(n, kernel_size, stride, padding, dilation)

    result = grade(find_exercise("output_size"), output_size, seed=seed)
    assert result.misconception == belief, result.say


def test_first_of_two_mistakes_is_named():
    def change(x, weight, bias, stride, padding, dilation):
        return reference.conv2d(x, weight.flip(2, 3), None, stride, padding, dilation)

    result = grade(CONV2D, conv2d_with(change))
    assert result.misconception == "flips_the_kernel"
    assert result.say.startswith("In one of the cases that fail")


def test_beginners_loop_is_named_although_pairs_crash_it():
    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        x = torch.nn.functional.pad(x, (padding,) * 4)
        kh, kw = (dilation * (k - 1) + 1 for k in weight.shape[2:])
        rows = (x.shape[2] - kh) // stride + 1
        columns = (x.shape[3] - kw) // stride + 1
        out = torch.zeros(len(x), len(weight), rows, columns)
        for row, column in np.ndindex(rows, columns):
            top, left = row * stride, column * stride
            window = x[:, None, :, top : top + kh : dilation, left : left + kw : dilation]
            out[:, :, row, column] = (window * weight).sum((2, 3, 4))
        return out if bias is None else out + bias.float()[:, None, None]

    result = grade(CONV2D, conv2d)
    assert (result.verdict, result.misconception) == ("wrong", "makes_room_in_float32")
    assert result.say.startswith("Where it fails")


def test_result_that_changes_from_call_to_call_is_wrong():
    calls = []

    def cross_correlate2d(image, kernel):
        calls.append(1)
        out = reference.cross_correlate2d(image, kernel)
        return out if len(calls) <= len(CORRELATE.cases) else out + 1

    result = grade(CORRELATE, cross_correlate2d)
    assert result.verdict == "wrong"
    assert "again" in result.say


@pytest.mark.parametrize(("got", "same"), [(1.0, True), (2.0, False), (float("inf"), False)])
def test_infinities_are_compared_without_a_warning(got, same):
    known = torch.tensor([float("-inf"), 1.0])
    answer = torch.tensor([float("-inf"), got])
    assert (Comparison().difference(known, known, answer, "it") is None) == same


def test_printing_and_warning_leave_the_cell_alone(capfd):
    def cross_correlate2d(image, kernel):
        print("here I am")
        print("careful", file=sys.stderr)
        warnings.warn("old habit", stacklevel=1)
        return reference.cross_correlate2d(image, kernel)

    result = grade(CORRELATE, cross_correlate2d)
    assert result.verdict == "right"
    assert "here I am" in result.printed
    assert capfd.readouterr() == ("", "")


def test_settings_of_notebook_and_answer_do_not_mix():
    def change(*arguments):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return reference.conv2d(*arguments)

    with torch.no_grad():
        assert grade(CONV2D, reference.conv2d).verdict == "right"
    assert grade(CONV2D, conv2d_with(change)).verdict == "wrong"
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_same_seed_same_result_and_global_generators_untouched():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    wrong = CONV2D.misconceptions[0].answer
    results = [grade(CONV2D, wrong, seed=5) for _ in range(2)]
    assert (
        torch.equal(results[0].got, results[1].got)
        if torch.is_tensor(results[0].got)
        else (np.array_equal(results[0].got, results[1].got))
    )
    assert torch.equal(torch.get_rng_state(), before)


def test_score_is_the_share_of_cases_passed():
    ignores = next(m for m in CONV2D.misconceptions if m.name == "ignores_the_bias")
    result = grade(CONV2D, ignores.answer)
    failed = sum(not line.passed for line in result.lines)
    assert failed == 4
    assert result.score == pytest.approx(1 - failed / len(result.lines))
    assert float(repr(result)) == pytest.approx(result.score * CONV2D.points, abs=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_the_gpu_answers_must_stay_there():
    assert grade(CONV2D, reference.conv2d).verdict == "right"
    moved = conv2d_with(lambda *a: reference.conv2d(*a).cpu())
    assert "device" in grade(CONV2D, moved).say
