"""Performance profiles: what share of the runs ended with at most a regret."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leaderboards.measures import RunCurves, score_profile
from leaderboards.measures.estimate import Floats
from leaderboards.site.line_data import DECIMALS, Lines
from leaderboards.site.scopes import BOOTSTRAP_SEED, Scope

LEVELS = 81
MOST = 0.99
"""The levels end where this share of all runs is reached: a few lost ones would
squeeze the others."""


def profiles(scopes: Sequence[Scope]) -> list[Lines]:
    """Return the profiles of every scope, levels in percentage points."""
    found = []
    for scope in scopes:
        points = _levels(scope.main, scope.from_zero)
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        # A level counts what lies at it, whatever the last bit of its division says.
        levels = points / 100 + 10.0 ** -(DECIMALS + 4)
        shares = score_profile(scope.main, levels, rng)
        label = f"final {scope.quantity}, points"
        names = scope.main.strategies
        parts = {"value": shares.value, "low": shares.low, "high": shares.high}
        lines = Lines(scope.name, scope.quantity, label, points, names, parts)
        found.append(lines)
    return found


def _levels(curves: RunCurves, from_zero: bool) -> Floats:
    """Return levels in percentage points, evenly spaced."""
    ends = 100 * curves.at()
    known = ends[np.isfinite(ends)]
    if not len(known):
        return np.array([0.0])
    low = 0.0 if from_zero else float(known.min())
    high = float(np.quantile(known, MOST, method="higher"))
    scale = 10.0**DECIMALS
    # Rounded up, so that the last level is not below the runs that end there.
    return np.unique(np.ceil(np.linspace(low, high, LEVELS) * scale) / scale)
