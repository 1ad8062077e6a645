"""Several scores made one: by ranks, so that their scales do not matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

AZ_NAS = ("az_expressivity", "az_progressivity", "az_trainability", "flops")
"""The four scores of AZ-NAS (Lee & Ham, CVPR 2024)."""


def relative_ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n, k)`` ranks in (0, 1], the largest score 1; ties share the mean.

    Args:
        scores: ``(n, k)``; NaN ranks below all numbers.
    """
    from scipy.stats import rankdata

    plain = np.where(np.isnan(scores), -np.inf, scores)
    ranks: NDArray[np.float64] = rankdata(plain, axis=0) / max(len(plain), 1)
    return ranks


def rank_sum(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n,)`` means of the relative ranks of ``(n, k)`` scores.

    An ensemble is a statement about a set: scored within another one, an architecture
    has other ranks.
    """
    mean: NDArray[np.float64] = relative_ranks(scores).mean(axis=1)
    return mean


def log_rank_sum(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n,)`` sums of the logs of relative ranks, as AZ-NAS does.

    A score that is poor in one respect is hardly saved by the others.
    """
    total: NDArray[np.float64] = np.log(relative_ranks(scores)).sum(axis=1)
    return total
