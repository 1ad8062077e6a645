"""The network of a layer space: convolution, batch norm, ReLU, again and again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nasbench.networks.skeleton import Skeleton
from nasbench.spaces.layer_space import Layer


class ConvBNReLU(nn.Sequential):
    """One layer, (batch, source, h, w) to (batch, filters, h/stride, w/stride)."""

    def __init__(self, source: int, layer: Layer) -> None:
        padding = layer.kernel // 2
        super().__init__(
            nn.Conv2d(
                source, layer.filters, layer.kernel, layer.stride, padding, bias=False
            ),
            nn.BatchNorm2d(layer.filters),
            nn.ReLU(),
        )


class LayerNetwork(nn.Module):
    """Layers in sequence, average over the image, linear classifier.

    The stem is the first layer, behind the averaging where there is one; the body is
    the others. Of the skeleton it takes the image and the number of classes; channels
    and cells per stage are a matter of the layers.

    Args:
        layers: The layers.
        skeleton: The image and the classes.
        resolution: Part of the image's side that the first layer sees, in (0, 1].
    """

    def __init__(
        self, layers: Sequence[Layer], skeleton: Skeleton, resolution: float = 1.0
    ) -> None:
        super().__init__()
        sources = [skeleton.image_channels, *(layer.filters for layer in layers)]
        blocks: list[nn.Module] = list(map(ConvBNReLU, sources, layers))
        self.stem = nn.Sequential(blocks[0])
        if resolution < 1:
            sides = (skeleton.height, skeleton.width)
            seen = tuple(math.ceil(side * resolution) for side in sides)
            self.stem.insert(0, nn.AdaptiveAvgPool2d(seen))
        self.body = nn.Sequential(*blocks[1:])
        self.classifier = nn.Linear(sources[-1], skeleton.classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, (batch, classes)."""
        features = self.body(self.stem(images))  # (batch, filters, h', w')
        logits: Tensor = self.classifier(features.mean((2, 3)))
        return logits


def layer_network(
    layers: Sequence[Layer], skeleton: Skeleton, resolution: float = 1.0
) -> LayerNetwork:
    """Return the network of these layers; torch's generator stays put."""
    with torch.random.fork_rng(devices=[]):
        return LayerNetwork(layers, skeleton, resolution)
