"""Mean, median and interquartile mean over runs, with stratified bootstrap intervals.

Agarwal et al. (NeurIPS 2021), "Deep RL at the edge of the statistical precipice". All
three are means over a window of the sorted runs: over all of it, over its middle half,
over its middle one or two.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.repeats import Searches, count_searches, repeat_positions
from leaderboards.measures.resampling import (
    interval,
    resampled_means,
    seed_counts,
    unbounded,
)
from leaderboards.measures.run_curves import RunCurves
from leaderboards.measures.window_bootstrap import one_stratum, pooled_strata
from nasbench.errors import NasbenchError, unknown

Aggregate: TypeAlias = Literal["mean", "median", "iqm"]
Floats = NDArray[np.float64]

AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)


def pooled_aggregates(
    curves: RunCurves,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> dict[Aggregate, Estimate]:
    """Return mean, median and IQM over all runs of all benchmarks, at every time.

    Regrets of different benchmarks are pooled as they are; scale them before, where
    they differ in size (`RunCurves.scaled`, `first_regrets`).

    Args:
        curves: The runs.
        rng: Draws the replicates; seeds are drawn within benchmarks.
        replicates: How many.
        confidence: Probability that the intervals cover, in (0, 1).

    Returns:
        By name arrays ``(k, t)``; NaN where a run has no incumbent.

    Raises:
        NasbenchError: The confidence is out of range, or there is no replicate.
    """
    samples = curves.regrets.transpose(1, 2, 0, 3)
    seed = rng.bit_generator.state
    pooled = stratified_aggregates(samples, rng, replicates, confidence)
    for i in repeat_positions(curves.searches):
        assert curves.searches is not None
        rng.bit_generator.state = seed  # the draws of all other strategies
        own = stratified_aggregates(
            samples[:, :, i], rng, replicates, confidence, curves.searches[i]
        )
        for name, estimate in pooled.items():
            estimate.low[i], estimate.high[i] = own[name].low, own[name].high
    return pooled


def stratified_aggregates(
    samples: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
    searches: Searches | None = None,
) -> dict[Aggregate, Estimate]:
    """Return mean, median and IQM over the runs of all strata together.

    A replicate draws whole runs, so that all columns of samples fit together.

    Args:
        samples: ``(n, b, ...)``, by run and stratum.
        rng: Draws the replicates, runs within strata.
        replicates: How many.
        confidence: Probability that the intervals cover, in (0, 1).
        searches: ``(n, b)``, which runs replay one search; None where none do.

    Returns:
        By name arrays ``(...)``; NaN where a sample is not finite.

    Raises:
        NasbenchError: There is no run or no replicate, or the confidence is out of
            range.
    """
    values = np.asarray(samples, np.float64)
    if values.size == 0:
        raise NasbenchError("an aggregate needs at least one run; none is given")
    (n, b), shape = values.shape[:2], values.shape[2:]
    columns = np.moveaxis(values, 1, 0).reshape(b * n, -1)
    known = np.isfinite(columns).all(axis=0)
    columns = np.where(known, columns, np.nan)
    together = None if searches is None else searches.T
    counts = seed_counts(n, b, rng, replicates, together)
    means = resampled_means(columns.reshape(b, n, -1).swapaxes(0, 1), counts)
    drawn: dict[Aggregate, Floats] = {"mean": means}
    rest: tuple[Aggregate, ...] = ("median", "iqm")
    windows = [window(name, b * n) for name in rest]
    by_member = _narrow(counts.reshape(replicates, b * n).T)
    parts = pooled_strata(columns[:, known], by_member, windows)
    for name, part in zip(rest, parts, strict=True):
        drawn[name] = np.full(means.shape, np.nan)
        drawn[name][:, known] = part
    outcome = _estimates(columns.reshape(b * n, *shape), drawn, confidence)
    if together is None or count_searches(together).min() > 1 or n == 1:
        return outcome
    return {name: unbounded(estimate) for name, estimate in outcome.items()}


def benchmark_aggregates(
    curves: RunCurves,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> dict[Aggregate, Estimate]:
    """Return mean, median and IQM over the runs of each benchmark, at every time.

    Args:
        curves: The runs.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the intervals cover, in (0, 1).

    Returns:
        By name arrays ``(k, b, t)``; NaN where a run has no incumbent.

    Raises:
        NasbenchError: The confidence is out of range, or there is no replicate.
    """
    k, n, b, t = curves.regrets.shape
    seed = rng.bit_generator.state
    counts = _narrow(seed_counts(n, 1, rng, replicates)[:, 0].T)
    samples = curves.regrets.transpose(1, 0, 2, 3)
    columns = samples.reshape(n, k * b * t)
    drawn = {name: one_stratum(columns, counts, window(name, n)) for name in AGGREGATES}
    found = _estimates(samples, drawn, confidence)
    for i in repeat_positions(curves.searches):
        assert curves.searches is not None
        for j in repeat_positions(curves.searches[i].T):
            rng.bit_generator.state = seed
            searches = curves.searches[i, :, [j]].T
            own = stratified_aggregates(
                samples[:, i, j][:, None], rng, replicates, confidence, searches
            )
            for name, one in found.items():
                one.low[i, j], one.high[i, j] = own[name].low, own[name].high
    return found


def over_seeds(curves: RunCurves, aggregate: Aggregate = "mean") -> Floats:
    """Return an aggregate over the seeds of each benchmark, without an interval.

    Args:
        curves: The runs.
        aggregate: Which.

    Returns:
        ``(k, b, t) float64``; NaN where a run has no incumbent.

    Raises:
        NasbenchError: The aggregate is unknown.
    """
    if aggregate not in get_args(Aggregate):
        raise NasbenchError(unknown("aggregate", aggregate, get_args(Aggregate)))
    ordered = np.sort(curves.regrets, axis=1)  # NaN last: they show in the sum
    start, stop = window(aggregate, ordered.shape[1])
    known = np.isfinite(ordered[:, -1])
    return np.where(known, ordered[:, start:stop].mean(axis=1), np.nan)


def window(aggregate: Aggregate, size: int) -> tuple[int, int]:
    """Return which positions of a sorted sample an aggregate averages.

    Args:
        aggregate: Which.
        size: Of the sample.

    >>> [window(name, 10) for name in ("mean", "median", "iqm")]
    [(0, 10), (4, 6), (2, 8)]
    """
    if aggregate == "median":
        return (size - 1) // 2, size // 2 + 1
    cut = size // 4 if aggregate == "iqm" else 0
    return cut, size - cut


def _narrow(counts: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return counts in the type that moves fastest.

    Raises:
        NasbenchError: A sum of them would not fit.
    """
    most = np.iinfo(np.int16).max
    if len(counts) > most:
        raise NasbenchError(f"at most {most} runs can be pooled, not {len(counts)}")
    return np.ascontiguousarray(counts, np.int16)


def _estimates(
    values: Floats, replicates: dict[Aggregate, Floats], confidence: float
) -> dict[Aggregate, Estimate]:
    """Return the estimates of ``(m, ...)`` samples.

    Args:
        values: The samples, runs first.
        replicates: By aggregate ``(replicates, columns)``.
        confidence: Of the intervals.
    """
    shape = values.shape[1:]
    ordered = np.sort(values, axis=0)
    estimates: dict[Aggregate, Estimate] = {}
    for name, drawn in replicates.items():
        start, stop = window(name, len(values))
        known = ~np.isnan(ordered[-1])
        value = np.where(known, ordered[start:stop].mean(axis=0), np.nan)
        table = drawn.reshape(len(drawn), *shape)
        estimates[name] = interval(value, table, confidence)
    return estimates
