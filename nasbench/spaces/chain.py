"""Five layers, each one of five blocks: small enough to train every network."""

from __future__ import annotations

from nasbench.spaces.layer_space import Layer, LayerSpace
from nasbench.spaces.space import Architecture

BLOCKS = ((3, 16), (3, 24), (3, 36), (5, 16), (5, 24))
"""(kernel, filters) of the blocks, in the order of their integers."""

STRIDES = (1, 2, 1, 2, 1)
"""Of the layers: the second and the fourth halve the image."""


class Chain(LayerSpace):
    """Chains of five blocks: 3x3/16, 3x3/24, 3x3/36, 5x5/16 or 5x5/24; 3,125 of them.

    The space for methods that learn one decision per layer (DARTS, ProxylessNAS and
    their kin) in a chain without skips. Strides are fixed: layers 2 and 4 halve the
    image. Text form: ``3x3/16-5x5/24-3x3/36-3x3/16-5x5/16``. All classes have one
    member: networks of different blocks differ in their weights.
    """

    def __init__(self, name: str = "chain") -> None:
        names = [f"{kernel}x{kernel}/{filters}" for kernel, filters in BLOCKS]
        super().__init__(name, [names] * len(STRIDES))

    def layers(self, architecture: Architecture) -> tuple[Layer, ...]:
        """Return the five layers.

        >>> [str(layer) for layer in Chain().layers((0, 4, 2, 0, 3))][:3]
        ['conv3x3/16', 'conv5x5/24/2', 'conv3x3/36']
        """
        return tuple(
            Layer(*BLOCKS[block], stride)
            for block, stride in zip(architecture, STRIDES, strict=True)
        )
