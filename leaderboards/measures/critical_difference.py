"""What a critical-difference diagram shows: mean ranks, and who is not told apart.

Demsar (JMLR 2006) draws bars over strategies whose mean ranks Nemenyi's test does not
separate. Nemenyi's verdict on a pair changes with the other strategies in the pool
(Benavoli, Corani & Mangili, JMLR 2016), which Wilcoxon tests with Holm's correction do
not have; both are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import nan
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from leaderboards.measures.aggregates import over_seeds
from leaderboards.measures.friedman import Friedman, friedman_test, nemenyi_distance
from leaderboards.measures.holm import holm
from leaderboards.measures.ranks import rank_columns
from leaderboards.measures.run_curves import Floats, RunCurves
from leaderboards.measures.signed_rank import (
    paired_differences,
    signed_rank,
    smallest_p_value,
)
from nasbench.errors import NasbenchError, unknown

PostHoc: TypeAlias = Literal["nemenyi", "wilcoxon-holm"]


@dataclass(frozen=True, eq=False)
class Diagram:
    """The data of a critical-difference diagram.

    Attributes:
        strategies: Names, the best mean rank first.
        mean_ranks: ``(k,) float64``, in that order.
        groups: Strategies that no test tells apart, the longest such stretches of
            two or more in the order of ranks; they may overlap.
        distance: Nemenyi's critical difference; NaN where it is not used.
        friedman: The test that has to reject first.
        reason: Why nothing is told apart; empty where something may be.
    """

    strategies: tuple[str, ...]
    mean_ranks: Floats
    groups: tuple[tuple[str, ...], ...]
    distance: float
    friedman: Friedman
    reason: str


def critical_difference_diagram(
    curves: RunCurves,
    post_hoc: PostHoc = "nemenyi",
    time: float | None = None,
    level: float = 0.05,
) -> Diagram:
    """Compare all strategies across benchmarks, by mean regret over seeds.

    Args:
        curves: The runs.
        post_hoc: Which test separates pairs once Friedman's test has rejected.
        time: When; by default at the end of the axis.
        level: Chance of any false difference, in (0, 1).

    Returns:
        Mean ranks always; with too few benchmarks no groups, and the reason.

    Raises:
        NasbenchError: The test or the time is unknown, or the level out of range.
    """
    if post_hoc not in get_args(PostHoc):
        raise NasbenchError(unknown("post-hoc test", post_hoc, get_args(PostHoc)))
    scores = over_seeds(curves.snapshot(time))[..., 0]
    ranks = rank_columns(scores)
    means = ranks.mean(axis=1)
    order = np.argsort(means, kind="stable")
    names = tuple(curves.strategies[i] for i in order)
    overall = friedman_test(ranks)
    verdict = overall.iman_davenport
    k, b = ranks.shape
    distance = nemenyi_distance(k, b, level) if post_hoc == "nemenyi" else nan
    groups: tuple[tuple[int, ...], ...] = ()
    reason = verdict.reason
    if not reason and not verdict.rejects(level):
        reason = f"Friedman's test does not reject (p = {verdict.p_value:.3g})"
        groups = (tuple(range(k)),)
    elif not reason and post_hoc == "nemenyi":
        gaps = np.abs(np.subtract.outer(means[order], means[order]))
        groups = stretches(gaps > distance)
    elif not reason:
        reason = _no_power(k, b, level)
        if not reason:
            groups = stretches(_signed_rank_differences(scores[order]) <= level)
    named = tuple(tuple(names[i] for i in group) for group in groups)
    return Diagram(names, means[order], named, distance, overall, reason)


def stretches(different: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Return the longest stretches of neighbours in which no pair is different.

    Args:
        different: ``(k, k)``, symmetric.

    Returns:
        Places, ascending, two or more in each; none lies within another.
    """
    size = len(different)
    found: list[tuple[int, ...]] = []
    reached = 0
    for first in range(size):
        end = first + 1
        while end < size and not different[first : end + 1, first : end + 1].any():
            end += 1
        if end > reached and end - first > 1:
            found.append(tuple(range(first, end)))
        reached = max(reached, end)
    return tuple(found)


def _no_power(strategies: int, benchmarks: int, level: float) -> str:
    pairs = strategies * (strategies - 1) // 2
    if smallest_p_value(benchmarks) <= level / pairs:
        return ""
    return (
        f"a signed-rank test on {benchmarks} benchmarks has p >= "
        f"{smallest_p_value(benchmarks):.3g}, and the smallest of {pairs} has to reach "
        f"{level / pairs:.3g}: it has no power"
    )


def _signed_rank_differences(scores: Floats) -> Floats:
    """Return ``(k, k)`` p-values of ``(k, b)`` scores, by Holm; 1 on the diagonal."""
    pairs = list(combinations(range(len(scores)), 2))
    differences = [paired_differences(scores[i], scores[j]) for i, j in pairs]
    verdicts = [signed_rank(row) for row in differences]
    # Where all differences are zero, nothing speaks for one.
    given = [1.0 if verdict.reason else verdict.p_value for verdict in verdicts]
    table = np.ones((len(scores), len(scores)))
    for (i, j), p_value in zip(pairs, holm(given), strict=True):
        table[i, j] = table[j, i] = p_value
    return table
