"""Bootstrap replicates of means over windows of a sorted sample, without sorting them.

Mean, median and interquartile mean are such means. A replicate of a sorted sample is
given by how often each of its members was drawn, and these counts say how much of the
window each member fills.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int16]
Window: TypeAlias = tuple[int, int]
"""Positions in a sorted sample: from the first, up to but without the second."""

BLOCK = 2**20
"""Counts that are worked on at a time; 2 MiB stay in a core's cache."""


def one_stratum(samples: Floats, counts: Counts, window: Window) -> Floats:
    """Return the replicates of a window's mean, for columns of one stratum each.

    The members drawn are given by rank, so that the same weights serve every column;
    within a column that is drawing runs.

    Args:
        samples: ``(n, c)``; NaN gives NaN.
        counts: ``(n, replicates)``, how often each rank was drawn.
        window: What to average.

    Returns:
        ``(replicates, c) float64``.
    """
    start, stop = window
    reached = np.clip(np.cumsum(counts, axis=0), start, stop)
    weights = np.diff(reached, axis=0, prepend=start) / (stop - start)
    ordered = np.sort(samples, axis=0)
    means = np.nan_to_num(ordered, copy=False).T @ weights
    means[np.isnan(samples).any(axis=0)] = np.nan
    return np.asarray(means.T)


def pooled_strata(
    samples: Floats, counts: Counts, windows: Sequence[Window]
) -> list[Floats]:
    """Return the replicates of several windows' means, for columns of pooled strata.

    Args:
        samples: ``(m, c)``, all runs of all strata; without NaN.
        counts: ``(m, replicates)``, how often each was drawn.
        windows: What to average.

    Returns:
        For every window ``(replicates, c) float64``.
    """
    # From one time to the next often no incumbent changes.
    new = np.ones(samples.shape[1], bool)
    new[1:] = (samples[:, 1:] != samples[:, :-1]).any(axis=0)
    order = np.argsort(-samples[:, new], axis=0)
    falling = np.take_along_axis(samples[:, new], order, axis=0)
    columns, replicates = falling.shape[1], counts.shape[1]
    means = [np.empty((columns, replicates)) for _ in windows]
    step = max(1, BLOCK // counts.size)
    for first in range(0, columns, step):
        block = slice(first, first + step)
        above = counts[order[:, block]]
        for i in range(1, len(above)):  # by rows: cumsum along the first axis is slow
            above[i] += above[i - 1]
        for i, window in enumerate(windows):
            means[i][block] = _means(falling[:, block], above, window)
    return [values[np.cumsum(new) - 1].T for values in means]


def _means(falling: Floats, above: Counts, window: Window) -> Floats:
    """Return ``(c, replicates)`` means over a window.

    Args:
        falling: ``(m, c)``, values from the largest to the smallest.
        above: ``(m, c, replicates)``, how many of a replicate were drawn from this
            member and the larger ones.
        window: In ascending order.
    """
    size, (start, stop) = len(falling), window
    least, most = size - stop, size - start
    # Members before `first` are above the window in every replicate, those from
    # `last` on below it: only between them do replicates differ.
    first = bisect_left(range(size), least + 1, key=lambda i: int(above[i].max()))
    last = bisect_left(range(size), most, key=lambda i: int(above[i].min()))
    inside = np.clip(above[first:last], least, most)
    # Summation by parts, from the smallest value upwards: a step up counts for as
    # many positions of the window as stand above it. Equal values stay exact so.
    steps = falling[first:last] - falling[first + 1 : last + 1]
    means = np.empty(above.shape[1:])
    for column in range(len(means)):
        positions = inside[:, column].astype(np.float64) - least
        np.matmul(steps[:, column], positions, out=means[column])
    means /= stop - start
    means += falling[last][:, None]
    return means
