"""How many seeds a claim needs: power by drawing from the runs that there are.

The runs at hand stand for all runs (Efron & Tibshirani, "An introduction to the
bootstrap", 1993, chapter 25): of every number of seeds, how often would a Mann-Whitney
test have said what is claimed? It answers how to plan a study. Made on the runs that
also serve as the proof it says nothing new, and few runs give a rough answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leaderboards.measures.claim import Claim
from leaderboards.measures.rank_sum import rank_sum
from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError

LIMIT = 1000
"""More seeds than this are not tried."""

DRAWS = 1000


def power(
    curves: RunCurves,
    claim: Claim,
    seeds: Sequence[int],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Floats:
    """Return how often the claim would be shown with so many seeds.

    Args:
        curves: The runs at hand.
        claim: What is to be shown; of runs that replay one search the first is drawn
            from.
        seeds: Numbers of seeds per strategy, 1 or more.
        rng: Draws runs with replacement.
        draws: Studies that are drawn for each number.

    Returns:
        ``(len(seeds),) float64`` in [0, 1]: the share of studies in which the
        two-sided test rejects at the claim's level, in the claimed direction.

    Raises:
        NasbenchError: The curves do not hold what the claim names, or a number is
            below 1.
    """
    if min(seeds, default=0) < 1 or draws < 1:
        raise NasbenchError(
            f"power is asked for 1 seed or more, of 1 draw or more, not {list(seeds)} "
            f"and {draws}"
        )
    better, worse = (
        side[first]
        for side, first in zip(claim.runs(curves), claim.searches(curves), strict=True)
    )
    shares = []
    for number in seeds:
        first = better[rng.integers(len(better), size=(draws, number))]
        second = worse[rng.integers(len(worse), size=(draws, number))]
        u, p_values = rank_sum(first, second)
        shown = (p_values <= claim.level) & (u > number**2 / 2)
        shares.append(shown.mean())
    return np.array(shares)


def seeds_needed(
    curves: RunCurves,
    claim: Claim,
    rng: np.random.Generator,
    wanted: float = 0.8,
    draws: int = DRAWS,
) -> int | None:
    """Return the number of seeds from which on a claim is likely to be shown.

    Found by doubling and halving, so it is exact up to the noise of the draws.

    Args:
        curves: The runs at hand.
        claim: What is to be shown.
        rng: Draws runs with replacement.
        wanted: The chance to show it, in (0, 1).
        draws: Studies that are drawn for each number tried.

    Returns:
        The number per strategy; None if even 1,000 are too few, so that the runs at
        hand hardly speak for the claim.

    Raises:
        NasbenchError: As in `power`, or the chance is out of range.
    """
    if not 0 < wanted < 1:
        raise NasbenchError(f"a chance is between 0 and 1, not {wanted}")

    def enough(number: int) -> bool:
        return bool(power(curves, claim, [number], rng, draws)[0] >= wanted)

    low, high = 1, 2
    while not enough(high):
        if high == LIMIT:
            return None
        low, high = high, min(2 * high, LIMIT)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
