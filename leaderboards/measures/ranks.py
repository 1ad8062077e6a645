"""Ranks of strategies across benchmarks.

A benchmark ranks the strategies once, by an aggregate over its seeds. Seeds are never
ranked and pooled as if each were a benchmark: they repeat one question, and tests that
count them as many questions are sure of anything (Demsar, JMLR 2006, section 3.2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from leaderboards.measures.aggregates import Aggregate, over_seeds
from leaderboards.measures.resampling import interval, resampled_means, seed_counts
from leaderboards.measures.run_curves import Floats, RunCurves
from leaderboards.statistics import CONFIDENCE, REPLICATES, Estimate

DECIMALS = 12
"""Means that agree so far are equal: they differ by the order of summation."""


def ranks_by_benchmark(
    curves: RunCurves, time: float | None = None, aggregate: Aggregate = "mean"
) -> Floats:
    """Return the rank of every strategy on every benchmark.

    Args:
        curves: The runs.
        time: When; by default at the end of the axis.
        aggregate: Over the seeds; unknown where a run has no incumbent, which ranks
            last.

    Returns:
        ``(k, b) float64``, 1 for the smallest; ties share their average.

    Raises:
        NasbenchError: The time or the aggregate is unknown.
    """
    at_time = curves.snapshot(time)
    return rank_columns(over_seeds(at_time, aggregate)[..., 0])


def mean_ranks(
    curves: RunCurves,
    rng: np.random.Generator,
    time: float | None = None,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the mean over benchmarks of the ranks by mean regret.

    A replicate draws seeds within every benchmark; all strategies keep their runs of
    the seeds drawn, so that what they share cancels out. The intervals say how sure
    the ranks are on these benchmarks.

    Args:
        curves: The runs.
        rng: Draws the replicates.
        time: When; by default at the end of the axis.
        replicates: How many.
        confidence: Probability that the intervals cover, in (0, 1).

    Returns:
        Arrays ``(k,)``.

    Raises:
        NasbenchError: The time is unknown, the confidence is out of range, or there
            is no replicate.
    """
    at_time = curves.snapshot(time)
    k, n, b, _ = at_time.regrets.shape
    counts = seed_counts(n, b, rng, replicates)
    drawn = np.empty((replicates, k, b))
    for i in range(b):
        samples = at_time.regrets[:, :, i].transpose(1, 2, 0)
        drawn[..., i] = resampled_means(samples, counts[:, [i]])
    value = rank_columns(over_seeds(at_time)[..., 0]).mean(axis=-1)
    return interval(value, rank_columns(drawn).mean(axis=-1), confidence)


def rank_columns(scores: ArrayLike) -> Floats:
    """Rank along the last axis but one: 1 for the smallest, ties share.

    Args:
        scores: ``(..., k, b)``; NaN is worse than every number.
    """
    from scipy.stats import rankdata

    values = np.round(np.asarray(scores, np.float64), DECIMALS)
    values[np.isnan(values)] = np.inf
    return np.asarray(rankdata(values, axis=-2))
