"""Nothing of what a cell shows can act in the browser of whoever reads the feedback."""

from __future__ import annotations

import base64

import pytest

from cnncourse.judge.outputs import CUT, MOST_OUTPUTS, MOST_TEXT, Shown

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 30).decode()


def shown(*messages):
    collected = Shown()
    for kind, content in messages:
        collected.take(kind, content)
    return collected.outputs


def display(**data):
    return "display_data", {"data": {key.replace("_", "/"): value for key, value in data.items()}}


def test_text_and_pictures_are_kept():
    [output] = shown(display(text_plain="<Figure>", image_png=PNG))
    assert output.data == {"text/plain": "<Figure>", "image/png": PNG}


@pytest.mark.parametrize(
    "data",
    [
        {"text/html": "<script>alert(1)</script>"},
        {"application/javascript": "alert(1)"},
        {"image/svg+xml": "<svg onload='alert(1)'/>"},
        {"text/markdown": "<img src=x onerror=alert(1)>"},
        {"text/latex": "$a$"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}},
        {"image/png": '"><script>alert(1)</script>'},
        {"image/png": base64.b64encode(b"<html>").decode()},
        {"image/jpeg": PNG},
        {"text/plain": ["a", "list"]},
        {"text/plain": 3},
        "text",
        None,
    ],
)
def test_what_could_act_is_left_out(data):
    assert shown(("display_data", {"data": data}), ("execute_result", {"data": data})) == []


def test_streams_are_joined_and_cut():
    outputs = shown(*[("stream", {"name": "stdout", "text": "x" * 999})] * 100)
    assert len(outputs) == 1
    assert len(outputs[0].text) == MOST_TEXT + len(CUT)
    assert outputs[0].text.endswith(CUT)


def test_unknown_stream_is_standard_output():
    [output] = shown(("stream", {"name": ["stderr"], "text": 7}))
    assert (output.name, output.text) == ("stdout", "7")


def test_too_many_outputs_are_left_out():
    assert len(shown(*[display(text_plain="a")] * 500)) == MOST_OUTPUTS


def test_progress_bar_is_its_last_state():
    [output] = shown(("stream", {"name": "stderr", "text": " 10%\r 50%\r100%\ndone\r\n"}))
    assert output.text == "100%\ndone\n"


def test_error_keeps_its_words_without_colours():
    [output] = shown(
        ("error", {"ename": "ValueError", "evalue": "no", "traceback": ["\x1b[0;31mred\x1b[0m"]})
    )
    assert (output.ename, output.evalue, output.traceback) == ("ValueError", "no", ["red"])


def test_error_of_odd_types_is_words_too():
    [output] = shown(("error", {"ename": None, "evalue": {}, "traceback": "x"}))
    assert (output.ename, output.traceback) == ("None", [""])


def test_clearing_clears():
    assert shown(display(text_plain="a"), ("clear_output", {"wait": False})) == []
