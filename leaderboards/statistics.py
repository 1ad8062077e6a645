"""Aggregates of runs with their bootstrap intervals; pure functions on arrays.

In all of this smaller is better, as with regret, and a run is one sample. Intervals
are percentile bootstraps (Efron 1979) over runs: they say how sure the figures are
given these runs, not what another benchmark would show. Aggregates follow Agarwal et
al. (NeurIPS 2021), "Deep RL at the edge of the statistical precipice".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasbench.errors import NasbenchError

Floats: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = Callable[[Floats, int], Floats]
"""Reduces an array along an axis; such as `mean`, `median`, `interquartile_mean`."""

REPLICATES = 2000
CONFIDENCE = 0.95
DIGITS = 12
"""Means that agree to so many digits of the largest are equal: sums of the same runs
in another order differ in the last ones."""

CHUNK = 2**21
"""Elements of resampled data that are held at a time: 16 MiB of floats."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: ``(...) float64``, computed from all samples.
        low: ``(...) float64``, lower bound.
        high: ``(...) float64``, upper bound.
    """

    value: Floats
    low: Floats
    high: Floats


def on_grid(spent: ArrayLike, values: ArrayLike, grid: ArrayLike) -> Floats:
    """Read a step function at the points of a grid.

    It is right-continuous: at the very cost of an evaluation its outcome is known.
    After the last evaluation the last value holds on.

    Args:
        spent: ``(n,)``, cumulative cost of every evaluation, not decreasing.
        values: ``(n,)``, the value from that cost on.
        grid: ``(g,)``, the costs to read at.

    Returns:
        ``(g,) float64``; NaN before the first evaluation.
    """
    steps = np.concatenate(([np.nan], np.asarray(values, np.float64)))
    return steps[np.searchsorted(np.asarray(spent), np.asarray(grid), side="right")]


def mean(samples: Floats, axis: int = 0) -> Floats:
    """Return the mean along `axis`."""
    return np.asarray(np.mean(samples, axis=axis))


def median(samples: Floats, axis: int = 0) -> Floats:
    """Return the median along `axis`."""
    return np.asarray(np.median(samples, axis=axis))


def interquartile_mean(samples: Floats, axis: int = 0) -> Floats:
    """Return the mean without the lowest and the highest quarter along `axis`.

    Of n samples, ``n // 4`` are left out at either end, as `scipy.stats.trim_mean`
    does. NaN in, NaN out.
    """
    cut = samples.shape[axis] // 4
    ordered = np.sort(samples, axis=axis)
    kept = np.take(ordered, range(cut, samples.shape[axis] - cut), axis=axis)
    missing = np.isnan(samples).any(axis=axis)
    return np.where(missing, np.nan, np.mean(kept, axis=axis))


def estimate(
    samples: ArrayLike,
    statistic: Statistic,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return a statistic over runs with its percentile bootstrap interval.

    A replicate draws whole runs, so that curves keep their shape.

    Args:
        samples: ``(n, ...) float64``, runs first.
        statistic: What to compute over the runs.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the interval covers, in (0, 1).

    Returns:
        Arrays ``(...)``; NaN where a sample is NaN.

    Raises:
        NasbenchError: There is no sample, or the confidence is out of range.
    """
    runs = np.asarray(samples, np.float64)
    tails = _tails(confidence)
    if runs.ndim == 0 or len(runs) == 0:
        raise NasbenchError("a statistic needs at least one run; none is given")
    drawn = rng.integers(len(runs), size=(replicates, len(runs)))
    step = max(1, CHUNK // runs.size)
    values = np.concatenate(
        [statistic(runs[drawn[i : i + step]], 1) for i in range(0, replicates, step)]
    )
    low, high = np.quantile(values, tails, axis=0)
    return Estimate(statistic(runs, 0), low, high)


def average_ranks(scores: ArrayLike) -> Floats:
    """Rank along the last axis: 1 for the smallest, ties share their average.

    Args:
        scores: ``(..., k)``; NaN is worse than every number.

    Returns:
        ``(..., k) float64``.
    """
    values = _nan_is_worst(scores)
    smaller = values[..., None, :] < values[..., :, None]
    equal = values[..., None, :] == values[..., :, None]
    return np.asarray(smaller.sum(axis=-1) + (equal.sum(axis=-1) + 1) / 2)


def rank_by_mean(
    samples: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Rank strategies by the mean over their runs, with intervals of the ranks.

    A replicate resamples the runs within every strategy and ranks the new means. Ties
    share their average rank, in the figure as in every replicate, where means are
    equal that agree to `DIGITS` digits. The bounds are ranks that did occur, or the
    rank itself where it lies outside the percentiles: resampling brings close
    strategies into ties and out of them, and moves ranks at either end inwards.

    Args:
        samples: ``(k, n)``, one row per strategy; NaN is worse than every number.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the interval covers, in (0, 1).

    Returns:
        Arrays ``(k,)``, 1 for the smallest mean; ``low <= value <= high``.

    Raises:
        NasbenchError: There is no sample, or the confidence is out of range.
    """
    # Sorted, so that equal runs in another order have equal means to the last bit.
    runs = np.sort(_nan_is_worst(samples), axis=1)
    tails = _tails(confidence)
    if runs.size == 0:
        raise NasbenchError("a ranking needs at least one run; none is given")
    drawn = rng.integers(runs.shape[1], size=(replicates, *runs.shape))
    means = np.take_along_axis(runs[None], drawn, axis=2).mean(axis=2)
    known = np.abs(runs[np.isfinite(runs)])
    scale = float(known.max(initial=0.0)) or 1.0
    ranks = average_ranks(np.round(means / scale, DIGITS))
    value = average_ranks(np.round(runs.mean(axis=1) / scale, DIGITS))
    low, high = np.quantile(ranks, tails, axis=0, method="inverted_cdf")
    return Estimate(value, np.minimum(low, value), np.maximum(high, value))


def probability_of_improvement(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the chance that a run of `first` is smaller than one of `second`.

    Ties count one half; it is the Mann-Whitney U statistic over all pairs of runs
    (Mann & Whitney 1947) divided by their number. Both sides are resampled.

    Args:
        first: ``(n,)``; NaN is worse than every number.
        second: ``(m,)``, likewise.
        rng: Draws the replicates.
        replicates: How many.
        confidence: Probability that the interval covers, in (0, 1).

    Returns:
        Arrays ``()``, in [0, 1].

    Raises:
        NasbenchError: A side has no sample, or the confidence is out of range.
    """
    rows, columns = _nan_is_worst(first)[:, None], _nan_is_worst(second)[None, :]
    tails = _tails(confidence)
    if rows.size == 0 or columns.size == 0:
        raise NasbenchError("a comparison needs at least one run on either side")
    wins = (rows < columns) + (rows == columns) / 2
    n, m = wins.shape
    row_counts = rng.multinomial(n, np.full(n, 1 / n), size=replicates)
    column_counts = rng.multinomial(m, np.full(m, 1 / m), size=replicates)
    values = ((row_counts @ wins) * column_counts).sum(axis=1) / (n * m)
    low, high = np.quantile(values, tails)
    return Estimate(np.asarray(wins.mean()), np.asarray(low), np.asarray(high))


def _nan_is_worst(values: ArrayLike) -> Floats:
    array = np.asarray(values, np.float64)
    return np.where(np.isnan(array), np.inf, array)


def _tails(confidence: float) -> tuple[float, float]:
    if not 0 < confidence < 1:
        raise NasbenchError(f"a confidence is between 0 and 1, not {confidence}")
    return (1 - confidence) / 2, (1 + confidence) / 2
