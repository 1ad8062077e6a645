"""How the strategies of a board do over the budget: means with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leaderboards.measures.estimate import REPLICATES, Estimate
from leaderboards.measures.repeats import Searches
from leaderboards.measures.resampling import mean_of_runs
from leaderboards.measures.step_functions import SEARCH, on_grid
from leaderboards.quantity import quantity_of
from nasbench.errors import NasbenchError, unknown
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd

GRID_POINTS = 200


@dataclass(frozen=True, eq=False)
class Curves:
    """Anytime curves of one benchmark.

    Attributes:
        benchmark: Name of the benchmark.
        quantity: What is averaged, as in ``"test regret"``; smaller is better.
        unit: The unit of `grid`.
        grid: ``(g,) float64``, what was spent.
        points: By strategy the mean over its runs in percentage points, ``(g,)``;
            NaN until every run has an incumbent.
    """

    benchmark: str
    quantity: str
    unit: BudgetUnit
    grid: NDArray[np.float64]
    points: dict[str, Estimate]


def anytime_curves(
    board: pd.DataFrame,
    benchmark: str,
    rng: np.random.Generator,
    unit: BudgetUnit = "evaluations",
    replicates: int = REPLICATES,
) -> Curves:
    """Return the mean over runs at up to 200 points of the budget.

    Runs are read as step functions and averaged at equal cost; a run that ended
    early keeps what it had. The points are spaced evenly in the logarithm of the
    cost, from the first evaluation to the end of the longest run.

    Args:
        board: What `compare` returns.
        benchmark: Which of its benchmarks.
        rng: Draws the bootstrap replicates.
        unit: What the budget is counted in.
        replicates: Bootstrap replicates of the intervals.

    Raises:
        NasbenchError: The board does not hold the benchmark, or nothing is known
            of it to draw, or the costs in `unit` are unknown.
    """
    rows = board[board["benchmark"] == benchmark]
    if rows.empty:
        raise NasbenchError(
            unknown("benchmark of the board", benchmark, set(board["benchmark"]))
        )
    quantity = quantity_of(rows)
    spent = rows[unit].to_numpy(np.float64)
    if not np.isfinite(spent).all():
        raise NasbenchError(f"the costs of {benchmark!r} in {unit} are not known")
    grid = _grid(spent, unit)
    rows = rows.assign(points=100 * quantity.fractions)
    points: dict[str, Estimate] = {}
    for strategy, own in rows.groupby("strategy", sort=False, observed=True):
        runs = own.groupby("seed", sort=False)
        curves = [on_grid(run[unit], run["points"], grid) for _, run in runs]
        points[str(strategy)] = mean_of_runs(
            curves, rng, replicates, searches=_searches(own)
        )
    return Curves(benchmark, quantity.name, unit, grid, points)


def _searches(own: pd.DataFrame) -> Searches | None:
    """Return of every run of a strategy the position of one of the same search."""
    if SEARCH not in own:
        return None
    runs = own.drop_duplicates("seed")
    place = {seed: i for i, seed in enumerate(runs["seed"])}
    return np.array([place[seed] for seed in runs[SEARCH]])


def _grid(spent: NDArray[np.float64], unit: BudgetUnit) -> NDArray[np.float64]:
    first, last = spent[spent > 0].min(initial=spent.max()), spent.max()
    if not first > 0:
        return np.array([0.0])  # nothing cost anything
    grid = np.geomspace(first, last, GRID_POINTS)
    return grid if unit == "seconds" else np.unique(np.round(grid))
