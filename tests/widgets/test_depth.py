"""The depth demo's Python side: its sights, its traits, its HTML box and picture."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from traitlets import TraitError

from cnncourse.reference.depth import receptive_field
from cnncourse.widgets.depth import DILATIONS, KERNELS, SIDES, STACKS, STRIDES, Depth
from cnncourse.widgets.layer_stack import sights

layers = st.lists(
    st.tuples(st.sampled_from(KERNELS), st.sampled_from(STRIDES), st.sampled_from(DILATIONS)),
    max_size=8,
)


@given(layers)
def test_sights_are_the_receptive_fields_of_the_reference(layers):
    for count, sight in enumerate(sights(layers)):
        assert (sight.size, sight.jump) == receptive_field(layers[:count])
        assert sight.weights == sum(k * k for k, _, _ in layers[:count])


def test_stacks_are_what_their_names_say():
    assert sights(STACKS["three 3 × 3"])[-1].size == sights(STACKS["one 7 × 7"])[-1].size == 7
    # Published: 212 pixels behind the last pooling, 196 behind the last convolution.
    assert [sight.size for sight in sights(STACKS["VGG-16"])[-2:]] == [196, 212]


WRONG = [
    ("layers", [[4, 1, 1]], "kernel_size"),
    ("layers", [[3, 1]], "kernel_size"),
    ("layers", [[3, 5, 1]], "stride"),
    ("layers", [[3, 1, 1]] * 21, "at most 20"),
    ("looking", -1, "looking"),
    ("side", 100, "side"),
]


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    demo = Depth()
    with pytest.raises(TraitError, match=words):
        setattr(demo, trait, value)


def test_unknown_stack_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="three 3 × 3, one 7 × 7"):
        Depth("VGG-17")


def test_box_holds_state_and_picture():
    demo = Depth("with strides", looking=2)
    html = demo.to_html()
    assert 'data-module="depth"' in html
    assert "Behind 2 of 4 layers, one value sees 7 by 7" in html
    state = demo.state()
    assert state["layers"] == STACKS["with strides"]
    assert set(state["pictures"]) == {str(side) for side in SIDES}
    assert len(json.dumps(state)) < 40_000


@pytest.mark.parametrize("name", STACKS)
def test_picture_frames_what_is_seen(name):
    demo = Depth(name, side=224)
    picture = np.asarray(Image.open(io.BytesIO(demo.picture())).convert("RGB")).astype(int)
    assert picture.shape == (448, 448, 3)
    green = np.abs(picture - (0, 200, 83)).sum(2) < 60
    rows = np.flatnonzero(green.any(1))
    assert rows[-1] - rows[0] + 1 == pytest.approx(2 * demo.sight().size, abs=1)


def test_looking_past_the_stack_is_looking_through_all_of_it():
    assert Depth("one 7 × 7", looking=9).sight().size == 7
    assert Depth([]).sight().size == 1
