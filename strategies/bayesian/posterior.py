"""An exact Gaussian process over a list of candidates, one observation at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from strategies.bayesian.features import Features, Floats, dense

JITTER = 1e-8
"""Is added to the noise variance, as in `surrogates.gaussian_process`."""


class Posterior:
    """Mean and variance of a Gaussian process at every candidate.

    With the kernel matrix of the n observations K + noise = L L', this keeps

        V = L^-1 k(observations, candidates),

    one row per observation. Observations are candidates, so the next row of L is a
    column of V that is there already, and the next row of V is the new kernel row less
    what the earlier ones explain: an observation costs O(n candidates), without a
    triangular solve. The variance is the signal less the squares summed down V, the
    mean is (L^-1 y)' V (Rasmussen & Williams, 2006, algorithm 2.1).

    Attributes:
        variance: ``(candidates,)``, of the function itself, without noise.
        observed: The candidates that were observed, in order; repeats are allowed.
    """

    def __init__(
        self,
        features: Features,
        parameters: Floats,
        observed: NDArray[np.int64],
    ) -> None:
        """Condition on observations all at once.

        Args:
            features: The rows of all candidates.
            parameters: Log signal variance, log noise variance, log weight per group.
            observed: ``(n,)`` positions of candidates.
        """
        from scipy.linalg import cholesky
        from scipy.linalg.blas import dtrsm

        self._signal = float(np.exp(parameters[0]))
        self._noise = float(np.exp(parameters[1])) + JITTER
        self._rows = features.scaled(np.exp(parameters[2:]))
        squares = self._rows**2 if isinstance(self._rows, np.ndarray) else None
        if squares is None:
            squares = self._rows.multiply(self._rows)
        self._length = np.asarray(squares.sum(axis=1)).ravel()
        self.observed: list[int] = observed.tolist()
        count = len(observed)
        across = self._covariances(observed)
        inner = across[:, observed]
        inner[np.diag_indices(count)] += self._noise
        factor = cholesky(inner, lower=True)
        self._factor = np.zeros((2 * count + 8, 2 * count + 8))
        self._explained = np.empty((2 * count + 8, across.shape[1]))
        self._factor[:count, :count] = factor
        # The transpose of an array in C order is one in Fortran's: V' L' = k', solved
        # from the right, needs no copy.
        solved = dtrsm(1.0, factor, across.T, side=1, lower=1, trans_a=1, overwrite_b=1)
        self._explained[:count] = solved.T
        explained = np.einsum("ij,ij->j", solved.T, solved.T)
        self.variance: Floats = self._signal - explained

    def observe(self, candidate: int) -> None:
        """Add an observation of a candidate; its value comes with `mean`."""
        count = len(self.observed)
        if count == len(self._factor):
            self._grow()
        row = self._explained[:count, candidate].copy()
        left = self._signal + self._noise - float(row @ row)
        pivot = math.sqrt(max(left, JITTER))
        self._factor[count, :count] = row
        self._factor[count, count] = pivot
        new = self._explained[count]
        np.matmul(row, self._explained[:count], out=new)
        np.subtract(self._covariances(np.array([candidate]))[0], new, out=new)
        new /= pivot
        self.variance -= new * new
        self.observed.append(candidate)

    def mean(self, values: Floats) -> Floats:
        """Return the ``(candidates,)`` means, given the ``(n,)`` observed values."""
        from scipy.linalg import solve_triangular

        count = len(self.observed)
        factor = self._factor[:count, :count]
        return np.asarray(
            solve_triangular(factor, values, lower=True) @ self._explained[:count]
        )

    def variance_with(self, pending: list[int]) -> Floats:
        """Return the ``(candidates,)`` variances once `pending` will be observed.

        Whatever their values are: the variance does not depend on them.
        """
        count, before = len(self.observed), self.variance.copy()
        for candidate in pending:
            self.observe(candidate)
        after = self.variance
        self.variance = before
        del self.observed[count:]
        return after

    def _covariances(self, positions: NDArray[np.int64]) -> Floats:
        """Return the ``(k, candidates)`` kernel of some candidates with all."""
        some = dense(self._rows[positions])
        if isinstance(self._rows, np.ndarray):
            exponent = some @ self._rows.T
        else:
            exponent = np.ascontiguousarray((self._rows @ some.T).T)
        exponent *= 2
        exponent -= self._length
        exponent -= self._length[positions][:, None]
        np.minimum(exponent, 0.0, out=exponent)
        np.exp(exponent, out=exponent)
        exponent *= self._signal
        return exponent

    def _grow(self) -> None:
        """Double the room for observations."""
        count = len(self._factor)
        factor = np.zeros((2 * count, 2 * count))
        factor[:count, :count] = self._factor
        explained = np.empty((2 * count, self._explained.shape[1]))
        explained[:count] = self._explained
        self._factor, self._explained = factor, explained
