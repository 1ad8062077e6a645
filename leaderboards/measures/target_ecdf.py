"""Shares of targets reached over time, on many benchmarks at once, as in COCO.

Hansen, Auger, Ros, Mersmann, Tusar & Brockhoff, "COCO: a platform for comparing
continuous optimizers in a black-box setting" (Optimization Methods and Software 2021).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.run_curves import Floats
from leaderboards.measures.running_time import HittingTimes

TARGETS = np.geomspace(0.1, 0.001, 51)
"""From a tenth to a thousandth of accuracy: finer, one image of a test set decides."""


def target_ecdf(hits: HittingTimes, times: ArrayLike) -> Floats:
    """Return the share of (benchmark, target, run) triples reached by a time.

    Args:
        hits: When runs reached targets.
        times: ``(t,)``.

    Returns:
        ``(k, t) float64`` in [0, 1]; not decreasing.
    """
    when = np.where(hits.reached, hits.spent, np.inf)
    return _shares(when.reshape(len(when), -1), times)


def restart_ecdf(
    hits: HittingTimes,
    times: ArrayLike,
    rng: np.random.Generator,
    draws: int = 100,
) -> Floats:
    """Return the share of (benchmark, target) pairs reached by a time with restarts.

    Runs are drawn with replacement until one succeeds, and what they spent is added
    up. This compares runs of unequal length fairly, and goes on beyond the longest;
    its mean time is `expected_running_time`.

    Args:
        hits: When runs reached targets.
        times: ``(t,)``.
        rng: Draws the runs.
        draws: Simulated chains of restarts per strategy, benchmark and target.

    Returns:
        ``(k, t) float64`` in [0, 1]; not decreasing. A pair that no run reached never
        is.
    """
    chains = simulated_restarts(hits, rng, draws)
    return _shares(chains.reshape(len(chains), -1), times)


def simulated_restarts(
    hits: HittingTimes, rng: np.random.Generator, draws: int
) -> Floats:
    """Return what chains of restarts spent until one succeeded.

    Args:
        hits: When runs reached targets.
        rng: Draws the runs.
        draws: Chains per strategy, benchmark and target.

    Returns:
        ``(k, b, g, draws) float64``; infinite where no run reached the target.
    """
    k, n, b, g = hits.spent.shape
    pairs = k * b * g
    spent = hits.spent.transpose(0, 2, 3, 1).reshape(pairs, n)
    reached = hits.reached.transpose(0, 2, 3, 1).reshape(pairs, n)
    possible = reached.any(axis=1)
    total = np.where(np.repeat(possible, draws), 0.0, np.inf)
    going = np.flatnonzero(np.repeat(possible, draws))
    while len(going):
        run = rng.integers(n, size=len(going))
        pair = going // draws
        total[going] += spent[pair, run]
        going = going[~reached[pair, run]]
    return total.reshape(k, b, g, draws)


def _shares(when: NDArray[np.float64], times: ArrayLike) -> Floats:
    """Return ``(k, t)``: the share of every row that is not above each time."""
    ordered, axis = np.sort(when, axis=1), np.asarray(times, np.float64)
    counts = [np.searchsorted(row, axis, side="right") for row in ordered]
    return np.asarray(np.array(counts) / ordered.shape[1])
