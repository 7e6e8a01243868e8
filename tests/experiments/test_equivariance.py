"""Are the errors those that follow from a layer's formula?"""

from __future__ import annotations

import pytest
import torch

from cnncourse.experiments.equivariance import equivariance_error, invariance_error


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 3, 8, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_what_a_layer_adds_to_each_column_is_its_error(x):
    ramp = torch.arange(12.0).double()
    # Column 0 gets what column 11 had, and so on.
    assert equivariance_error(lambda x: x + ramp, x, shift=1) == pytest.approx(11)
    assert equivariance_error(lambda x: x + ramp, x, shift=1, margin=1) == pytest.approx(1)


def test_only_the_direction_of_the_shift_counts(x):
    rows = torch.arange(8.0).double()[:, None]
    assert equivariance_error(lambda x: x + rows, x, shift=3) == pytest.approx(0, abs=1e-12)


def test_every_second_column_goes_along_with_even_shifts(x):
    assert equivariance_error(lambda x: x[..., ::2], x, shift=4, stride=2) == 0
    assert equivariance_error(lambda x: x[..., ::2], x, shift=3, stride=2) > 0.5


def test_a_mean_over_columns_is_invariant(x):
    assert invariance_error(lambda x: x.mean(3), x, shift=5) < 1e-12
    assert invariance_error(lambda x: x, x, shift=5) > 0.5
