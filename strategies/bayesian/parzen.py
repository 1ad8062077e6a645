"""Parzen estimators over categorical decisions."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

RECENT = 25
"""So many of the latest observations weigh 1; from there on weights fall linearly."""


class CategoricalParzen:
    """A mixture of product kernels, one per observation, and a uniform prior.

    The kernel of an observation is, per decision, a categorical distribution that
    gives its option (k + 1) / (k + C), and each other of the C options 1 / (k + C), k
    being the number of kernels: that of Aitchison & Aitken (Biometrika 1976) with a
    width that shrinks as observations come in, as in Optuna 5. `marginal` treats the
    decisions as independent, `log_density` as a joint distribution.

    Args:
        observed: ``(n, decisions)`` integers, oldest first.
        radices: The options of every decision.
    """

    def __init__(self, observed: NDArray[Any], radices: tuple[int, ...]) -> None:
        self._observed = np.asarray(observed, np.int64).reshape(-1, len(radices))
        self._radices = radices
        count = len(self._observed)
        # The last kernel is the prior, of weight 1, uniform.
        weights = np.append(age_weights(count), 1.0)
        self._weights = weights / weights.sum()
        kernels = count + 1
        widths = kernels + np.array(radices)
        self._same = np.log((kernels + 1) / widths)
        self._other = np.log(1 / widths)
        self._uniform = -float(np.log(radices).sum())

    def log_density(self, rows: NDArray[np.int64]) -> Floats:
        """Return the ``(m,)`` joint log densities of ``(m, decisions)`` options."""
        same = rows[:, None, :] == self._observed
        summed = same @ (self._same - self._other) + self._other.sum()
        density = np.exp(summed) @ self._weights[:-1]
        return np.asarray(np.log(density + self._weights[-1] * np.exp(self._uniform)))

    def marginal(self, decision: int) -> Floats:
        """Return the ``(options,)`` probabilities of one decision on its own."""
        options = self._radices[decision]
        weights = self._weights[:-1]
        counts = np.bincount(
            self._observed[:, decision], weights=weights, minlength=options
        )
        same, other = np.exp(self._same[decision]), np.exp(self._other[decision])
        smooth = counts * (same - other) + weights.sum() * other
        return np.asarray(smooth + self._weights[-1] / options)

    def draw(self, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw ``(size, decisions)`` options from the joint distribution."""
        kernels = rng.choice(len(self._weights), size=size, p=self._weights)
        radices = np.array(self._radices)
        # A kernel is a mixture itself: its option, or a uniform draw.
        uniform = (rng.random((size, len(radices))) * radices).astype(np.int64)
        keep = np.exp(self._same) - np.exp(self._other)
        kept = rng.random((size, len(radices))) < keep
        kept &= (kernels < len(self._observed))[:, None]
        if not len(self._observed):
            return np.asarray(uniform)
        centres = self._observed[np.minimum(kernels, len(self._observed) - 1)]
        return np.asarray(np.where(kept, centres, uniform))


def age_weights(count: int) -> Floats:
    """Return ``(n,)`` weights of observations, oldest first (Bergstra et al., 2011).

    >>> age_weights(27).round(2).tolist()[:4]
    [0.04, 1.0, 1.0, 1.0]
    """
    if count <= RECENT:
        return np.ones(count)
    ramp = np.linspace(1 / count, 1.0, count - RECENT)
    return np.concatenate((ramp, np.ones(RECENT)))
