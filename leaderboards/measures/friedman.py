"""Friedman's test, its F form, and Nemenyi's critical difference.

Friedman (JASA 1937); Iman & Davenport (Communications in Statistics 1980); Nemenyi
(thesis, 1963); all as in Demsar, "Statistical comparisons of classifiers over multiple
data sets" (JMLR 2006), with the correction for ties that scipy applies as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike

from leaderboards.measures.run_curves import Floats
from leaderboards.measures.verdict import Verdict
from nasbench.errors import NasbenchError

MINIMUM_BENCHMARKS = 5
"""Fewer say nothing: even Demsar's own advice, more than ten, is above it."""


@dataclass(frozen=True)
class Friedman:
    """Whether the strategies differ at all.

    Attributes:
        chi_square: Friedman's own, known to be conservative.
        iman_davenport: The F form; the one to read.
    """

    chi_square: Verdict
    iman_davenport: Verdict


def friedman_test(ranks: ArrayLike) -> Friedman:
    """Test whether all strategies have the same mean rank.

    Args:
        ranks: ``(k, b)``, as `ranks_by_benchmark` returns them.

    Returns:
        Both forms; without a p-value, and with the reason, where there are fewer than
        three strategies or five benchmarks, or all tie.
    """
    from scipy.stats import chi2, f

    table = np.asarray(ranks, np.float64)
    k, b = table.shape
    reason = _reason(table)
    names = "Friedman", "Iman-Davenport"
    if reason:
        return Friedman(*(Verdict.without(name, reason) for name in names))
    chi_square = _statistic(table)
    rest = b * (k - 1) - chi_square
    # All benchmarks agree entirely: the denominator is zero but for rounding.
    ratio = (b - 1) * chi_square / rest if rest > 1e-9 else inf
    p_ratio = float(f.sf(ratio, k - 1, (k - 1) * (b - 1))) if isfinite(ratio) else 0.0
    return Friedman(
        Verdict(names[0], chi_square, float(chi2.sf(chi_square, k - 1))),
        Verdict(names[1], ratio, p_ratio),
    )


def nemenyi_distance(strategies: int, benchmarks: int, level: float = 0.05) -> float:
    """Return how far two mean ranks must be apart to differ, by Nemenyi's test.

    Args:
        strategies: How many are compared, all with all.
        benchmarks: How many ranked them.
        level: Chance of any false difference where there is none, in (0, 1).

    Raises:
        NasbenchError: There are fewer than two strategies, no benchmark, or the level
            is out of range.
    """
    from scipy.stats import studentized_range

    if strategies < 2 or benchmarks < 1 or not 0 < level < 1:
        raise NasbenchError(
            "a critical difference needs 2 strategies, 1 benchmark and a level in "
            f"(0, 1), not {strategies}, {benchmarks} and {level}"
        )
    range_of_ranks = float(studentized_range.ppf(1 - level, strategies, inf))
    spread = strategies * (strategies + 1) / (6 * benchmarks)
    return range_of_ranks / sqrt(2) * sqrt(spread)


def _reason(table: Floats) -> str:
    """Return why the test would say nothing, or nothing."""
    k, b = table.shape
    if b < MINIMUM_BENCHMARKS:
        return (
            f"{b} of the {MINIMUM_BENCHMARKS} benchmarks that a test across "
            "benchmarks needs: it has no power; compare seeds within each benchmark"
        )
    if k < 3:
        return f"Friedman's test compares 3 strategies or more, not {k}"
    if (table == table[0]).all():
        return "all strategies tie on every benchmark"
    return ""


def _statistic(table: Floats) -> float:
    """Return Friedman's chi-square of ``(k, b)`` ranks, corrected for ties."""
    k, b = table.shape
    sums = table.sum(axis=1)
    between = 12 / (k * (k + 1) * b) * (sums**2).sum() - 3 * b * (k + 1)
    # Without ties the squares of a benchmark's ranks sum to k (k + 1) (2k + 1) / 6.
    lost = b * k * (k + 1) * (2 * k + 1) / 6 - (table**2).sum()
    correction = 1 - 12 * lost / (b * k * (k**2 - 1))
    return float(between / correction)
