"""How long until targets: shares of them over time, and expected running times.

Targets are regrets from 10 to 0.1 percentage points. Where the best is not known they
count from the best that any run of the board found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leaderboards.measures import (
    TARGETS,
    RunCurves,
    expected_running_time,
    hitting_times,
    restart_ecdf,
    target_ecdf,
)
from leaderboards.measures.estimate import Estimate, Floats
from leaderboards.report.wording import UNITS as UNIT_NAMES
from leaderboards.site.line_data import Lines
from leaderboards.site.scopes import BOOTSTRAP_SEED, Scope
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd

GOALS = (0.05, 0.02, 0.01, 0.005, 0.001, 0.0)
"""The targets whose running times are shown, in fractions; the last is the best."""

GRID_POINTS = 120
BEYOND = 10
"""With restarts the axis goes on to so many budgets."""

RESTARTED = "with restarts"


@dataclass(frozen=True, eq=False)
class RunningTimes:
    """Expected running times on one benchmark in one unit.

    Attributes:
        benchmark: Its name.
        unit: What time is counted in.
        strategies: Names, in the order of the first axes.
        times: ``(k, goals)``; infinite where no run reached the goal.
        successes: ``(k, goals) int64``, runs that did.
        runs: Of each strategy.
        searches: ``(k,) int64``, distinct searches among them.
        found: ``(k, goals) int64``, distinct searches that reached the goal.
        unknown: Of each strategy why its bounds are not known; empty where they are.
    """

    benchmark: str
    unit: BudgetUnit
    strategies: tuple[str, ...]
    times: Estimate
    successes: Floats
    runs: int
    searches: NDArray[np.int64]
    found: NDArray[np.int64]
    unknown: tuple[str, ...]

    @property
    def repeats(self) -> bool:
        """Whether runs of any strategy replay one search."""
        return bool((self.searches < self.runs).any())


def target_lines(scopes: Sequence[Scope]) -> list[Lines]:
    """Return the shares of targets over every unit, then with restarts, by scope."""
    found = []
    for scope in scopes:
        for unit, curves in scope.curves.items():
            hits = hitting_times(_from_best(curves, scope), TARGETS)
            times = _grid(curves, unit, 1)
            label, names = UNIT_NAMES[unit], curves.strategies
            shares = {"value": target_ecdf(hits, times)}
            found.append(Lines(scope.name, unit, label, times, names, shares))
            if curves is scope.main:
                rng = np.random.default_rng(BOOTSTRAP_SEED)
                beyond = _grid(curves, unit, BEYOND)
                again = {"value": restart_ecdf(hits, beyond, rng)}
                kind = f"{unit} {RESTARTED}"
                label = f"{label}, {RESTARTED}"
                found.append(Lines(scope.name, kind, label, beyond, names, again))
    return found


def running_times(scopes: Sequence[Scope]) -> list[RunningTimes]:
    """Return the expected running times on every benchmark, in every unit."""
    found = []
    for scope in scopes:
        if not scope.single:
            continue
        for unit, curves in scope.curves.items():
            hits = hitting_times(_from_best(curves, scope), GOALS)
            rng = np.random.default_rng(BOOTSTRAP_SEED)
            both = expected_running_time(hits, rng)
            times = Estimate(both.value[:, 0], both.low[:, 0], both.high[:, 0])
            reached = hits.reached[:, :, 0].sum(axis=1)
            names, runs = curves.strategies, len(curves.seeds)
            once = [curves.first_runs(name, scope.name) for name in names]
            searched = (hits.reached[:, :, 0] & np.array(once)[..., None]).sum(axis=1)
            found.append(
                RunningTimes(
                    scope.name,
                    unit,
                    names,
                    times,
                    reached,
                    runs,
                    curves.search_counts()[:, 0],
                    searched,
                    tuple(scope.unknown(name) for name in names),
                )
            )
    return found


def running_times_frame(found: Sequence[RunningTimes]) -> pd.DataFrame:
    """Return one row per benchmark, unit, target and strategy; ``inf`` for never."""
    import pandas as pd

    rows = [
        (
            *(one.benchmark, one.unit, 100 * goal, name, one.runs),
            int(one.successes[i, j]),
            *(float(part[i, j]) for part in _parts(one.times)),
            *(int(one.searches[i]), int(one.found[i, j]), one.unknown[i]),
        )
        for one in found
        for j, goal in enumerate(GOALS)
        for i, name in enumerate(one.strategies)
    ]
    columns = ["benchmark", "unit", "target_points", "strategy", "runs", "reached"]
    columns += ["expected", "expected_low", "expected_high"]
    more = ["searches", "searches_reached", "unknown"]
    frame = pd.DataFrame(rows, columns=[*columns, *more])
    # A board on which nothing replays has no such columns.
    return frame if any(one.repeats for one in found) else frame[columns]


def _parts(times: Estimate) -> tuple[Floats, Floats, Floats]:
    return times.value, times.low, times.high


def _from_best(curves: RunCurves, scope: Scope) -> RunCurves:
    """Return the curves with errors counted from the best that the board found."""
    if scope.from_zero:
        return curves
    regrets = curves.regrets - np.nanmin(curves.regrets, axis=(0, 1, 3))[:, None]
    return replace(curves, regrets=regrets)


def _grid(curves: RunCurves, unit: BudgetUnit, budgets: int) -> Floats:
    """Return where shares are read: evenly spaced in the logarithm of the cost."""
    first = max(float(curves.times[0]), 1e-12)
    last = budgets * float(curves.times[-1])
    grid = np.geomspace(first, max(last, first), GRID_POINTS)
    grid[-1] = max(last, first)
    # Read after what is shown, so that the last evaluation counts.
    rounded = np.ceil(grid * 1e4) / 1e4 if unit == "seconds" else np.round(grid)
    return np.unique(rounded)
