"""Kendall's rank correlation, over all classes and among the best of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

Floats = NDArray[np.float64]

BEST_SHARE = 0.3
"""Which part of the classes are the best ones."""


@dataclass(frozen=True)
class RankAgreement:
    """How well two measures order the same classes.

    Attributes:
        classes: How many classes are ordered.
        tau: Kendall's tau-b over all of them; NaN where it is not defined.
        best_classes: How many are among the best 30 %.
        tau_best: The same over the best; near 0 where the measures tell good from
            bad, but not the best from the next best.
    """

    classes: int
    tau: float
    best_classes: int
    tau_best: float


def kendall(first: Floats, second: Floats) -> float:
    """Return Kendall's tau-b (Kendall 1945), which corrects for ties, in [-1, 1].

    It takes O(n log n) (Knight 1966). NaN for fewer than two values, and where one
    side is constant.

    Args:
        first: ``(n,)``.
        second: ``(n,)``.
    """
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    # Of both p-values the quick one, which is not defined for two values.
    method: Literal["asymptotic", "exact"]
    method = "asymptotic" if len(first) > 2 else "exact"
    return float(kendalltau(first, second, method=method).statistic)


def best(scores: Floats) -> NDArray[np.bool_]:
    """Return ``(n,) bool``: which scores are at or above their 70 % quantile.

    All that equal the quantile are in, so that the order of the classes is of no
    effect; ``(0,)`` of none.
    """
    if not len(scores):
        return np.zeros(0, bool)
    return np.asarray(scores >= np.quantile(scores, 1 - BEST_SHARE))


def rank_agreement(first: Floats, second: Floats, scores: Floats) -> RankAgreement:
    """Return tau over all classes, and over those whose `scores` are the best.

    Args:
        first: ``(n,)``, one measure.
        second: ``(n,)``, the other one.
        scores: ``(n,)``, what chooses the best.
    """
    chosen = best(scores)
    return RankAgreement(
        classes=len(first),
        tau=kendall(first, second),
        best_classes=int(chosen.sum()),
        tau_best=kendall(first[chosen], second[chosen]),
    )
