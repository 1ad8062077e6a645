"""The Mann-Whitney test of two sets of runs, for many pairs at once.

Mann & Whitney (Annals of Mathematical Statistics 1947). Ties are common on tables,
where many runs end with the same architecture: small samples are tested against all
ways of splitting the pooled ranks, ties included, larger ones against the normal law
with the correction for ties.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.run_curves import Floats
from nasbench.errors import NasbenchError

EXACT_SPLITS = 13_000
"""Up to eight runs on either side, 12,870 splits, the law is counted."""


def rank_sum(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    """Test rows of two arrays for one side being the smaller.

    Args:
        first: ``(p, n)``; NaN is worse than every number, and ties with NaN.
        second: ``(p, m)``, likewise.

    Returns:
        ``(p,)`` U statistics, the number of pairs in which `first` is smaller, ties
        one half; ``(p,)`` two-sided p-values, 1 where everything ties.

    Raises:
        NasbenchError: A side has no run.
    """
    from scipy.stats import rankdata

    left, right = np.atleast_2d(first), np.atleast_2d(second)
    n, m = left.shape[1], right.shape[1]
    if n == 0 or m == 0:
        raise NasbenchError("a comparison needs at least one run on either side")
    both = np.concatenate([left, right], axis=1).astype(np.float64)
    both[np.isnan(both)] = np.inf
    ranks = np.asarray(rankdata(both, axis=1))
    u = n * m + n * (n + 1) / 2 - ranks[:, :n].sum(axis=1)
    if comb(n + m, n) <= EXACT_SPLITS:
        return u, _counted(ranks, n)
    return u, _normal(both, u, n)


def smallest_p_value(n: int, m: int) -> float:
    """Return the smallest two-sided p-value that the test can give without ties."""
    return min(1.0, 2 / comb(n + m, n))


def _counted(ranks: Floats, n: int) -> Floats:
    """Return p-values from the sums of ranks over all splits of the pooled runs."""
    size = ranks.shape[1]
    splits = np.zeros((comb(size, n), size))
    members = np.array(list(combinations(range(size), n)))
    np.put_along_axis(splits, members, 1.0, axis=1)
    centre = n * (size + 1) / 2
    observed = np.abs(ranks[:, :n].sum(axis=1) - centre)
    # Ranks are multiples of one half: sums and differences are exact.
    return np.array(
        [
            (np.abs(splits @ row - centre) >= distance).mean()
            for row, distance in zip(ranks, observed, strict=True)
        ]
    )


def _normal(both: Floats, u: Floats, n: int) -> Floats:
    """Return p-values of the normal law, with continuity and tie correction."""
    from scipy.stats import norm

    size = both.shape[1]
    m = size - n
    variance = n * m / 12 * (size + 1 - _ties(both) / (size * (size - 1)))
    distance = np.maximum(np.abs(u - n * m / 2) - 0.5, 0.0)
    scores = np.divide(
        distance, np.sqrt(variance), out=np.zeros_like(u), where=variance > 0
    )
    return np.asarray(2 * norm.sf(scores), np.float64)


def _ties(values: Floats) -> NDArray[np.float64]:
    """Return the sum of t^3 - t over the groups of t equal values of every row."""
    ordered = np.sort(values, axis=1)
    rows, size = ordered.shape
    new = np.ones((rows, size), bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, rows * size)).astype(np.float64)
    cubes = lengths**3 - lengths
    return np.asarray(
        np.bincount(starts // size, weights=cubes, minlength=rows), np.float64
    )
