"""How large: resolution, width and depth of a network, three decisions in all."""

from __future__ import annotations

from nasbench.spaces.layer_space import Layer, LayerSpace
from nasbench.spaces.size import STRIDES
from nasbench.spaces.space import Architecture

RESOLUTIONS = (3, 4, 5, 6, 7, 8)
"""Side of the image that the first layer sees, in eighths of the image's own."""

WIDTHS = (2, 3, 4, 5, 6, 7, 8)
"""Width of the network, in quarters of `BASE`."""

DEPTHS = (1, 2, 3, 4)
"""Layers per stage."""

BASE = (16, 24, 24, 32, 32)
"""Channels of the five stages at width 1."""


class SizeCompound(LayerSpace):
    """Resolution, width and depth, scaled for a whole network: 6 x 7 x 4 = 168.

    The grid of compound scaling (Tan & Le, EfficientNet, 2019) on the plain network of
    `size`: 3x3 convolutions in five stages, of which the second and the fourth begin
    with a stride of 2. The image is averaged down to 3/8 to 8/8 of its side before
    the first layer; channels are 0.5 to 2 times 16, 24, 24, 32, 32; a stage has 1 to 4
    layers. Text form: ``r6/8-w1.25-d2``. All classes have one member.
    """

    def __init__(self, name: str = "size-compound") -> None:
        choices = [
            [f"r{eighths}/8" for eighths in RESOLUTIONS],
            [f"w{quarters / 4:g}" for quarters in WIDTHS],
            [f"d{depth}" for depth in DEPTHS],
        ]
        super().__init__(name, choices)

    def resolution(self, architecture: Architecture) -> float:
        """Return the part of the image's side that the first layer sees."""
        return RESOLUTIONS[architecture[0]] / 8

    def layers(self, architecture: Architecture) -> tuple[Layer, ...]:
        """Return the layers, 5 to 20.

        >>> [str(layer) for layer in SizeCompound().layers((5, 2, 1))][:4]
        ['conv3x3/16', 'conv3x3/16', 'conv3x3/24/2', 'conv3x3/24']
        """
        _, width, depth = architecture
        return tuple(
            Layer(3, channels * WIDTHS[width] // 4, 1 if repeat else stride)
            for channels, stride in zip(BASE, STRIDES, strict=True)
            for repeat in range(DEPTHS[depth])
        )
