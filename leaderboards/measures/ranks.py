"""Ranks of strategies across benchmarks.

A benchmark ranks the strategies once, by an aggregate over its seeds. Seeds are never
ranked and pooled as if each were a benchmark: they repeat one question, and tests that
count them as many questions are sure of anything (Demsar, JMLR 2006, section 3.2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from leaderboards.measures.aggregates import Aggregate, over_seeds
from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.repeats import Searches, repeat_positions
from leaderboards.measures.resampling import (
    drawn_runs,
    interval,
    strategy_means,
    without_single,
)
from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError

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
        Arrays ``(k,)``; bounds are NaN where all runs on a benchmark replay one search.

    Raises:
        NasbenchError: The time is unknown, the confidence is out of range, or there
            is no replicate.
    """
    at_time = curves.snapshot(time)
    k, n, b, _ = at_time.regrets.shape
    draws = drawn_runs(n, b, rng, replicates)
    drawn = np.empty((replicates, k, b))
    for i in range(b):
        samples = at_time.regrets[:, :, i].transpose(1, 2, 0)
        own = None if curves.searches is None else curves.searches[:, :, [i]]
        drawn[..., i] = strategy_means(samples, draws[:, [i]], own)
    value = rank_columns(over_seeds(at_time)[..., 0]).mean(axis=-1)
    outcome = interval(value, rank_columns(drawn).mean(axis=-1), confidence)
    return without_single(outcome, curves.searches)


def rank_by_mean(
    samples: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
    searches: Searches | None = None,
) -> Estimate:
    """Rank strategies by the mean over their runs of one benchmark, with intervals.

    A replicate resamples the runs within every strategy and ranks the new means. Ties
    share their average rank, in the figure as in every replicate, where means agree to
    `DECIMALS` digits of the largest run. The bounds are ranks that did occur, or the
    rank itself where it lies outside the percentiles: resampling brings close
    strategies into ties and out of them, and moves ranks at either end inwards.

    Args:
        samples: ``(k, n)``, one row per strategy; NaN is worse than every number.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the interval covers, in (0, 1).
        searches: ``(k, n)``, which runs replay one search; None where none do.

    Returns:
        Arrays ``(k,)``, 1 for the smallest mean; ``low <= value <= high``, or NaN
        bounds where all runs replay one search.

    Raises:
        NasbenchError: There is no sample, or the confidence is out of range.
    """
    values = np.asarray(samples, np.float64)
    if values.size == 0:
        raise NasbenchError("a ranking needs at least one run; none is given")
    # Sorted, so that equal runs in another order have equal means to the last bit.
    known_last = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(known_last, axis=1, kind="stable")
    runs = np.take_along_axis(known_last, order, axis=1)
    known = np.abs(runs[np.isfinite(runs)])
    scale = float(known.max(initial=0.0)) or 1.0
    drawn = rng.integers(runs.shape[1], size=(replicates, *runs.shape))
    for i in repeat_positions(searches):
        assert searches is not None
        # As positions in the sorted runs: repeats are drawn together.
        place = np.argsort(order[i])
        drawn[:, i] = drawn[:, i][:, place[searches[i][order[i]]]]
    means = np.take_along_axis(runs[None], drawn, axis=2).mean(axis=2)
    ranks = average_ranks(np.round(means / scale, DECIMALS))
    value = average_ranks(np.round(runs.mean(axis=1) / scale, DECIMALS))
    outcome = interval(value, ranks, confidence, "inverted_cdf")
    low, high = np.minimum(outcome.low, value), np.maximum(outcome.high, value)
    outcome = Estimate(value, low, high)
    if searches is None:
        return outcome
    return without_single(outcome, searches[..., None])


def rank_columns(scores: ArrayLike) -> Floats:
    """Rank along the last axis but one: 1 for the smallest, ties share.

    Args:
        scores: ``(..., k, b)``; NaN is worse than every number.
    """
    values = np.round(np.asarray(scores, np.float64), DECIMALS)
    return np.swapaxes(average_ranks(np.swapaxes(values, -1, -2)), -1, -2)


def average_ranks(scores: ArrayLike) -> Floats:
    """Rank along the last axis: 1 for the smallest, ties share their average.

    Args:
        scores: ``(..., k)``; NaN is worse than every number.

    Returns:
        ``(..., k) float64``.
    """
    values = np.asarray(scores, np.float64)
    values = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    new = ordered[..., 1:] != ordered[..., :-1]
    edge = np.ones((*ordered.shape[:-1], 1), bool)
    place = np.arange(ordered.shape[-1])
    # Of every place, the first and the last one that hold the same value.
    first = np.where(np.concatenate([edge, new], axis=-1), place, 0)
    first = np.maximum.accumulate(first, axis=-1)
    last = np.where(np.concatenate([new, edge], axis=-1), place, len(place))
    last = np.minimum.accumulate(last[..., ::-1], axis=-1)[..., ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=-1)
    return ranks
