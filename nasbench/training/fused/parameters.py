"""What a network learns: where each parameter lies, and its first value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.training.fused.kernels.lanes import LANES
from nasbench.training.fused.network import Convolution, Images, Node


@dataclass(frozen=True)
class Slot:
    """The parameters of one convolution.

    Attributes:
        weights: Offset of ``(taps, in, out)``.
        scales: Offset of the batch norm's ``(2, out)`` scales and offsets.
    """

    weights: int
    scales: int


class Parameters:
    """Offsets of all parameters, one after the other from 0.

    Attributes:
        slots: Of every convolution.
        head_scales: Offset of the last batch norm's ``(2, channels)``.
        classifier: Offset of ``(classes, channels)`` weights and ``(classes,)`` biases.
        count: Number of parameters.
        padded: The count, rounded up to whole vectors.
    """

    def __init__(self, nodes: Sequence[Node], classes: int) -> None:
        self.slots: dict[Convolution, Slot] = {}
        offset = 0
        for node in nodes:
            if isinstance(node, Convolution):
                self.slots[node] = Slot(offset, offset + node.weights)
                offset += node.weights + (2 * node.channels if node.normalised else 0)
        self.features = 0 if isinstance(nodes[-1], Images) else nodes[-1].channels
        self.classes = classes
        self.head_scales = offset
        self.classifier = offset + 2 * self.features
        self.count = self.classifier + (self.features + 1) * classes
        self.padded = -(-self.count // LANES) * LANES

    def draw(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return ``(padded,) float32`` first values, as `initialise` draws them.

        Convolutions and the classifier are uniform in +-1/sqrt(fan-in), drawn in the
        shapes and the order of the torch network; batch norm starts at scale 1 and
        offset 0. A network that sees nothing of the images starts at zero.
        """
        values = np.zeros(self.padded, np.float32)
        for node, slot in self.slots.items():
            width, sources = node.window.width, node.source.channels
            kernel = (node.channels, sources, width, width)
            drawn = _uniform(kernel, rng).transpose(2, 3, 1, 0)  # (h, w, in, out)
            values[slot.weights : slot.weights + node.weights] = drawn.ravel()
            if node.normalised:
                values[slot.scales : slot.scales + node.channels] = 1
        if self.features:
            values[self.head_scales : self.head_scales + self.features] = 1
            weights = self.classifier + self.features * self.classes
            shape = (self.classes, self.features)
            values[self.classifier : weights] = _uniform(shape, rng).ravel()
            bound = np.float32(1 / math.sqrt(self.features))
            drawn = rng.random(self.classes, dtype=np.float32)
            values[weights : weights + self.classes] = (2 * drawn - 1) * bound
        return values


def _uniform(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    bound = np.float32(1 / math.sqrt(math.prod(shape[1:])))
    return (2 * rng.random(shape, dtype=np.float32) - 1) * bound
