"""Architectures as points in a real space, for methods that move in one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nasbench.search import SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import ATTEMPTS, sample_permitted

Vector = NDArray[np.float64]
"""``(sum of radices,) float64``, a number for every option of every decision."""


class Relaxation:
    """Decodes a vector: of every decision, the option with the largest number.

    Attributes:
        length: The length of the vectors, the sum of the radices.
    """

    def __init__(self, radices: tuple[int, ...]) -> None:
        self.length = sum(radices)
        longest = max(radices)
        self._exists = np.arange(longest) < np.array(radices)[:, None]

    def decode(
        self, vector: Vector, context: SearchContext, rng: np.random.Generator
    ) -> Architecture:
        """Return a valid architecture that no limit on a free column forbids.

        Where the largest numbers do not make one, the options are drawn with the
        probabilities softmax(vector), up to 100 times; then it is a random one.
        """
        numbers = np.full(self._exists.shape, -np.inf)
        numbers[self._exists] = vector
        architecture: Architecture = tuple(numbers.argmax(axis=1).tolist())
        for _ in range(ATTEMPTS):
            if context.space.is_valid(architecture) and context.permits(architecture):
                return architecture
            noisy = numbers + rng.gumbel(size=numbers.shape)
            architecture = tuple(noisy.argmax(axis=1).tolist())
        return sample_permitted(context, rng)
