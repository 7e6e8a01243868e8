"""Published ImageNet weights: where they are, and what to do without."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, TypeVar
from urllib.error import HTTPError, URLError

import torch
from torch import nn

Weights = Literal["imagenet"] | None
Model = TypeVar("Model", bound=nn.Module)
SOURCE = "https://download.pytorch.org/models"
# torchvision's files of its first recipes (IMAGENET1K_V1), whose accuracy its
# documentation lists. The end of a name is how the file's SHA-256 begins.
FILES = {
    "alexnet": "alexnet-owt-7be5be79.pth",
    "vgg11": "vgg11-8a719046.pth",
    "vgg11_bn": "vgg11_bn-6002323d.pth",
    "vgg13": "vgg13-19584684.pth",
    "vgg13_bn": "vgg13_bn-abd245e5.pth",
    "vgg16": "vgg16-397923af.pth",
    "vgg16_bn": "vgg16_bn-6c64b313.pth",
    "vgg19": "vgg19-dcbb9e9d.pth",
    "vgg19_bn": "vgg19_bn-c79401a0.pth",
    "resnet18": "resnet18-f37072fd.pth",
    "resnet34": "resnet34-b627a593.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
    "resnet152": "resnet152-394f9c45.pth",
    "efficientnet_b0": "efficientnet_b0_rwightman-7f5810bc.pth",
    "efficientnet_b1": "efficientnet_b1_rwightman-bac287d4.pth",
    "efficientnet_b2": "efficientnet_b2_rwightman-c35c1473.pth",
    "efficientnet_b3": "efficientnet_b3_rwightman-b3899882.pth",
    "efficientnet_b4": "efficientnet_b4_rwightman-23ab8bcd.pth",
    "efficientnet_b5": "efficientnet_b5_lukemelas-1a07897c.pth",
    "efficientnet_b6": "efficientnet_b6_lukemelas-24a108a5.pth",
    "efficientnet_b7": "efficientnet_b7_lukemelas-c5b4e57e.pth",
    "vit_b_16": "vit_b_16-c867db91.pth",
    "vit_b_32": "vit_b_32-d86f8d99.pth",
    "vit_l_16": "vit_l_16-852ce7e3.pth",
    "vit_l_32": "vit_l_32-c7638314.pth",
}


class WeightsError(Exception):
    """Weights that cannot be had; says what to do."""


def load_weights(
    model: Model, name: str, weights: Weights, source: str = SOURCE
) -> Model:
    """The model, with the published weights if they are asked for.

    The file is fetched once, with a progress bar, into PyTorch's cache
    (TORCH_HOME), and its checksum is compared. ValueError for other weights
    or another number of classes. WeightsError offline, or for a broken file.
    """
    if weights is None:
        return model
    if weights != "imagenet":
        raise ValueError(f'weights are "imagenet" or None, not {weights!r}')
    try:
        state = fetch(FILES[name], source)
    except (OSError, RuntimeError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds on to the connection
        raise WeightsError(advice(FILES[name], source, error)) from error
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(
            "The published weights are for 1000 classes. Load them into the "
            "network with 1000, then give it a new last layer."
        ) from error
    return model


def fetch(file: str, source: str) -> dict[str, torch.Tensor]:
    """The state dict in a file; only tensors are unpacked, no code.

    RuntimeError where the checksum is another; a cached file, too, is looked
    at, because a full disk or a cut connection leaves half a file behind.
    """
    cached = Path(torch.hub.get_dir(), "checkpoints", file)
    begin = file.rsplit("-", 1)[1].removesuffix(".pth")
    if cached.exists() and not sha256(cached).startswith(begin):
        cached.unlink()
    return torch.hub.load_state_dict_from_url(
        f"{source}/{file}",
        map_location="cpu",
        check_hash=True,
        weights_only=True,
    )


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def advice(file: str, source: str, error: Exception) -> str:
    """What went wrong, and what to do."""
    cached = Path(torch.hub.get_dir(), "checkpoints", file)
    reason = error.reason if isinstance(error, URLError) else error
    return (
        f"{source}/{file} could not be had: {reason}. Are you online? You can "
        f"also fetch it elsewhere and put it at {cached}. Nothing in this "
        "course needs it: weights=None starts from random weights."
    )
