"""Whether counts could have come about by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ALARM = 1e-6
"""How rarely counts of the right law are called implausible."""


def implausible(counts: Sequence[int], weights: Sequence[float]) -> bool:
    """Return whether `counts` are too far from proportions `weights`, by chi-square."""
    from scipy.stats import chisquare  # costs half a second to import

    possible = np.asarray(weights) > 0
    observed = np.asarray(counts)
    if observed[~possible].any():
        return True
    if possible.sum() < 2:
        return False
    expected = np.asarray(weights)[possible] / np.sum(weights) * observed.sum()
    return bool(chisquare(observed[possible], expected).pvalue < ALARM)
