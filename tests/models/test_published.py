"""Our networks are the published ones: torchvision's own code is the oracle."""

from __future__ import annotations

import hashlib

import pytest
import torch
from torch import Tensor, nn
from torchvision_oracle import torchvision_models

from cnncourse import models
from cnncourse.inspection.summary import summary
from cnncourse.models.efficientnet import RESOLUTIONS, DroppableMBConv

# Parameters; billions of products (MACs) as torchvision's documentation lists them, and at how
# many pixels; the receptive field at the last place that has one, None where it is not listed.
TABLE = {
    "alexnet": (61_100_840, 0.714, 224, 195),
    "vgg11": (132_863_336, 7.609, 224, None),
    "vgg13": (133_047_848, 11.308, 224, None),
    "vgg16": (138_357_544, 15.470, 224, 212),
    "vgg16_bn": (138_365_992, 15.470, 224, 212),
    "vgg19": (143_667_240, 19.632, 224, 268),
    "vgg19_bn": (143_678_248, 19.632, 224, 268),
    "resnet18": (11_689_512, 1.814, 224, 435),
    "resnet34": (21_797_672, 3.664, 224, 899),
    "resnet50": (25_557_032, 4.089, 224, 427),
    "resnet101": (44_549_160, 7.801, 224, 971),
    "resnet152": (60_192_808, 11.514, 224, 1451),
    "efficientnet_b0": (5_288_548, 0.386, 224, None),
    "efficientnet_b1": (7_794_184, 0.687, 240, None),
    "efficientnet_b2": (9_109_994, 1.088, 288, None),
    "efficientnet_b3": (12_233_232, 1.827, 300, None),
    "efficientnet_b4": (19_341_616, 4.394, 380, None),
    "efficientnet_b5": (30_389_784, 10.266, 456, None),
    "efficientnet_b6": (43_040_704, 19.068, 528, None),
    "efficientnet_b7": (66_347_960, 37.746, 600, None),
    "vit_b_16": (86_567_656, 17.564, 224, 16),
    "vit_b_32": (88_224_232, 4.409, 224, 32),
    "vit_l_16": (304_326_632, 61.555, 224, 16),
    "vit_l_32": (306_535_400, 15.378, 224, 32),
}
# Names, shapes and types of all parameters and buffers, as sha256 of one line each.
RECORDED = {
    "alexnet": "f933f102c4b1ea08",
    "efficientnet_b0": "0def9329d5559b37",
    "efficientnet_b1": "1a7aacdcaa29cb47",
    "efficientnet_b2": "a4cb7800edd64e4b",
    "efficientnet_b3": "76e771d4f7f16c92",
    "efficientnet_b4": "1eb4e1c3a772db42",
    "efficientnet_b5": "5b4cb55392547d12",
    "efficientnet_b6": "754058d8ed460cda",
    "efficientnet_b7": "7bb0a1cb39ff7630",
    "resnet18": "a7f7e7e4fd6a41ee",
    "resnet34": "53364acc44d5707d",
    "resnet50": "2c98c46aa007d795",
    "resnet101": "63c86ef1846b6295",
    "resnet152": "666de40511ce8fab",
    "vgg11": "20d0c87dc888105e",
    "vgg11_bn": "b3e2bd12a998c929",
    "vgg13": "81277d4836773898",
    "vgg13_bn": "70cd8572fb9cc567",
    "vgg16": "92a79ffeaeb13367",
    "vgg16_bn": "38ddea38c623e3f0",
    "vgg19": "5af6b79a557bcdfe",
    "vgg19_bn": "0dedfdb56e6eafef",
    "vit_b_16": "b01003e34d436ec2",
    "vit_b_32": "a4e2a38cac086f5a",
    "vit_l_16": "d69f2ca9ffe8ca30",
    "vit_l_32": "4bab5606466cf0c0",
}
# One of each kind; the others differ in nothing but numbers of layers and channels.
COMPARED = (
    ("alexnet", 224),
    ("vgg11", 64),
    ("vgg11_bn", 64),
    ("resnet18", 64),
    ("resnet50", 64),
    ("efficientnet_b0", 64),
    ("efficientnet_b5", 64),
    ("vit_b_32", 224),
)


def build(name: str) -> nn.Module:
    with torch.device("meta"):
        return getattr(models, name)()


def state_lines(model: nn.Module) -> list[str]:
    state = model.state_dict().items()
    return sorted(f"{name} {tuple(value.shape)} {value.dtype}" for name, value in state)


@pytest.mark.parametrize("name", TABLE)
def test_counts_are_the_published_ones(name: str) -> None:
    parameters, macs, pixels, field = TABLE[name]
    counted = summary(build(name), (3, pixels, pixels))
    assert counted.parameters == parameters
    assert round(counted.macs / 1e9, 3) == macs
    assert sum(layer.parameters for layer in counted.layers) == parameters
    assert sum(layer.macs for layer in counted.layers) == counted.macs
    if field is not None:
        last = [layer.field for layer in counted.layers if layer.field][-1]
        assert last.size == (field, field)


@pytest.mark.parametrize("name", [name for name in models.__all__ if name in vars(models)])
def test_state_dicts_are_torchvisions(name: str) -> None:
    oracle = getattr(torchvision_models(), name, None)
    if oracle is None:
        assert name not in RECORDED
        return
    with torch.device("meta"):
        theirs = state_lines(oracle())
    ours = state_lines(build(name))
    assert ours == theirs
    assert hashlib.sha256("\n".join(ours).encode()).hexdigest()[:16] == RECORDED[name]


def numbers_for(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """Numbers for every parameter and buffer, such that each of them makes a difference."""
    state = {}
    for name, value in model.state_dict().items():
        if not value.is_floating_point():
            state[name] = value
        elif name.endswith("running_var"):
            state[name] = 0.5 + torch.rand(value.shape, generator=generator)
        else:
            spread = value[0].numel() ** -0.5 if value.dim() > 1 else 0.3
            state[name] = spread * torch.randn(value.shape, generator=generator)
    return state


@pytest.mark.parametrize(("name", "pixels"), COMPARED)
def test_outputs_are_torchvisions(name: str, pixels: int) -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = getattr(models, name)(), getattr(torchvision_models(), name)()
    state = numbers_for(theirs, generator)
    ours.load_state_dict(state)
    theirs.load_state_dict(state)
    x = torch.randn(2, 3, pixels, pixels, generator=generator)
    ours.eval(), theirs.eval()
    with torch.no_grad():
        expected = theirs(x)
        assert expected.std() > 0
        torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-4 * expected.abs().max())


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0"])
def test_training_steps_are_torchvisions(name: str) -> None:
    """Batch statistics, their memory, and all gradients; chance is switched off."""
    generator = torch.Generator().manual_seed(0)
    ours, theirs = getattr(models, name)(), getattr(torchvision_models(), name)()
    theirs.load_state_dict(ours.state_dict())
    for module in (*ours.modules(), *theirs.modules()):
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, DroppableMBConv):
            module.drop = 0.0
        elif type(module).__name__ == "StochasticDepth":
            module.p = 0.0
    x = torch.randn(4, 3, 64, 64, generator=generator)
    for model in (ours, theirs):
        model.train()
        model(x)[:, 3].sum().backward()
    gradients = {name: p.grad for name, p in theirs.named_parameters()}
    for key, parameter in ours.named_parameters():
        scale = gradients[key].abs().max().item()
        torch.testing.assert_close(
            parameter.grad, gradients[key], rtol=1e-3, atol=1e-3 * scale + 1e-7
        )
    for key, value in ours.state_dict().items():
        torch.testing.assert_close(value, theirs.state_dict()[key], rtol=1e-4, atol=1e-5)


def test_stochastic_depth_grows_to_a_fifth() -> None:
    blocks = [m for m in build("efficientnet_b0").modules() if isinstance(m, DroppableMBConv)]
    theirs = [
        m.stochastic_depth.p
        for m in torchvision_models().efficientnet_b0().modules()
        if type(m).__name__ == "MBConv"
    ]
    assert [block.drop for block in blocks] == pytest.approx(theirs)
    assert len(RESOLUTIONS) == 8


def test_stochastic_depth_keeps_the_mean() -> None:
    block = DroppableMBConv(4, 4, 3, 1, 1).train()
    block.drop = 0.25
    torch.manual_seed(0)
    x = torch.randn(1, 4, 5, 5).repeat(2000, 1, 1, 1)
    with torch.no_grad():
        change = (block(x) - x).flatten(1)
    dropped = (change == 0).all(1).double().mean()
    assert 0.2 < dropped < 0.3
    block.drop = 0.0
    with torch.no_grad():
        torch.testing.assert_close(change.mean(0), (block(x) - x)[0].flatten(), rtol=0.2, atol=0.1)
