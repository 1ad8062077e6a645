"""The weights of a network as one vector, and the steps of Adam along it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Weights:
    """Arrays by name that lie one behind the other in a single vector.

    An optimiser then takes one step for all, and what is saved is one array.

    Attributes:
        shapes: The shape of every array, in the order in which they lie.
        vector: ``(size,) float64``, zeros at first.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = dict(shapes)
        self.vector: Floats = np.zeros(sum(map(math.prod, self.shapes.values())))

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays by name; they are views, writing changes the vector."""
        views: dict[str, Floats] = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            views[name] = self.vector[start:stop].reshape(shape)
            start = stop
        return views

    def zeros(self) -> Weights:
        """Return zeros of the same shapes, to add up a gradient in."""
        return Weights(self.shapes)


class Adam:
    """The optimiser of Kingma & Ba (ICLR 2015), with their decay rates.

    Attributes:
        learning_rate: About the length of a step, per weight.
        steps: How many steps were taken.
    """

    DECAY_MEAN, DECAY_SQUARE, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, shape: int | tuple[int, ...], learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.steps = 0
        self.mean: Floats = np.zeros(shape)
        self.square: Floats = np.zeros(shape)

    def step(self, gradient: Floats) -> Floats:
        """Return what to add to the weights to go up along `gradient`."""
        self.steps += 1
        self.mean += (1 - self.DECAY_MEAN) * (gradient - self.mean)
        self.square += (1 - self.DECAY_SQUARE) * (gradient**2 - self.square)
        mean = self.mean / (1 - self.DECAY_MEAN**self.steps)
        square = self.square / (1 - self.DECAY_SQUARE**self.steps)
        return self.learning_rate * mean / (np.sqrt(square) + self.EPSILON)
