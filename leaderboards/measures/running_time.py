"""Expected running time to a target, with runs that never reach it.

A run that ends short of the target is censored: how long it would have taken is not
known. With restarts the time is known: a failed run costs what it spent, and another
begins (Auger & Hansen, CEC 2005; Hansen et al., "COCO", Optimization Methods and
Software 2021). The expectation is all that was spent divided by the successes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.repeats import (
    LEAST_SEARCHES,
    Searches,
    count_searches,
    repeat_positions,
)
from leaderboards.measures.resampling import counted, drawn_runs, interval
from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError


@dataclass(frozen=True, eq=False)
class HittingTimes:
    """When runs first reached targets.

    Attributes:
        targets: ``(g,) float64``, regrets.
        reached: ``(k, n, b, g) bool``.
        spent: ``(k, n, b, g) float64``, up to the target, or to the end of a run that
            did not reach it.
        searches: ``(k, n, b) int64``, as in `RunCurves`.
    """

    targets: Floats
    reached: NDArray[np.bool_]
    spent: Floats
    searches: Searches | None = None


def hitting_times(curves: RunCurves, targets: ArrayLike) -> HittingTimes:
    """Return when the incumbents of runs first were as good as targets.

    A target once reached stays reached, even where a later incumbent is worse: the
    run had it. On an axis with gaps the time is that of the next point, which the
    spacing of the axis bounds; counts up to 1,000 are exact.

    Args:
        curves: The runs.
        targets: ``(g,)``, regrets of 0 or more; easy or hard, in any order.

    Raises:
        NasbenchError: No target is given, or one is not a number of 0 or more.
    """
    goals = np.asarray(targets, np.float64)
    if goals.ndim != 1 or len(goals) == 0 or not (goals >= 0).all():
        raise NasbenchError(
            f"targets are a list of regrets of 0 or more, not {np.array2string(goals)}"
        )
    ended = np.minimum(curves.ended, curves.times[-1])
    best = np.fmin.accumulate(curves.regrets, axis=-1)
    reached = np.empty((*ended.shape, len(goals)), bool)
    spent = np.empty(reached.shape)
    for i, goal in enumerate(goals):
        at_goal = best <= goal
        reached[..., i] = at_goal[..., -1]
        when = curves.times[at_goal.argmax(axis=-1)]
        spent[..., i] = np.where(reached[..., i], np.minimum(when, ended), ended)
    return HittingTimes(goals, reached, spent, curves.searches)


def expected_running_time(
    hits: HittingTimes,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the expected time to each target with restarts, by benchmark.

    Args:
        hits: When runs reached targets.
        rng: Draws the replicates, whole runs of each benchmark.
        replicates: How many.
        confidence: Probability that the intervals cover, in (0, 1).

    Returns:
        Arrays ``(k, b, g)``; infinite where no run reached the target. Bounds are NaN
        where the runs replay fewer than
        `leaderboards.measures.repeats.LEAST_SEARCHES` searches.

    Raises:
        NasbenchError: The confidence is out of range, or there is no replicate.
    """
    k, n, b, g = hits.spent.shape
    value = _ratio(hits.spent.sum(axis=1), hits.reached.sum(axis=1))
    draws = drawn_runs(n, b, rng, replicates)
    counts = counted(draws).astype(np.float64)
    low, high = np.empty((k, b, g)), np.empty((k, b, g))
    for i in range(b):
        spent, reached = (
            counts[:, i] @ part[:, :, i].transpose(1, 0, 2).reshape(n, k * g)
            for part in (hits.spent, hits.reached.astype(np.float64))
        )
        drawn = _ratio(spent, reached).reshape(-1, k, g)
        bounds = interval(value[:, i], drawn, confidence, "inverted_cdf")
        low[:, i], high[:, i] = bounds.low, bounds.high
        for j in repeat_positions(hits.searches):
            assert hits.searches is not None
            own = hits.searches[j, :, i]
            if count_searches(own) < min(n, LEAST_SEARCHES):
                low[j, i] = high[j, i] = np.nan
                continue
            together = counted(draws[:, [i]], own[None])[:, 0].astype(np.float64)
            again = _ratio(
                together @ hits.spent[j, :, i],
                together @ hits.reached[j, :, i].astype(np.float64),
            )
            bounds = interval(value[j, i], again, confidence, "inverted_cdf")
            low[j, i], high[j, i] = bounds.low, bounds.high
    return Estimate(value, low, high)


def _ratio(spent: Floats, successes: NDArray[np.generic]) -> Floats:
    """Return spent by success; infinite without one."""
    number = np.asarray(successes, np.float64)
    never = np.full(spent.shape, np.inf)
    np.divide(spent, number, out=never, where=number > 0)
    return never
