"""check and hint, as a notebook sees them."""

from __future__ import annotations

import re

import pytest
from IPython.core.formatters import DisplayFormatter

from cnncourse import check, hint
from cnncourse.course import LESSONS
from cnncourse.reference.convolution import conv2d, output_size

EXERCISES = [exercise for lesson in LESSONS for exercise in lesson.exercises]


def wrong_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return n // stride


wrong_size.__name__ = "output_size"


def displayed(result):
    data, _ = DisplayFormatter().format(result)
    return data


def test_points_are_the_plain_text_of_a_result():
    data = displayed(check(conv2d))
    assert float(data["text/plain"]) == 4.0
    assert 'data-verdict="right"' in data["text/html"]


def test_wrong_result_shows_sentence_case_and_hint():
    html = displayed(check(wrong_size))["text/html"]
    for words in ("It fails when", "hint(output_size)", "divide the size by the stride"):
        assert words in html
    assert 'data-misconception="divides_by_the_stride"' in html


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_pages_of_wrong_answers_are_whole_and_escaped(exercise):
    for misconception in exercise.misconceptions:
        answer = misconception.answer
        result = check_as(exercise.name, answer)
        html = result._repr_html_()
        for tag in ("div", "table", "p", "pre", "code", "details"):
            assert html.count(f"<{tag}") - html.count(f"</{tag}>") == (
                html.count("<path") + html.count("<pre") if tag == "p" else 0
            )
        assert len(html) < 30_000
        assert exercise.name in str(result)


def check_as(name, answer):
    def renamed(*arguments, **options):
        return answer(*arguments, **options)

    renamed.__name__ = name
    return check(renamed)


def test_text_of_an_error_cannot_become_markup():
    def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
        raise RuntimeError("<script>alert(1)</script>")

    assert "<script>" not in check(output_size)._repr_html_()


def conv2d_with_one_wrong_cell(*arguments, **options):
    out = conv2d(*arguments, **options)
    out[0, 0, 0, 1] += 1
    return out


def test_small_arrays_are_drawn_and_wrong_cells_framed():
    html = check_as("conv2d", conv2d_with_one_wrong_cell)._repr_html_()
    assert re.search(r"background:rgb\(\d+,\d+,\d+\)", html)
    assert html.count("2px solid #b00020") == 1


@pytest.mark.parametrize("answer", [lambda: 0, conv2d.__class__, 3, None])
def test_unknown_answers_are_refused_with_what_to_do(answer):
    with pytest.raises(ValueError, match=r"exercises are|without parentheses"):
        check(answer)


def test_hints_lead_from_one_to_the_next():
    first, last = hint(output_size), hint("output_size", 3)
    assert "hint(output_size, 2)" in repr(first)
    assert "hint(" not in repr(last)
    assert "<b>Hint 1 of 3</b>" in first._repr_html_()
    with pytest.raises(ValueError, match="hints 1 to 3"):
        hint(output_size, 4)
