"""How alike the accuracies along a random walk are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LAGS = 10


def walk_autocorrelation(
    values: NDArray[np.float64], neighbours: NDArray[np.int64], lags: int = LAGS
) -> tuple[float, ...]:
    """Return the autocorrelation of a random walk's values, exactly.

    Weinberger (Biological Cybernetics 1990) estimates it from one long walk. Here the
    whole space is known, so the expectation is computed: the walk goes to a uniformly
    drawn neighbour, in the long run it is at every node in proportion to the number
    of its neighbours, and the value k steps on is expected to be P^k f, where P takes
    the mean over the neighbours.

    Args:
        values: ``(size,)``; NaN for nodes that are not there.
        neighbours: ``(size, degree)``; -1 where there is none.
        lags: The longest lag.

    Returns:
        At the lags 1 to `lags`; NaN where all values are equal, or nothing has a
        neighbour.
    """
    degree = (neighbours >= 0).sum(axis=1)
    weights = np.where(np.isnan(values), 0, degree)
    total = weights.sum()
    if not total:
        return (math.nan,) * lags
    known = np.where(np.isnan(values), 0.0, values)
    centred = np.where(weights > 0, known - (weights * known).sum() / total, 0.0)
    variance = (weights * centred**2).sum()
    if not variance > 0:
        return (math.nan,) * lags
    expected, found = centred, []
    for _ in range(lags):
        around = np.append(expected, 0.0)[neighbours].sum(axis=1)
        expected = np.divide(
            around, degree, out=np.zeros_like(around), where=degree > 0
        )
        found.append(float((weights * centred * expected).sum() / variance))
    return tuple(found)


def correlation_length(lag_one: float) -> float:
    """Return the steps in which the autocorrelation falls to 1 / e.

    -1 / ln r(1), as if it fell exponentially (Weinberger 1990; Stadler, Journal of
    Mathematical Chemistry 1996). NaN unless r(1) is in (0, 1).
    """
    return -1 / math.log(lag_one) if 0 < lag_one < 1 else math.nan
