"""Probability of improvement: how likely a run of one strategy beats one of another.

Agarwal et al. (NeurIPS 2021): the Mann-Whitney statistic of every benchmark, averaged
over benchmarks. It asks who wins, not by how much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.repeats import LEAST_SEARCHES, Searches, count_searches
from leaderboards.measures.resampling import interval, seed_counts, unbounded
from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError


def improvement_matrix(
    curves: RunCurves,
    rng: np.random.Generator,
    time: float | None = None,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return for all pairs the chance that the first is better, ties one half.

    Args:
        curves: The runs; one without an incumbent loses, two such tie.
        rng: Draws the replicates, seeds within benchmarks, for every strategy anew.
        time: When; by default at the end of the axis.
        replicates: How many.
        confidence: Probability that the intervals cover, in (0, 1).

    Returns:
        Arrays ``(k, k)`` in [0, 1]: the row's strategy against the column's; one half
        on the diagonal. Bounds are NaN where the runs of a side replay fewer than
        `leaderboards.measures.repeats.LEAST_SEARCHES` searches on a benchmark.

    Raises:
        NasbenchError: The time is unknown, the confidence out of range, or there is
            no replicate.
    """
    scores = curves.at(time)
    k, n, b = scores.shape
    values = np.zeros((k, k))
    drawn = np.zeros((replicates, k, k))
    for i in range(b):
        wins = _wins(scores[:, :, i], scores[:, :, i])
        values += wins.sum(axis=(1, 3), dtype=np.float64) / (n * n)
        together = None if curves.searches is None else curves.searches[:, :, i]
        counts = seed_counts(n, k, rng, replicates, together).astype(np.float32)
        _add_replicates(drawn, wins, counts)
    drawn /= n * n * b
    diagonal = np.arange(k)
    drawn[:, diagonal, diagonal] = 0.5
    # Complete the lower half: what one does not win the other does.
    lower = np.tril_indices(k, -1)
    drawn[:, lower[0], lower[1]] = 1 - drawn[:, lower[1], lower[0]]
    outcome = interval(values / b, drawn, confidence)
    few = curves.search_counts().min(axis=1) < min(n, LEAST_SEARCHES)
    unsure = few[:, None] | few
    unsure[diagonal, diagonal] = False
    for bound in (outcome.low, outcome.high):
        bound[unsure] = np.nan
    return outcome


def probability_of_improvement(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
    searches: tuple[Searches, Searches] | None = None,
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
        searches: ``(n,)`` and ``(m,)``, which runs of the two sides replay one search;
            None where none do.

    Returns:
        Arrays ``()``, in [0, 1]; bounds are NaN where the runs of a side replay fewer
        than `leaderboards.measures.repeats.LEAST_SEARCHES` searches.

    Raises:
        NasbenchError: A side has no sample, or the confidence is out of range.
    """
    wins = _wins(first, second)
    if wins.size == 0:
        raise NasbenchError("a comparison needs at least one run on either side")
    n, m = wins.shape
    rows = rng.multinomial(n, np.full(n, 1 / n), size=replicates)
    columns = rng.multinomial(m, np.full(m, 1 / m), size=replicates)
    value = wins.mean(dtype=np.float64)
    if searches is not None:
        for own in searches:
            if count_searches(own) < min(len(own), LEAST_SEARCHES):
                return unbounded(Estimate(value, value, value))
        # From another generator: what is drawn after this stays as it is.
        apart = rng.spawn(1)[0]
        rows, columns = (
            seed_counts(len(own), 1, apart, replicates, own[None])[:, 0]
            for own in searches
        )
    drawn = ((rows @ wins) * columns).sum(axis=1) / (n * m)
    return interval(value, drawn, confidence)


def _wins(first: ArrayLike, second: ArrayLike) -> NDArray[np.float32]:
    """Return 1 where the first run is smaller, 1/2 at ties, for all pairs of two.

    The shape is that of the first followed by that of the second.
    """
    mine, theirs = (
        np.where(np.isnan(side), np.inf, side)
        for side in (np.asarray(first, np.float64), np.asarray(second, np.float64))
    )
    wins = np.less.outer(mine, theirs).astype(np.float32)
    wins += np.float32(0.5) * np.equal.outer(mine, theirs)
    return wins


def _add_replicates(
    drawn: Floats,
    wins: NDArray[np.float32],
    counts: NDArray[np.float32],
) -> None:
    """Add the wins of resampled runs, for the pairs above the diagonal.

    Products of counts, in halves, are exact in 32 bits up to 2,048 runs.
    """
    replicates, k, n = counts.shape
    for row in range(k - 1):
        rest = wins[row, :, row + 1 :].reshape(n, -1)
        against = (counts[:, row] @ rest).reshape(replicates, -1, n)
        drawn[:, row, row + 1 :] += np.einsum(
            "rkn,rkn->rk", against, counts[:, row + 1 :]
        )
