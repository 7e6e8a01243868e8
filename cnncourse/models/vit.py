"""Vision Transformers: an image is a sequence of patches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.models.weights import Weights, load_weights
from cnncourse.reference.vit import EncoderBlock, FusedAttention


class FusedBlock(EncoderBlock):
    """An encoder block with attention from the library. x (N, L, D) -> same"""

    attention = FusedAttention


class Encoder(nn.Module):
    """Learned positions, then encoder blocks. x (N, L, D) -> (N, L, D)"""

    def __init__(
        self, length: int, dim: int, layers: int, heads: int, mlp_dim: int
    ) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.randn(1, length, dim) * 0.02)
        self.layers = nn.Sequential()
        for index in range(layers):
            block = FusedBlock(dim, heads, mlp_dim)
            self.layers.add_module(f"encoder_layer_{index}", block)
        self.ln = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return self.ln(self.layers(x + self.pos_embedding))


class VisionTransformer(nn.Module):
    """Patches, a class token, an encoder, one linear layer on that token.

    x (N, channels, image, image) -> (N, classes). (Dosovitskiy et al. 2020.)
    """

    def __init__(
        self,
        image: int,
        patch: int,
        layers: int,
        heads: int,
        dim: int,
        mlp_dim: int,
        classes: int = 1000,
        channels: int = 3,
    ) -> None:
        super().__init__()
        if image % patch:
            raise ValueError(f"patches of {patch} do not divide {image} pixels")
        self.conv_proj = nn.Conv2d(channels, dim, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, dim))
        length = (image // patch) ** 2 + 1
        self.encoder = Encoder(length, dim, layers, heads, mlp_dim)
        self.heads = nn.Sequential()
        self.heads.add_module("head", nn.Linear(dim, classes))
        self.start_weights(channels * patch**2)

    def start_weights(self, values: int) -> None:
        """Start weights as torchvision does; `values` is what a patch holds."""
        nn.init.trunc_normal_(self.conv_proj.weight, std=values**-0.5)
        nn.init.zeros_(self.conv_proj.bias)
        for block in self.encoder.layers:
            for layer in (block.mlp[0], block.mlp[3]):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.normal_(layer.bias, std=1e-6)
        nn.init.zeros_(self.heads.head.weight)
        nn.init.zeros_(self.heads.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.conv_proj(x).flatten(2).transpose(1, 2)
        token = self.class_token.expand(len(x), -1, -1)
        x = self.encoder(torch.cat([token, patches], 1))
        return self.heads(x[:, 0])


def vit_b_16(classes: int = 1000, weights: Weights = None) -> VisionTransformer:
    """ViT-B/16. x (N, 3, 224, 224) -> (N, classes)"""
    model = VisionTransformer(224, 16, 12, 12, 768, 3072, classes)
    return load_weights(model, "vit_b_16", weights)


def vit_b_32(classes: int = 1000, weights: Weights = None) -> VisionTransformer:
    """ViT-B/32. x (N, 3, 224, 224) -> (N, classes)"""
    model = VisionTransformer(224, 32, 12, 12, 768, 3072, classes)
    return load_weights(model, "vit_b_32", weights)


def vit_l_16(classes: int = 1000, weights: Weights = None) -> VisionTransformer:
    """ViT-L/16. x (N, 3, 224, 224) -> (N, classes)"""
    model = VisionTransformer(224, 16, 24, 16, 1024, 4096, classes)
    return load_weights(model, "vit_l_16", weights)


def vit_l_32(classes: int = 1000, weights: Weights = None) -> VisionTransformer:
    """ViT-L/32. x (N, 3, 224, 224) -> (N, classes)"""
    model = VisionTransformer(224, 32, 24, 16, 1024, 4096, classes)
    return load_weights(model, "vit_l_32", weights)


def vit_small_images(
    image: int = 32, patch: int = 4, classes: int = 10, channels: int = 3
) -> VisionTransformer:
    """A small one for small images: 6 blocks of width 128, 4 heads."""
    return VisionTransformer(image, patch, 6, 4, 128, 256, classes, channels)
