"""A trunk to compare with SqueezeNet's: inverted residual blocks, each a wide depthwise layer between two 1x1 layers.

It starts from scratch and costs about as much: 150 million multiplications a picture, SqueezeNet up to fire7 takes 175.
Nothing is normalised. How bright a picture is must come through, and a person's few answers may not move statistics of
whole batches. Instead each block starts as nothing, by a factor of 0 on what it adds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

FIRST, MIDDLE, LAST = 32, 64, 192
"""Channels where the maps are 63, 31 and 15 wide."""

BLOCKS = 3
"""Of the 15x15 maps; the 31x31 ones have one."""

WIDER = 2
"""By how much the inside of a block is wider than what goes in and out; 6, as is usual, would leave one block."""


class InvertedTrunk(nn.Module):
    """(N, 3, 128, 128) scaled RGB -> (N, ``channels``, 15, 15).

    Three layers of 3x3 with a stride of 2 and no padding: 128 -> 63 -> 31 -> 15.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, FIRST, 3, stride=2),
            nn.ReLU(inplace=True),
            *_halved(FIRST, MIDDLE),
            _Block(MIDDLE),
            *_halved(MIDDLE, LAST),
            *(_Block(LAST) for _ in range(BLOCKS)),
            nn.Conv2d(LAST, channels, 1),
            nn.ReLU(inplace=True),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, picture: Tensor) -> Tensor:
        """See the class."""
        features: Tensor = self.layers(picture)
        return features


class _Block(nn.Module):
    """(N, channels, H, W) -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inside = WIDER * channels
        self.widen = nn.Conv2d(channels, inside, 1)
        self.look = nn.Conv2d(inside, inside, 3, padding=1, groups=inside)
        self.narrow = nn.Conv2d(inside, channels, 1)
        self.share = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        inside = functional.relu(self.widen(features), inplace=True)
        inside = functional.relu(self.look(inside), inplace=True)
        added: Tensor = self.share * self.narrow(inside)
        return features + added


def _halved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """Maps of half the width: a depthwise layer with a stride of 2, then 1x1."""
    return nn.Conv2d(inputs, inputs, 3, stride=2, groups=inputs), nn.Conv2d(inputs, outputs, 1), nn.ReLU(inplace=True)
