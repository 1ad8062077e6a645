"""Adjusting p-values for how many of them there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values by Holm's step-down method (Scandinavian J. Statistics 1979).

    Rejecting where the adjusted value is at most alpha keeps the chance of any false
    rejection at alpha, whatever the dependence between the tests.

    Args:
        p_values: ``(m,)``; NaN is no test, and is not counted.

    Returns:
        ``(m,) float64``, at least as large and at most 1; NaN stays.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, np.float64)
    adjusted = np.full(given.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(given))
    order = tests[np.argsort(given[tests], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    raised = np.maximum.accumulate(given[order] * factors)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
