"""The networks that no library has, each against something that was written another way."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.inspection.summary import summary
from cnncourse.models import (
    cifar_plain,
    cifar_resnet,
    lenet5,
    lenet5_1998,
    mlp,
    resnet18,
    tcn,
    vit_small_images,
)
from cnncourse.models.lenet import CONNECTIONS
from cnncourse.models.mnist1d import PatchTransformer, causal_cnn, pooled_cnn, strided_cnn
from cnncourse.reference.efficientnet import round_filters, round_repeats
from cnncourse.reference.tcn import CausalConv1d, causal_conv1d, tcn_receptive_field
from cnncourse.reference.vit import FusedAttention, SelfAttention, patchify

# What the papers count, layer by layer. (LeCun et al. 1998, section II.B.)
LENET_OF_1998 = {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164}
# He et al. 2015, section 4.2, gives 0.27 M to 19.4 M; exactly these, with BatchNorm's.
CIFAR = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}
CIFAR_FIELDS = {20: 81, 32: 137, 44: 193, 56: 249, 110: 501}


@pytest.fixture(autouse=True)
def same_start():
    """First weights that do not depend on which tests ran before."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_lenet_is_counted_as_in_1998() -> None:
    model = lenet5_1998()
    assert {name: count(part) for name, part in model.named_children()} == LENET_OF_1998
    assert count(model) == 60_000
    assert count(lenet5()) == 61_706
    assert [len(seen) for seen in CONNECTIONS] == [3] * 6 + [4] * 9 + [6]
    assert len({tuple(sorted(seen)) for seen in CONNECTIONS}) == 16
    # Each map of S2 is seen by ten maps of C3. (Table I.)
    assert all(sum(number in seen for seen in CONNECTIONS) == 10 for number in range(6))


def test_lenet_of_1998_is_a_masked_dense_one() -> None:
    model, x = lenet5_1998(), numbers(2, 1, 32, 32)
    dense = torch.zeros(16, 6, 5, 5)
    for index, seen in enumerate(CONNECTIONS):
        dense[index, seen] = model.c3.maps[index].weight[0].detach()
    bias = torch.stack([layer.bias[0] for layer in model.c3.maps])
    maps = numbers(2, 6, 14, 14)
    torch.testing.assert_close(model.c3(maps), F.conv2d(maps, dense, bias))
    total = F.conv2d(maps[:, :1], torch.ones(1, 1, 2, 2), stride=2)
    with torch.no_grad():
        model.s2.factor[0], model.s2.bias[0] = 0.3, 0.2
    expected = 1.7159 * torch.tanh(2 / 3 * (0.3 * total + 0.2))
    torch.testing.assert_close(model.s2(maps)[:, :1], expected)
    assert model(x).shape == (2, 84)


def test_lenet_sees_what_the_paper_says() -> None:
    layers = summary(lenet5(), (1, 28, 28)).layers
    sides = [layer.field.size[0] for layer in layers if layer.field]
    assert sides == [5, 6, 14, 16]


@pytest.mark.parametrize("depth", CIFAR)
def test_cifar_networks_have_the_papers_size(depth: int) -> None:
    with torch.device("meta"):
        models = cifar_resnet(depth), cifar_plain(depth)
    assert [count(model) for model in models] == [CIFAR[depth]] * 2
    if depth in CIFAR_FIELDS:
        fields = [layer.field for layer in summary(models[0], (3, 32, 32)).layers if layer.field]
        assert fields[-1].size == (CIFAR_FIELDS[depth],) * 2
        convolutions = [m for m in models[0].modules() if isinstance(m, nn.Conv2d)]
        assert len(convolutions) + 1 == depth


@pytest.mark.parametrize("depth", [0, 2, 19, 21])
def test_cifar_networks_refuse_other_depths(depth: int) -> None:
    with pytest.raises(ValueError, match="6n"):
        cifar_resnet(depth)


def test_a_block_that_adds_nothing_is_its_shortcut() -> None:
    model = cifar_resnet(20).eval()
    for block in model.blocks:
        nn.init.zeros_(block.bn2.weight)
        nn.init.zeros_(block.bn2.bias)
    x = numbers(2, 3, 8, 8).abs()
    stem = F.relu(model.bn1(model.conv1(x)))
    expected = F.pad(stem[:, :, ::2, ::2][:, :, ::2, ::2], (0, 0, 0, 0, 0, 48))
    torch.testing.assert_close(model.blocks(stem), expected)
    plain = cifar_plain(20).eval()
    plain.load_state_dict(model.state_dict())
    assert plain.blocks(stem).abs().max() == 0


@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_causal_convolution_is_a_padded_one(dilation: int) -> None:
    x, weight, bias = numbers(2, 3, 11), numbers(4, 3, 3, seed=1), numbers(4, seed=2)
    padded = F.conv1d(x, weight, bias, padding=2 * dilation, dilation=dilation)
    torch.testing.assert_close(causal_conv1d(x, weight, bias, dilation), padded[..., :11])
    layer = CausalConv1d(3, 4, 3, dilation=dilation)
    expected = causal_conv1d(x, layer.weight, layer.bias, dilation)
    torch.testing.assert_close(layer(x), expected)
    with pytest.raises(ValueError, match="3 channels, not 2"):
        causal_conv1d(x, weight[:, :2])


@pytest.mark.parametrize(("kernel_size", "levels"), [(2, 2), (3, 4), (7, 3)])
def test_the_last_step_sees_as_far_as_the_formula_says(kernel_size: int, levels: int) -> None:
    model = tcn(1, [3] * levels, kernel_size, outputs=2).double()
    for layer in model.modules():
        if isinstance(layer, nn.Conv1d):
            # All signs alike, so that no ReLU is off and nothing cancels out.
            nn.init.constant_(layer.weight, 0.1)
            nn.init.zeros_(layer.bias)
    x = torch.ones(1, 1, 120, dtype=torch.float64, requires_grad=True)
    model(x).sum().backward()
    seen = x.grad[0, 0].nonzero()
    reach = tcn_receptive_field(kernel_size, levels)
    assert len(seen) == reach
    assert seen.min() == 120 - reach


def test_a_tcn_can_answer_at_every_step() -> None:
    model, x = tcn(2, [4, 4], 3, outputs=3, every_step=True), numbers(2, 2, 20)
    changed = x.clone()
    changed[..., 12:] += 1
    before, after = model(x), model(changed)
    assert before.shape == (2, 3, 20)
    torch.testing.assert_close(before[..., :12], after[..., :12])
    assert not torch.allclose(before[..., 12:], after[..., 12:])


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention_is_pytorchs(heads: int) -> None:
    ours = SelfAttention(8, heads)
    theirs = nn.MultiheadAttention(8, heads, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    fused = FusedAttention(8, heads)
    fused.load_state_dict(ours.state_dict())
    x = numbers(3, 5, 8)
    expected, _ = theirs(x, x, x)
    torch.testing.assert_close(ours(x), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(fused(x), expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="3 heads"):
        SelfAttention(8, 3)(x)


def test_patches_and_a_matrix_are_a_strided_convolution() -> None:
    x, weight = numbers(2, 3, 8, 12), numbers(5, 3, 4, 4, seed=1)
    tokens = patchify(x, 4) @ weight.flatten(1).T
    expected = F.conv2d(x, weight, stride=4).flatten(2).transpose(1, 2)
    torch.testing.assert_close(tokens, expected)
    with pytest.raises(ValueError, match="does not divide"):
        patchify(x, 5)


def test_small_networks_take_what_they_are_for() -> None:
    signals, images = numbers(3, 1, 40), numbers(2, 3, 32, 32)
    for build in (strided_cnn, pooled_cnn, causal_cnn, PatchTransformer):
        model = build().eval()
        assert model(signals).shape == (3, 10)
        assert model(signals).isfinite().all()
    assert count(strided_cnn()) == 5_210
    assert count(mlp([40, 100, 100, 10])) == 15_210
    assert vit_small_images()(images).shape == (2, 10)
    assert resnet18(classes=7)(images).shape == (2, 7)
    with pytest.raises(ValueError, match="patches of 5"):
        vit_small_images(patch=5)


def test_global_pooling_does_not_care_where_a_signal_is() -> None:
    model, x = pooled_cnn().eval(), torch.zeros(1, 1, 40)
    x[..., 16:20] = numbers(4)
    moved = x.roll(4, 2)
    torch.testing.assert_close(model(x), model(moved), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("channels", "width", "expected"),
    [(32, 1.1, 32), (320, 1.1, 352), (16, 1.2, 24), (40, 1.4, 56), (3, 1.0, 8), (112, 1.8, 200)],
)
def test_channels_are_rounded_as_published(channels: int, width: float, expected: int) -> None:
    assert round_filters(channels, width) == expected


def test_repeats_are_rounded_up() -> None:
    assert [round_repeats(n, 1.8) for n in (1, 2, 3, 4)] == [2, 4, 6, 8]
