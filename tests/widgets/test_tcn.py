"""The TCN demo's Python side: what it lights up, its traits, its HTML box and picture."""

from __future__ import annotations

import io
import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from traitlets import TraitError

from cnncourse.reference.tcn import causal_conv1d, tcn_receptive_field
from cnncourse.widgets.tcn import CONVS, KERNELS, LEVELS, STEPS, Tcn, layer_dilations

sizes = {
    "kernel_size": st.sampled_from(KERNELS),
    "levels": st.sampled_from(LEVELS),
    "convs": st.sampled_from(CONVS),
    "dilations": st.sampled_from(("doubling", "all 1")),
    "now": st.integers(0, STEPS - 1),
}


@settings(deadline=None, max_examples=30)
@given(**sizes)
def test_lit_steps_are_those_that_a_gradient_reaches(**traits):
    demo = Tcn(**traits)
    x = out = torch.ones(1, 1, STEPS, requires_grad=True)
    ones = torch.ones(1, 1, demo.kernel_size)
    for dilation in layer_dilations(demo.levels, demo.convs, demo.dilations):
        out = causal_conv1d(out, ones, dilation=dilation)
    (grad,) = torch.autograd.grad(out[0, 0, demo.now], x)
    assert grad[0, 0].nonzero()[:, 0].tolist() == demo.seen()[-1]


@pytest.mark.parametrize("convs", CONVS)
@pytest.mark.parametrize("kernel_size", [2, 3])
def test_field_is_as_long_as_the_formula_says(kernel_size, convs):
    demo = Tcn(kernel_size=kernel_size, levels=3, convs=convs, now=STEPS - 1)
    assert len(demo.seen()[-1]) == tcn_receptive_field(kernel_size, 3, convs)


@given(**sizes)
def test_only_zeros_at_both_ends_leak(**traits):
    # At the very end there is no future to be seen.
    traits |= {"now": min(traits["now"], STEPS - 3)}
    assert max(Tcn(**traits).seen()[-1]) == traits["now"]
    # With two taps, "the middle" of a single step is the one before.
    leaks = max(Tcn(**traits, padding="both ends").seen()[-1]) > traits["now"]
    dilated = traits["levels"] > 1 and traits["dilations"] == "doubling"
    assert leaks == (traits["kernel_size"] > 2 or (traits["kernel_size"] == 2 and dilated))


WRONG = [
    ("kernel_size", 9, "kernel_size"),
    ("levels", 0, "levels"),
    ("padding", "symmetric", "padding"),
    ("now", STEPS, "now"),
]


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    demo = Tcn()
    with pytest.raises(TraitError, match=words):
        setattr(demo, trait, value)


def test_box_holds_state_and_picture():
    demo = Tcn(kernel_size=3, padding="both ends")
    html = demo.to_html()
    assert 'data-module="tcn"' in html
    assert "7 of them lie in its future" in html
    assert demo.state()["padding"] == "both ends"
    assert len(json.dumps(demo.state())) < 1000


@pytest.mark.parametrize(("padding", "red"), [("in front", False), ("both ends", True)])
def test_picture_shows_a_leak_in_red(padding, red):
    picture = Image.open(io.BytesIO(Tcn(kernel_size=3, padding=padding).picture())).convert("RGB")
    colours = {colour for _, colour in picture.getcolors()}
    assert any(r > 150 and g < 80 and b < 80 for r, g, b in colours) == red
