"""Bootstrap draws of seeds, stratified by benchmark, as counts."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.repeats import Searches, count_searches, repeat_positions
from nasbench.errors import NasbenchError

Floats = NDArray[np.float64]
Method: TypeAlias = Literal["linear", "inverted_cdf"]


def drawn_runs(
    runs: int, strata: int, rng: np.random.Generator, replicates: int
) -> NDArray[np.int64]:
    """Draw the runs of every bootstrap replicate.

    Each stratum, that is each benchmark, keeps its number of runs (Agarwal et al.,
    NeurIPS 2021): benchmarks are not drawn, seeds are.

    Args:
        runs: Runs per stratum.
        strata: How many.
        rng: Draws.
        replicates: How many.

    Returns:
        ``(replicates, strata, runs)``, positions of runs.

    Raises:
        NasbenchError: There is no replicate.
    """
    if replicates < 1:
        raise NasbenchError(f"a bootstrap needs 1 replicate at least, not {replicates}")
    drawn = rng.integers(runs, size=(replicates * strata, runs))
    return drawn.reshape(replicates, strata, runs)


def counted(
    drawn: NDArray[np.int64], searches: Searches | None = None
) -> NDArray[np.int64]:
    """Return how often every run stands in every replicate.

    Args:
        drawn: ``(replicates, strata, runs)``, as `drawn_runs` returns.
        searches: ``(strata, runs)``: all runs of one search take what its first run
            drew, so that as many searches are drawn as there are.

    Returns:
        ``(replicates, strata, runs)``; the last axis sums to `runs`.
    """
    if searches is not None:
        drawn = np.take_along_axis(drawn, searches[None], axis=2)
    runs = drawn.shape[2]
    flat = drawn.reshape(-1, runs)
    flat = flat + np.arange(len(flat))[:, None] * runs
    counts = np.bincount(flat.reshape(-1), minlength=flat.size)
    return counts.reshape(drawn.shape)


def seed_counts(
    runs: int,
    strata: int,
    rng: np.random.Generator,
    replicates: int,
    searches: Searches | None = None,
) -> NDArray[np.int64]:
    """Draw how often every run stands in every bootstrap replicate.

    Args:
        runs: Runs per stratum.
        strata: How many.
        rng: Draws, as `drawn_runs`.
        replicates: How many.
        searches: ``(strata, runs)``, as `counted` takes it.

    Returns:
        ``(replicates, strata, runs)``; the last axis sums to `runs`.

    Raises:
        NasbenchError: There is no replicate.
    """
    return counted(drawn_runs(runs, strata, rng, replicates), searches)


def strategy_means(
    samples: ArrayLike, drawn: NDArray[np.int64], searches: Searches | None
) -> Floats:
    """Return the means of every replicate, of all strategies from the same draws.

    Args:
        samples: ``(n, b, k, ...)``; NaN gives NaN.
        drawn: ``(replicates, b, n)``, as `drawn_runs` returns.
        searches: ``(k, n, b)``; None where every run is a search of its own.

    Returns:
        ``(replicates, k, ...) float64``.
    """
    values = np.asarray(samples, np.float64)
    means = resampled_means(values, counted(drawn))
    for i in repeat_positions(searches):
        assert searches is not None
        together = counted(drawn, searches[i].T)
        means[:, i] = resampled_means(values[:, :, i], together)
    return means


def unbounded(estimate: Estimate) -> Estimate:
    """Return the figure with bounds that are not known."""
    unknown = np.full(np.shape(estimate.value), np.nan)
    return Estimate(estimate.value, unknown, unknown.copy())


def without_single(estimate: Estimate, searches: Searches | None) -> Estimate:
    """Return the estimate without bounds where one search is all that there is.

    Args:
        estimate: ``(k, ...)``.
        searches: ``(k, n, b)``; None where every run is a search of its own.
    """
    low, high = np.array(estimate.low), np.array(estimate.high)
    for i in repeat_positions(searches):
        assert searches is not None
        if count_searches(searches[i].T).min() == 1:
            low[i] = high[i] = np.nan
    return Estimate(estimate.value, low, high)


def resampled_means(samples: ArrayLike, counts: NDArray[np.int64]) -> Floats:
    """Return the means of every replicate, over runs and then over benchmarks.

    Args:
        samples: ``(n, b, ...)``; NaN gives NaN.
        counts: ``(replicates, b, n)``, as `seed_counts` draws them.

    Returns:
        ``(replicates, ...) float64``.
    """
    values = np.asarray(samples, np.float64)
    flat = np.moveaxis(values, 1, 0).reshape(counts.shape[1] * counts.shape[2], -1)
    weights = counts.reshape(len(counts), -1) / flat.shape[0]
    return np.asarray((weights @ flat).reshape(len(counts), *values.shape[2:]))


def mean_of_runs(
    samples: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
    searches: Searches | None = None,
) -> Estimate:
    """Return the mean over runs with its interval.

    A replicate draws whole runs, so that curves keep their shape.

    Args:
        samples: ``(n, ...)``, runs first.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the interval covers, in (0, 1).
        searches: ``(n,)``, which runs replay one search; None where none do.

    Returns:
        Arrays ``(...)``; bounds are NaN where a sample is not finite, and where all
        runs replay one search.

    Raises:
        NasbenchError: There is no run or no replicate, or the confidence is out of
            range.
    """
    values = np.asarray(samples, np.float64)
    if values.size == 0:
        raise NasbenchError("a mean needs at least one run; none is given")
    together = None if searches is None else searches[None]
    counts = seed_counts(len(values), 1, rng, replicates, together)
    known = np.where(np.isfinite(values), values, np.nan)
    means = resampled_means(known[:, None], counts)
    outcome = interval(values.mean(axis=0), means, confidence)
    if searches is None or len(searches) == 1 or count_searches(searches) > 1:
        return outcome
    return unbounded(outcome)


def interval(
    value: ArrayLike, replicates: Floats, confidence: float, method: Method = "linear"
) -> Estimate:
    """Return a figure with the percentile interval of its replicates (Efron 1979).

    Args:
        value: ``(...)``.
        replicates: ``(replicates, ...)``; NaN gives NaN.
        confidence: Probability that the interval covers, in (0, 1).
        method: Between two replicates, or ``"inverted_cdf"``, one of them: where
            replicates may be infinite there is nothing between.

    Raises:
        NasbenchError: The confidence is out of range.
    """
    if not 0 < confidence < 1:
        raise NasbenchError(f"a confidence is between 0 and 1, not {confidence}")
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    # Along contiguous memory quantiles take half the time.
    columns = np.ascontiguousarray(np.moveaxis(replicates, 0, -1))
    low, high = np.quantile(columns, tails, axis=-1, method=method)
    return Estimate(np.asarray(value, np.float64), np.asarray(low), np.asarray(high))
