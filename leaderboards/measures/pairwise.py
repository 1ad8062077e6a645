"""Which strategies differ on one benchmark, and by how much: tests over its seeds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from leaderboards.measures import rank_sum as unpaired
from leaderboards.measures import signed_rank as paired
from leaderboards.measures.holm import holm
from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError, unknown

SeedTest: TypeAlias = Literal["unpaired", "paired"]


@dataclass(frozen=True, eq=False)
class Comparisons:
    """All pairs of strategies on one benchmark.

    Attributes:
        strategies: Names, in the order of the curves.
        benchmark: Its name.
        test: Which was made.
        p_values: ``(k, k) float64``, two-sided, adjusted by Holm's method for the
            number of pairs; NaN on the diagonal, where the test has no power, and
            where the runs of either side replay fewer than
            `leaderboards.measures.repeats.LEAST_SEARCHES` recorded searches (of more
            searches every one is tested once, whatever the number of runs).
        superiority: ``(k, k) float64``, the chance that a run of the row's strategy
            is better than one of the column's, ties one half: A12 of Vargha & Delaney
            (J. Educational and Behavioral Statistics 2000).
        reason: Why there are no p-values; empty where there are.
    """

    strategies: tuple[str, ...]
    benchmark: str
    test: SeedTest
    p_values: Floats
    superiority: Floats
    reason: str


def compare_on(
    curves: RunCurves,
    benchmark: str,
    test: SeedTest = "unpaired",
    time: float | None = None,
    level: float = 0.05,
) -> Comparisons:
    """Compare all pairs of strategies over the seeds of one benchmark.

    The claim is about this benchmark alone: many seeds on one table do not say what
    happens on another.

    Args:
        curves: The runs.
        benchmark: Which.
        test: ``"unpaired"``, Mann-Whitney, always holds. ``"paired"``, Wilcoxon's
            signed ranks on equal seeds, sees smaller differences where strategies
            share their first draws at equal seeds.
        time: When; by default at the end of the axis.
        level: At which the smallest p-value would have to be significant, else the
            test has no power and says so.

    Raises:
        NasbenchError: The benchmark, the test or the time is unknown.
    """
    if test not in get_args(SeedTest):
        raise NasbenchError(unknown("test", test, get_args(SeedTest)))
    scores = curves.at(time)[:, :, curves.benchmark_index(benchmark)]
    k, n = scores.shape
    pairs = np.array(list(combinations(range(k), 2))).reshape(-1, 2)
    p_values, superiority = np.full((k, k), np.nan), np.full((k, k), 0.5)
    rows, columns = pairs.T
    known = [not curves.too_few(benchmark, *_names(curves, pair)) for pair in pairs]
    reason = _no_power(n, sum(known), test, level)
    if len(pairs) and not any(known):
        reason = curves.too_few(benchmark, *curves.strategies)
    if len(pairs):
        u, raw = unpaired.rank_sum(scores[rows], scores[columns])
        superiority[rows, columns] = u / n**2
        superiority[columns, rows] = 1 - u / n**2
        if test == "paired":
            raw = _paired(scores[rows], scores[columns])
        for place in np.flatnonzero(_repeating(curves, benchmark)[pairs].any(axis=1)):
            raw[place] = np.nan
            if known[place]:
                raw[place] = _once(curves, benchmark, scores, pairs[place], test)
        if not reason:
            p_values[rows, columns] = p_values[columns, rows] = holm(raw)
    return Comparisons(
        curves.strategies, benchmark, test, p_values, superiority, reason
    )


def _names(curves: RunCurves, pair: NDArray[np.int64]) -> tuple[str, str]:
    return curves.strategies[pair[0]], curves.strategies[pair[1]]


def _repeating(curves: RunCurves, benchmark: str) -> NDArray[np.bool_]:
    """Return ``(k,)``: which strategies have runs that replay one search."""
    counts = curves.search_counts()[:, curves.benchmark_index(benchmark)]
    return np.asarray(counts < len(curves.seeds))


def _once(
    curves: RunCurves,
    benchmark: str,
    scores: Floats,
    pair: NDArray[np.int64],
    test: SeedTest,
) -> float:
    """Return the p-value of a pair with every search taken once."""
    first, second = (curves.first_runs(n, benchmark) for n in _names(curves, pair))
    mine, theirs = scores[pair[0]], scores[pair[1]]
    if test == "paired":
        both = first & second
        return float(_paired(mine[None, both], theirs[None, both])[0])
    return float(unpaired.rank_sum(mine[first], theirs[second])[1][0])


def _paired(first: Floats, second: Floats) -> Floats:
    verdicts = [
        paired.signed_rank(row) for row in paired.paired_differences(first, second)
    ]
    return np.array([1.0 if v.reason else v.p_value for v in verdicts])


def _no_power(seeds: int, pairs: int, test: SeedTest, level: float) -> str:
    """Return why no pair could be significant, or nothing."""
    if pairs == 0:
        return "one strategy has nothing to be compared with"
    if test == "paired":
        smallest = paired.smallest_p_value(seeds)
    else:
        smallest = unpaired.smallest_p_value(seeds, seeds)
    if smallest <= level / pairs:
        return ""
    return (
        f"with {seeds} seeds p is {smallest:.3g} at least, and the smallest of {pairs} "
        f"has to reach {level / pairs:.3g}: the test has no power; run more seeds"
    )
