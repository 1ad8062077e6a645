"""Multilayer perceptrons side by side: an ensemble in one matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from strategies.networks_in_numpy.weights import Floats, Weights


class Perceptrons:
    """Networks of equal size, each with its own weights; tanh between the layers.

    Attributes:
        weights: All that is learned, of all members.
        layers: How many layers of weights there are.
    """

    def __init__(
        self, sizes: Sequence[int], members: int, rng: np.random.Generator
    ) -> None:
        self.layers = len(sizes) - 1
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (before, after) in enumerate(pairwise(sizes)):
            shapes[f"weight{number}"] = (members, before, after)
            shapes[f"bias{number}"] = (members, 1, after)
        self.weights = Weights(shapes)
        for name, array in self.weights.arrays().items():
            if name.startswith("weight"):
                # Keeps the variance of a layer's outputs (LeCun et al. 1998).
                array[:] = rng.normal(0, 1 / np.sqrt(array.shape[1]), array.shape)

    def forward(self, inputs: Floats) -> list[Floats]:
        """Return what goes into every layer, and last what comes out.

        Args:
            inputs: ``(members, n, features)``, or ``(1, n, features)`` for all.

        Returns:
            Arrays ``(members, n, units)``; the first is `inputs`.
        """
        arrays = self.weights.arrays()
        passed = [inputs]
        for number in range(self.layers):
            sums = passed[-1] @ arrays[f"weight{number}"]
            sums += arrays[f"bias{number}"]
            if number < self.layers - 1:
                np.tanh(sums, out=sums)
            passed.append(sums)
        return passed

    def backward(self, passed: list[Floats], flow: Floats) -> tuple[Floats, Floats]:
        """Return the gradients by the weights and by the inputs.

        Args:
            passed: What `forward` returned, the weights being the same since.
            flow: ``(members, n, outputs)``, the gradient by the outputs.

        Returns:
            A vector like `weights.vector`, and ``(members, n, features)``.
        """
        arrays, summed = self.weights.arrays(), self.weights.zeros()
        into = summed.arrays()
        for number in reversed(range(self.layers)):
            if number < self.layers - 1:
                flow = flow * (1 - passed[number + 1] ** 2)
            into[f"weight{number}"][:] = passed[number].swapaxes(1, 2) @ flow
            into[f"bias{number}"][:] = flow.sum(axis=1, keepdims=True)
            flow = flow @ arrays[f"weight{number}"].swapaxes(1, 2)
        return summed.vector, flow
