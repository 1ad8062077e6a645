"""Whether accuracy rises towards the best architecture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import SearchSpace


def fitness_distance_correlation(
    values: NDArray[np.float64], space: SearchSpace
) -> float:
    """Return Pearson's correlation of accuracy and distance to the optimum.

    Jones & Forrest (ICGA 1995). The distance is the number of decisions that differ
    (Hamming) from the nearest architecture that has the largest value; -1 is a cone,
    0 says nothing about the way.

    Args:
        values: ``(size,)``; NaN for combinations that are no architectures.
        space: The space of the same size.

    Returns:
        NaN where all values are equal.
    """
    there = np.flatnonzero(~np.isnan(values))
    known = values[there]
    if np.ptp(known) == 0:
        return float("nan")
    options = space.architectures_at(there)  # type: ignore[arg-type]
    distance = np.full(len(there), space.decisions)
    for optimum in options[known == known.max()]:
        np.minimum(distance, (options != optimum).sum(axis=1), out=distance)
    return float(np.corrcoef(known, distance)[0, 1])
