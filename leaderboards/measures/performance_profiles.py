"""Performance profiles: how many runs, or problems, are within what of the best.

Two profiles bear the name. Agarwal et al. (NeurIPS 2021) count runs by their score;
Dolan & More (Mathematical Programming 2002) count problems by how many times the cost
of the cheapest strategy they took.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.resampling import (
    drawn_runs,
    interval,
    strategy_means,
    without_single,
)
from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError


def score_profile(
    curves: RunCurves,
    levels: ArrayLike,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the share of runs whose last regret is at most a level.

    For another time take `RunCurves.snapshot`. A run without an incumbent is at no
    level. Every benchmark weighs the same.

    Args:
        curves: The runs.
        levels: ``(r,)``, regrets.
        rng: Draws the replicates; seeds within benchmarks.
        replicates: How many.
        confidence: Probability that every single interval covers, in (0, 1).

    Returns:
        Arrays ``(k, r)`` in [0, 1]; bounds are NaN where all runs replay one search.

    Raises:
        NasbenchError: A level is NaN, the confidence is out of range, or there is no
            replicate.
    """
    asked = np.asarray(levels, np.float64)
    if np.isnan(asked).any():
        raise NasbenchError(
            f"level {int(np.flatnonzero(np.isnan(asked))[0])} of {asked.size} is NaN; "
            "levels are regrets"
        )
    reached = curves.at()[..., None] <= asked
    samples = reached.astype(np.float64).transpose(1, 2, 0, 3)
    draws = drawn_runs(samples.shape[0], samples.shape[1], rng, replicates)
    drawn = strategy_means(samples, draws, curves.searches)
    outcome = interval(samples.mean(axis=(0, 1)), drawn, confidence)
    return without_single(outcome, curves.searches)


def cost_profile(costs: ArrayLike, ratios: ArrayLike) -> Floats:
    """Return the share of problems solved within a multiple of the least cost.

    At ratio 1 it is the share of problems on which a strategy was the cheapest; at
    large ratios the share that it solves at all. It depends on who else is compared
    (Gould & Scott, ACM TOMS 2016): of two strategies behind the best, the order may
    turn when the best is left out.

    Args:
        costs: ``(k, problems)``, such as expected running times with benchmarks and
            targets in one axis; positive, infinite where not solved. A problem that
            nobody solves counts for nobody.
        ratios: ``(r,)``, 1 or more.

    Returns:
        ``(k, r) float64`` in [0, 1].

    Raises:
        NasbenchError: There is no problem, a cost is not positive, or a ratio is
            below 1.
    """
    table, multiples = np.asarray(costs, np.float64), np.asarray(ratios, np.float64)
    if table.ndim != 2 or table.size == 0 or not (table > 0).all():
        raise NasbenchError(
            "a cost profile takes positive costs of strategies by problems, infinite "
            f"where not solved, not an array {table.shape} with "
            f"{np.min(table, initial=np.inf)} as the least"
        )
    if not (multiples >= 1).all():
        raise NasbenchError(
            f"a ratio to the least cost is 1 or more: {multiples.tolist()}"
        )
    least = table.min(axis=0)
    solved = np.isfinite(least)
    ratio = np.full(table.shape, np.inf)
    ratio[:, solved] = table[:, solved] / least[solved]
    return np.asarray((ratio[..., None] <= multiples).mean(axis=1))
