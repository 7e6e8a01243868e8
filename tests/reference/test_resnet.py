"""The reference of lesson 08-resnet beside other counts and other ways of reckoning."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnncourse.models import cifar_resnet
from cnncourse.reference.resnet import (
    BasicBlock,
    Bottleneck,
    cifar_resnet_params,
    fold_batch_norm,
    gradient_ratio,
    resnet,
)

# Counted by others, BatchNorm's factors and summands included.
COUNTS = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}


@pytest.mark.parametrize(("depth", "count"), COUNTS.items())
def test_thin_networks_have_the_counts_that_are_known(depth, count):
    assert cifar_resnet_params(depth) == count


def test_formula_and_network_agree_on_the_smallest():
    assert cifar_resnet_params(8) == sum(one.numel() for one in cifar_resnet(8).parameters())


@pytest.mark.parametrize("depth", [-4, 0, 2, 7, 9, 18, 21])
def test_other_depths_are_refused(depth):
    with pytest.raises(ValueError, match="6n"):
        cifar_resnet_params(depth)


@pytest.mark.parametrize("training", [True, False])
def test_ratio_leaves_a_network_as_it_was(training):
    block = BasicBlock(4, 4).train(training)
    block.conv1.weight.grad = torch.ones_like(block.conv1.weight)
    before = {name: one.clone() for name, one in block.state_dict().items()}
    x = torch.randn(3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    assert gradient_ratio(block, x, lambda out: out.square().mean()) > 0
    assert all(torch.equal(one, before[name]) for name, one in block.state_dict().items())
    assert block.conv1.weight.grad.eq(1).all()
    assert block.conv2.weight.grad is None
    assert block.training == training


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_folded_layer_equals_pytorchs_own_folding(bias, affine):
    chance = torch.Generator().manual_seed(1)
    conv = nn.Conv2d(4, 6, (3, 2), stride=2, groups=2, bias=bias).double()
    bn = nn.BatchNorm2d(6, affine=affine).double()
    for one in (*conv.parameters(), *bn.parameters(), bn.running_mean):
        one.data = torch.randn(one.shape, generator=chance, dtype=torch.float64)
    bn.running_var = torch.rand(6, generator=chance, dtype=torch.float64)
    x = torch.randn(2, 4, 7, 8, generator=chance, dtype=torch.float64)
    folded = fold_batch_norm(conv, bn)
    assert conv.training
    assert bn.training
    torch.testing.assert_close(folded(x), bn.eval()(conv(x)))
    theirs = nn.utils.fuse_conv_bn_eval(conv.eval(), bn)
    torch.testing.assert_close(folded(x), theirs(x))


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_images_of_any_size_are_taken(block):
    model = resnet(block, [1, 1, 1, 1], classes=7).eval()
    for size in ((32, 32), (33, 65)):
        assert model(torch.zeros(1, 3, *size)).shape == (1, 7)
