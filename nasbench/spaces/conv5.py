"""Five layers with filters, kernel and stride of each to choose; too many to list."""

from __future__ import annotations

from nasbench.spaces.layer_space import Layer, LayerSpace
from nasbench.spaces.space import Architecture

LAYERS = 5
FILTERS = (16, 24, 32, 48)
KERNELS = (3, 5, 7)
STRIDES = (1, 2)


class Conv5(LayerSpace):
    """Five convolution layers; 24^5 = 7,962,624 networks.

    Fifteen decisions, three for every layer in this order: filters (16, 24, 32, 48),
    kernel (3, 5, 7), stride (1, 2). Text form: ``16/3x3/1-48/5x5/2-...``. All classes
    have one member. With strides of 2 throughout, an image of 8x8 pixels is a single
    pixel after three layers, and the strides of the last two change nothing there.
    """

    def __init__(self, name: str = "conv5") -> None:
        layer = [
            [str(filters) for filters in FILTERS],
            [f"{kernel}x{kernel}" for kernel in KERNELS],
            [str(stride) for stride in STRIDES],
        ]
        super().__init__(name, layer * LAYERS, decisions_per_layer=len(layer))

    def layers(self, architecture: Architecture) -> tuple[Layer, ...]:
        """Return the five layers.

        >>> [str(layer) for layer in Conv5().layers((0, 1, 1) + (3, 0, 0) * 4)][:2]
        ['conv5x5/16/2', 'conv3x3/48']
        """
        return tuple(
            Layer(KERNELS[kernel], FILTERS[filters], STRIDES[stride])
            for filters, kernel, stride in zip(*[iter(architecture)] * 3, strict=True)
        )
