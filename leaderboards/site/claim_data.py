"""How many seeds a claim needs: the best of a benchmark against all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.measures import (
    Claim,
    SequentialCheck,
    over_seeds,
    seeds_needed,
    sequential_check,
)
from leaderboards.measures.study_power import LIMIT
from leaderboards.site.scopes import BOOTSTRAP_SEED, Scope

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.025
"""Half of 5 %: who is said to be better was picked after looking."""

POWER = 0.8
DRAWS = 200
"""Studies that are drawn for every number of seeds; the number is a rough one."""


@dataclass(frozen=True, eq=False)
class ClaimCheck:
    """A claim, and what the seeds at hand say of it.

    Attributes:
        check: How the evidence grew from seed to seed.
        planned: Seeds with which a test shows it in four of five studies; None if even
            1,000 are too few.
        runs: Seeds at hand; where runs replay recorded searches, searches.
        tied: Whether the means of both are equal, so that there is nothing to claim.
    """

    check: SequentialCheck
    planned: int | None
    runs: int
    tied: bool


def claim_checks(scope: Scope) -> list[ClaimCheck]:
    """Return the claims that the best strategy of a benchmark beats the others.

    Raises:
        ValueError: The scope is several benchmarks.
    """
    if not scope.single:
        raise ValueError("a claim is about one benchmark")
    curves = scope.main.snapshot()
    means = over_seeds(curves)[:, 0, 0]
    order = np.argsort(np.where(np.isnan(means), np.inf, means), kind="stable")
    best, *others = order.tolist()
    found = []
    for other in others:
        names = curves.strategies[best], curves.strategies[other]
        claim = Claim(*names, scope.name, level=LEVEL)
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        check = sequential_check(curves, claim)
        planned = None
        if not check.reason:
            planned = seeds_needed(curves, claim, rng, POWER, DRAWS)
        # Equal but for the order of summation.
        tied = bool(np.isclose(means[other], means[best], rtol=0, atol=1e-12))
        found.append(ClaimCheck(check, planned, len(check.wins), tied))
    return found


def claim_rows(found: Sequence[ClaimCheck]) -> list[tuple[str, ...]]:
    """Return the claims as cells: the other, counts, decision, p-value, plan."""
    rows: list[tuple[str, ...]] = []
    for one in found:
        check = one.check
        wins, losses = int(check.wins[-1]), int(check.losses[-1])
        after = check.decided_after
        if check.reason:
            counts = (str(wins), str(one.runs - wins - losses), str(losses))
            told = f"unknown: {check.reason}"
            rows.append((check.claim.worse, *counts, told, "unknown", "unknown"))
            continue
        rows.append(
            (
                check.claim.worse,
                str(wins),
                str(one.runs - wins - losses),
                str(losses),
                f"after {after}" if after is not None else f"not after {one.runs}",
                "< 0.0001" if check.p_value < 1e-4 else f"{check.p_value:.2g}",
                f"over {LIMIT:,}" if one.planned is None else f"{one.planned:,}",
            )
        )
    return rows


def claims_frame(found: Sequence[ClaimCheck]) -> pd.DataFrame:
    """Return one row per claim; empty cells for what was not reached."""
    import pandas as pd

    rows = [
        (
            one.check.claim.benchmark,
            one.check.claim.better,
            one.check.claim.worse,
            one.runs,
            int(one.check.wins[-1]),
            int(one.check.losses[-1]),
            one.check.decided_after,
            one.check.p_value,
            one.planned,
            one.check.reason,
        )
        for one in found
    ]
    columns = ["benchmark", "better", "worse", "seeds", "wins", "losses"]
    columns += ["decided_after", "p_value_anytime", "seeds_for_power_80"]
    whole = dict.fromkeys(("decided_after", "seeds_for_power_80"), "Int64")
    frame = pd.DataFrame(rows, columns=[*columns, "unknown"]).astype(whole)
    # A board on which nothing replays has no such column.
    return frame if any(one.check.reason for one in found) else frame.iloc[:, :-1]
