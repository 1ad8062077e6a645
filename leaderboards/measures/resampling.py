"""Bootstrap draws of seeds, stratified by benchmark, as counts."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from nasbench.errors import NasbenchError

Floats = NDArray[np.float64]
Method: TypeAlias = Literal["linear", "inverted_cdf"]


def seed_counts(
    runs: int, strata: int, rng: np.random.Generator, replicates: int
) -> NDArray[np.int64]:
    """Draw how often every run stands in every bootstrap replicate.

    Each stratum, that is each benchmark, keeps its number of runs (Agarwal et al.,
    NeurIPS 2021): benchmarks are not drawn, seeds are.

    Args:
        runs: Runs per stratum.
        strata: How many.
        rng: Draws.
        replicates: How many.

    Returns:
        ``(replicates, strata, runs)``; the last axis sums to `runs`.

    Raises:
        NasbenchError: There is no replicate.
    """
    if replicates < 1:
        raise NasbenchError(f"a bootstrap needs 1 replicate at least, not {replicates}")
    drawn = rng.integers(runs, size=(replicates * strata, runs))
    drawn += np.arange(len(drawn))[:, None] * runs
    counts = np.bincount(drawn.reshape(-1), minlength=drawn.size)
    return counts.reshape(replicates, strata, runs)


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
) -> Estimate:
    """Return the mean over runs with its interval.

    A replicate draws whole runs, so that curves keep their shape.

    Args:
        samples: ``(n, ...)``, runs first.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the interval covers, in (0, 1).

    Returns:
        Arrays ``(...)``; bounds are NaN where a sample is not finite.

    Raises:
        NasbenchError: There is no run or no replicate, or the confidence is out of
            range.
    """
    values = np.asarray(samples, np.float64)
    if values.size == 0:
        raise NasbenchError("a mean needs at least one run; none is given")
    counts = seed_counts(len(values), 1, rng, replicates)
    known = np.where(np.isfinite(values), values, np.nan)
    means = resampled_means(known[:, None], counts)
    return interval(values.mean(axis=0), means, confidence)


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
