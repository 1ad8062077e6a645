"""How wide: five stages of one 3x3 convolution, channels of each to choose."""

from __future__ import annotations

from nasbench.spaces.layer_space import Layer, LayerSpace
from nasbench.spaces.space import Architecture

WIDTHS = (8, 16, 24, 32, 40, 48, 56, 64)
"""Channels of a stage, in the order of their integers."""

STRIDES = (1, 2, 1, 2, 1)
"""Of the stages: the second and the fourth halve the image, as in `chain`."""


class Size(LayerSpace):
    """Channels of five stages, 8 to 64 in steps of 8: 8^5 = 32,768 networks.

    The size search space of NATS-Bench (Dong et al., 2021), which also chooses five
    widths among 8 to 64, on a plain network: its stages are residual cells, ours are
    one 3x3 convolution each. Text form: ``16-32-64-8-8``. All classes have one member.
    """

    def __init__(self, name: str = "size") -> None:
        super().__init__(name, [[str(width) for width in WIDTHS]] * len(STRIDES))

    def layers(self, architecture: Architecture) -> tuple[Layer, ...]:
        """Return the five layers.

        >>> [layer.filters for layer in Size().layers((1, 3, 7, 0, 0))]
        [16, 32, 64, 8, 8]
        """
        return tuple(
            Layer(3, WIDTHS[option], stride)
            for option, stride in zip(architecture, STRIDES, strict=True)
        )
