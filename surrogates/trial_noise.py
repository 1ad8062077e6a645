"""How trials of one architecture scatter: measured on seeds, drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from surrogates.store import Arrays

Floats: TypeAlias = NDArray[np.float64]

BINS = 8
"""Groups of architectures of similar accuracy whose scatter is pooled."""


@dataclass(frozen=True, eq=False)
class TrialNoise:
    """Normal noise of a learning curve, correlated over epochs.

    Bad and good architectures do not scatter alike, and a single one has too few
    trials to tell: the standard deviation is pooled over architectures of similar
    final accuracy, and interpolated between them.

    Attributes:
        levels: ``(b,)`` ascending mean final accuracies of the groups.
        deviations: ``(b, epochs)`` standard deviations between seeds.
        factor: ``(epochs, epochs)`` lower Cholesky factor of the correlation.
    """

    levels: Floats
    deviations: Floats
    factor: Floats

    @classmethod
    def fit(cls, trials: Floats) -> Self | None:
        """Measure it on ``(n, seeds, epochs)``; None where no one has two trials."""
        whole = np.isfinite(trials).all(axis=(1, 2))
        if trials.shape[1] < 2 or not whole.any():
            return None
        known = trials[whole]
        means = known.mean(axis=1, keepdims=True)
        seeds = known.shape[1]
        residuals = (known - means) * np.sqrt(seeds / (seeds - 1))
        order = np.argsort(means[:, 0, -1], kind="stable")
        groups = np.array_split(order, min(BINS, len(order)))
        levels = np.array([means[group, 0, -1].mean() for group in groups])
        deviations = np.stack(
            [np.sqrt((residuals[group] ** 2).mean(axis=(0, 1))) for group in groups]
        )
        group_of = np.empty(len(order), np.int64)
        for number, group in enumerate(groups):
            group_of[group] = number
        scale = np.maximum(deviations, 1e-12)[group_of][:, None, :]
        standard = (residuals / scale).reshape(-1, trials.shape[2])
        return cls(levels, deviations, _factor(standard))

    @classmethod
    def shared(cls, epochs: int) -> Self:
        """Return noise of deviation 1 that is the same in all epochs."""
        return cls(np.zeros(1), np.ones((1, epochs)), _factor(np.ones((1, epochs))))

    def draw(self, final: float, rng: np.random.Generator) -> Floats:
        """Return the ``(epochs,)`` noise of a trial with the mean final accuracy."""
        columns = range(self.deviations.shape[1])
        deviation = np.array(
            [np.interp(final, self.levels, self.deviations[:, e]) for e in columns]
        )
        return np.asarray(
            deviation * (self.factor @ rng.standard_normal(len(deviation)))
        )

    def deviation(self, final: Floats) -> Floats:
        """Return ``(n,)`` standard deviations after full training."""
        return np.asarray(np.interp(final, self.levels, self.deviations[:, -1]))

    def arrays(self) -> Arrays:
        """Return the fields by name."""
        return {
            "levels": self.levels,
            "deviations": self.deviations,
            "factor": self.factor,
        }

    @classmethod
    def restore(cls, arrays: Arrays) -> Self:
        """Return the noise whose `arrays` these are."""
        return cls(arrays["levels"], arrays["deviations"], arrays["factor"])


def _factor(standard: Floats) -> Floats:
    """Return a factor of the correlation of ``(n, epochs)`` standardised residuals.

    The share added to the diagonal makes every correlation matrix positive definite.
    """
    covariance = standard.T @ standard / len(standard)
    covariance[np.diag_indices_from(covariance)] += 1e-9
    size = np.sqrt(np.diag(covariance))
    return np.asarray(np.linalg.cholesky(covariance / np.outer(size, size)))
