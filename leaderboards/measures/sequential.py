"""Looking at a claim after every seed, without being fooled by looking often.

A test that is repeated after every seed until it rejects will accept a false claim in
the end. A wealth that cannot be expected to grow while the claim is false may be
watched as long as one likes: that it ever exceeds 1 / level has at most the chance
`level` (Ville 1939). Each seed is a bet on which strategy wins it, at all odds that
favour the claim in equal shares: Robbins' mixture (Annals of Mathematical Statistics
1970) for the sign test, in today's words an e-process (Ramdas, Grunwald, Vovk & Shafer,
Statistical Science 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.claim import Claim
from leaderboards.measures.run_curves import Floats, RunCurves


@dataclass(frozen=True, eq=False)
class SequentialCheck:
    """How the evidence for a claim grows from seed to seed.

    Attributes:
        claim: What is claimed.
        wins: ``(n,) int64``, seeds so far in which the claim holds.
        losses: ``(n,) int64``, in which the opposite does; the rest are ties.
        log_wealth: ``(n,) float64``, natural logarithm of the wealth after each seed.
        decided_after: Seeds after which the claim is accepted; None if it is not yet.
        p_value: Anytime-valid: may be read at any moment, in [0, 1]; NaN where nothing
            can be said.
        reason: Why nothing can be said; empty otherwise.
    """

    claim: Claim
    wins: NDArray[np.int64]
    losses: NDArray[np.int64]
    log_wealth: Floats
    decided_after: int | None
    p_value: float
    reason: str = ""


def sequential_check(curves: RunCurves, claim: Claim) -> SequentialCheck:
    """Follow a claim over the seeds, each of which both strategies ran.

    What is tested is that a run of the one wins against one of the other more often
    than it loses. A claim is made before its runs are seen; where the better one is
    picked afterwards, halve the level. Of runs that replay one search the first alone
    is looked at: n is then the number of searches.

    Args:
        curves: The runs; their seeds are taken in order. A run without an incumbent
            loses, two such tie.
        claim: What is claimed.

    Raises:
        NasbenchError: The curves do not hold what the claim names.
    """
    first, second = (
        np.where(np.isnan(side), np.inf, side) for side in claim.runs(curves)
    )
    mine, theirs = claim.searches(curves)
    first, second = first[mine & theirs], second[mine & theirs]
    few = curves.too_few(claim.benchmark, claim.better, claim.worse)
    wins = np.cumsum(first < second, dtype=np.int64)
    losses = np.cumsum(first > second, dtype=np.int64)
    wealth = log_wealth(wins, losses)
    enough = np.flatnonzero(wealth >= -np.log(claim.level))
    return SequentialCheck(
        claim,
        wins,
        losses,
        wealth,
        int(enough[0]) + 1 if len(enough) and not few else None,
        float("nan") if few else float(min(1.0, np.exp(-wealth.max()))),
        few,
    )


def log_wealth(wins: ArrayLike, losses: ArrayLike) -> Floats:
    """Return the logarithm of what 1 became by betting on wins.

    The mixture over the chances p of a win between 1/2 and 1, uniformly, of the
    likelihood ratio to 1/2: 2^(w + l + 1) times the integral of p^w (1 - p)^l.

    Args:
        wins: ``(...)``, counts.
        losses: ``(...)``, counts.
    """
    from scipy.special import betaln
    from scipy.stats import beta

    w, loss = np.asarray(wins, np.float64), np.asarray(losses, np.float64)
    above_half = beta.logsf(0.5, w + 1, loss + 1)
    whole = betaln(w + 1, loss + 1)
    return np.asarray((w + loss + 1) * np.log(2) + whole + above_half)
