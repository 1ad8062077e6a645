"""The Wilcoxon signed-rank test of paired differences, exact up to fifty pairs.

Wilcoxon (Biometrics Bulletin 1945). Differences of zero are shared between both signs,
as Demsar (JMLR 2006) proposes; one of them is left out where their number is odd.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from leaderboards.measures.ranks import DECIMALS
from leaderboards.measures.run_curves import Floats
from leaderboards.measures.verdict import Verdict

EXACT_PAIRS = 50


def signed_rank(differences: ArrayLike) -> Verdict:
    """Test whether differences are symmetric about zero, two-sided.

    Args:
        differences: ``(n,)``, first minus second; without NaN. Infinite ones count
            with the largest rank.

    Returns:
        The smaller of both sums of ranks, and its p-value.
    """
    from scipy.stats import norm, rankdata

    given = np.asarray(differences, np.float64)
    zeros = np.flatnonzero(given == 0)
    if len(zeros) % 2:
        given = np.delete(given, zeros[0])
    if not given.any():
        reason = "all differences are zero"
        return Verdict.without("Wilcoxon signed-rank", reason)
    ranks = rankdata(np.abs(given))
    shared = ranks[given == 0].sum() / 2
    smaller = min(ranks[given > 0].sum(), ranks[given < 0].sum()) + shared
    signed = ranks[given != 0]
    if len(signed) <= EXACT_PAIRS:
        p_value = _counted(signed, smaller - shared)
    else:
        centre, deviation = signed.sum() / 2, sqrt((signed**2).sum() / 4)
        p_value = 2 * float(norm.cdf((smaller - shared - centre) / deviation))
    return Verdict("Wilcoxon signed-rank", float(smaller), min(1.0, p_value))


def smallest_p_value(pairs: int) -> float:
    """Return the smallest two-sided p-value that the test can give."""
    return min(1.0, 2.0 ** (1 - pairs))


def paired_differences(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return first minus second; a NaN is worse than every number, two are equal.

    They are rounded to `leaderboards.measures.ranks.DECIMALS`, so that differences
    that are equal but for floating point tie when they are ranked.

    Args:
        first: ``(...)``.
        second: ``(...)``.
    """
    left, right = (
        np.where(np.isnan(side), np.inf, side)
        for side in (np.asarray(first, np.float64), np.asarray(second, np.float64))
    )
    equal = left == right
    given = np.where(equal, 0.0, left) - np.where(equal, 0.0, right)
    return np.asarray(np.round(given, DECIMALS))


def _counted(ranks: Floats, smaller: float) -> float:
    """Return the p-value from the law of the sum over all choices of signs."""
    # Ranks with ties are multiples of one half; twice them are whole.
    doubled = np.rint(2 * ranks).astype(int)
    law = np.zeros(doubled.sum() + 1)
    law[0] = 1.0
    for rank in doubled:
        law[rank:] = law[rank:] + law[:-rank]  # the right side is a copy
        law /= 2
    return 2 * float(law[: round(2 * smaller) + 1].sum())
