"""Are windows, probes and patches what they are said to be?"""

from __future__ import annotations

import pytest
import torch

from cnncourse.experiments.feature_network import SIDE, STAGES, FeatureNetwork, pictures
from cnncourse.experiments.linear_probe import ridge
from cnncourse.experiments.orientation import gabor_share
from cnncourse.experiments.seeded import seeded
from cnncourse.experiments.unit_pictures import best_patches, in_the_middle


@pytest.fixture
def network() -> FeatureNetwork:
    return seeded(FeatureNetwork, 0).eval()


@pytest.mark.parametrize("stage", range(STAGES))
def test_a_window_is_where_the_gradient_is_not_zero(network: FeatureNetwork, stage: int):
    chance = torch.Generator().manual_seed(0)
    respond, (first, end) = in_the_middle(network, stage, unit=3)
    # Which of four values is pooled differs from picture to picture.
    x = torch.randn(8, 1, SIDE, SIDE, generator=chance).requires_grad_(True)
    (gradient,) = torch.autograd.grad(respond(x).sum(), x)
    rows, columns = gradient.abs().sum((0, 1)).nonzero().T
    for places in (rows, columns):
        assert (places.min(), places.max()) == (first, end - 1)


def test_the_response_of_the_first_stage_is_patch_times_kernel(network: FeatureNetwork):
    images, _ = pictures(12, torch.Generator().manual_seed(0))
    found = best_patches(network, images, stage=0, unit=5)
    kernel = network.convolutions[0].weight.detach()[5, 0]
    for picture, response in zip(found["pictures"], found["responses"], strict=True):
        assert (torch.tensor(picture) * kernel).sum().item() == pytest.approx(response, abs=0.05)


def test_both_ways_to_solve_for_a_ridge_agree():
    chance = torch.Generator().manual_seed(0)
    x, y = torch.randn(20, 6, generator=chance), torch.randint(3, (20,), generator=chance)
    # A feature that is given four times over: more unknowns than examples, and the same span.
    wide = torch.cat([x] * 4, 1)
    tested = torch.randn(5, 6, generator=chance)
    answers = ridge(x, y, 3, penalty=0.1)(tested)
    again = ridge(wide, y, 3, penalty=0.4)(torch.cat([tested] * 4, 1))
    torch.testing.assert_close(again, answers)


def test_the_strength_of_a_filter_does_not_matter():
    filters = torch.randn(4, 7, 7, generator=torch.Generator().manual_seed(0))
    share = gabor_share(filters)
    assert ((share > 0) & (share < 0.6)).all()
    torch.testing.assert_close(gabor_share(-3 * filters), share)
