"""A kernel density estimate over categorical decisions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures

Floats = NDArray[np.float64]


class CategoricalKde:
    """A mixture of one product kernel per architecture (Aitchison & Aitken, 1976).

    The kernel of a decision with r options gives 1 - b to the option of its
    architecture and b / (r - 1) to each of the others. It is a distribution for every
    bandwidth b up to 1, and uniform at b = (r - 1) / r, the largest that is taken.

    The bandwidth is the normal-reference rule, 1.06 spread n^(-1 / (4 + decisions)),
    as in hpbandster by statsmodels. There the spread is the standard deviation of the
    options' numbers, which depends on their order; here it is that of unordered
    categories, the root of (1 - sum of squared frequencies) / 2 (Light & Margolin,
    1971).

    Args:
        options: ``(n, decisions) uint8`` architectures.
        radices: The number of options of every decision.
        least: The smallest bandwidth.
    """

    def __init__(
        self, options: Architectures, radices: Sequence[int], least: float
    ) -> None:
        self.options = options
        self.radices = np.array(radices)
        count, decisions = options.shape
        spreads = []
        for column, radix in zip(options.T, radices, strict=True):
            shares = np.bincount(column, minlength=radix) / count
            spreads.append(np.sqrt((1 - (shares**2).sum()) / 2))
        rule = 1.06 * np.array(spreads) * count ** (-1 / (4 + decisions))
        uniform = (self.radices - 1) / self.radices
        self.bandwidths: Floats = np.minimum(np.maximum(rule, least), uniform)

    def density(self, options: Architectures) -> Floats:
        """Return the ``(m,)`` probabilities of ``(m, decisions)`` architectures."""
        same = options[:, None, :] == self.options[None, :, :]
        others = self.bandwidths / np.maximum(self.radices - 1, 1)
        kernels = np.where(same, 1 - self.bandwidths, others).prod(axis=2)
        return np.asarray(kernels.mean(axis=1))

    def sample(self, count: int, rng: np.random.Generator) -> Architectures:
        """Draw ``(count, decisions) uint8`` architectures from the density."""
        drawn = self.options[rng.integers(len(self.options), size=count)]
        moved = rng.random(drawn.shape) < self.bandwidths
        # A step of 1 to r - 1 around the circle is a uniform other option.
        steps = 1 + (rng.random(drawn.shape) * (self.radices - 1)).astype(np.int64)
        other = (drawn + steps) % self.radices
        return np.where(moved, other, drawn).astype(np.uint8)
