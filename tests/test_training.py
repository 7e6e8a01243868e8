"""The training loop does what it says: it learns, it repeats itself, it stops when it must."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnncourse.data.digits import digits
from cnncourse.experiments.seeded import seeded
from cnncourse.models.mlp import mlp
from cnncourse.training import (
    Diverged,
    accuracy,
    batches,
    best_device,
    half_precision,
    predict,
    rise_and_fall,
    train,
)

CPU = torch.device("cpu")


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))


def examples(count: int = 50) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(count, 3, generator=generator)
    return inputs, (inputs.sum(1) > 0).long()


def trained(seed: int) -> list[Tensor]:
    model = seeded(small, 0)
    train(
        model,
        *examples(),
        epochs=3,
        generator=torch.Generator().manual_seed(seed),
        device=CPU,
        progress=False,
    )
    return [parameter.detach().clone() for parameter in model.parameters()]


def test_same_generator_gives_the_same_model_and_leaves_other_chance_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = trained(1)
    assert torch.equal(torch.rand(3), expected)
    torch.rand(100)
    assert all(torch.equal(a, b) for a, b in zip(first, trained(1), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, trained(2), strict=True))


def test_steps_are_those_of_a_loop_written_by_hand() -> None:
    inputs, targets = examples(40)
    model = seeded(lambda: mlp([3, 4, 2]), 0)
    losses = train(
        model,
        inputs,
        targets,
        epochs=10,
        generator=torch.Generator().manual_seed(0),
        batch_size=40,
        lr=0.05,
        device=CPU,
        progress=False,
    )
    by_hand = seeded(lambda: mlp([3, 4, 2]), 0)
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=0.05, weight_decay=0.01)
    # Up for a tenth of ten steps, then down.
    rates = [0.05, *(0.025 * (1 + math.cos(math.pi * step / 9)) for step in range(9))]
    for loss, rate in zip(losses, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        value = F.cross_entropy(by_hand(inputs), targets)
        value.backward()
        optimizer.step()
        assert value.item() == pytest.approx(loss, rel=1e-5)
    for ours, theirs in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_it_learns_the_digits() -> None:
    split = digits()
    model = seeded(lambda: mlp([64, 32, 10]), 0)
    chance = torch.Generator().manual_seed(0)
    losses = train(
        model,
        split.inputs,
        split.targets,
        epochs=30,
        generator=chance,
        device=CPU,
        progress=False,
    )
    assert losses[-1] < losses[0] / 3
    assert accuracy(model, split.held_out, split.held_out_targets) > 0.9


@pytest.mark.parametrize(("spoil", "lr"), [(1.0, 1e30), (float("nan"), 1e-3)])
def test_divergence_is_said_at_once_and_in_words(spoil: float, lr: float) -> None:
    inputs, targets = examples()
    with pytest.raises(Diverged, match=r"after epoch \d+\. Try a smaller lr"):
        train(
            seeded(small, 0),
            inputs * spoil,
            targets,
            epochs=50,
            generator=torch.Generator(),
            lr=lr,
            device=CPU,
            progress=False,
        )


@given(st.integers(1, 500))
def test_the_rate_rises_then_falls_to_nothing(steps: int) -> None:
    rates = [rise_and_fall(step, steps) for step in range(steps)]
    top = rates.index(max(rates))
    assert rates[top] == 1
    assert top <= steps / 10
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert min(rates) > 0
    assert rise_and_fall(steps, steps) < 1e-9 or steps == 1


@given(st.integers(1, 50), st.integers(1, 20), st.integers(0, 1000))
def test_batches_have_every_example_once(count: int, batch_size: int, seed: int) -> None:
    numbers = torch.arange(count)
    parts = list(batches(numbers, -numbers, batch_size, torch.Generator().manual_seed(seed)))
    assert sorted(torch.cat([inputs for inputs, _ in parts]).tolist()) == list(range(count))
    assert all(torch.equal(inputs, -targets) for inputs, targets in parts)
    assert all(len(inputs) == batch_size for inputs, _ in parts[:-1])


@pytest.mark.parametrize("training", [True, False])
def test_predicting_is_in_eval_mode_and_leaves_the_mode(training: bool) -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5)).train(training)
    inputs, _ = examples(7)
    outputs = predict(model, inputs, batch_size=2)
    torch.testing.assert_close(outputs, inputs / (1 + 1e-5) ** 0.5)
    assert not outputs.requires_grad
    assert model.training is training
    assert model[0].num_batches_tracked == 0


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_fastest_device_is_chosen(monkeypatch, cuda: bool, mps: bool, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert best_device().type == expected


def test_progress_is_shown_when_asked_for(capsys) -> None:
    options = {"epochs": 2, "generator": torch.Generator(), "device": CPU}
    train(seeded(small, 0), *examples(), **options, progress=False)
    assert capsys.readouterr().err == ""
    train(seeded(small, 0), *examples(), **options)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_it_learns_in_half_precision() -> None:
    split = digits()
    model = seeded(lambda: mlp([64, 32, 10]), 0)
    with half_precision(torch.device("cuda")):
        assert torch.is_autocast_enabled("cuda") == torch.cuda.is_bf16_supported()
    chance = torch.Generator().manual_seed(0)
    train(model, split.inputs, split.targets, epochs=30, generator=chance, progress=False)
    assert next(model.parameters()).is_cuda
    assert accuracy(model, split.held_out, split.held_out_targets) > 0.9
