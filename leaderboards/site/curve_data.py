"""The anytime curves of a board, for the page and as a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.measures.estimate import CONFIDENCE, REPLICATES, Estimate
from leaderboards.measures.resampling import (
    drawn_runs,
    interval,
    strategy_means,
    without_single,
)
from leaderboards.measures.step_functions import curves_of
from leaderboards.quantity import quantity_of
from leaderboards.site.metric import name_of
from leaderboards.site.packed import rounded
from nasbench.errors import NasbenchError
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd

UNITS: tuple[BudgetUnit, ...] = ("evaluations", "epochs", "seconds")
BOOTSTRAP_SEED = 0
DECIMALS = 4
"""Of percentage points."""
GRID_POINTS = 120


@dataclass(frozen=True, eq=False)
class MeanCurves:
    """The means of all strategies on one benchmark over what was spent.

    Attributes:
        benchmark: Name of the benchmark.
        quantity: What is averaged; smaller is better.
        unit: The unit of `grid`.
        grid: ``(g,) float64``.
        strategies: Names, in the order of the first axis of `points`.
        points: ``(k, g)`` percentage points; NaN until every run has an incumbent.
    """

    benchmark: str
    quantity: str
    unit: BudgetUnit
    grid: NDArray[np.float64]
    strategies: tuple[str, ...]
    points: Estimate


def board_curves(
    board: pd.DataFrame, first: BudgetUnit, metric: str
) -> list[MeanCurves]:
    """Return the curves of every benchmark over every unit whose costs are known.

    The first ones of a benchmark are those over the unit of the board's budget.

    Args:
        board: What `leaderboards.site.metric.judged` returned.
        first: That unit.
        metric: Of which metric.

    Raises:
        NasbenchError: The costs in the first unit are unknown.
    """
    found: list[MeanCurves] = []
    for name in board["benchmark"].unique():
        rows = board[board["benchmark"] == name]
        for unit in sorted(UNITS, key=lambda unit: unit != first):
            spent = rows[unit].to_numpy(np.float64)
            if unit == first or np.isfinite(spent).all():
                found.append(_mean_curves(rows, str(name), unit, metric))
    return found


def curves_data(curves: list[MeanCurves]) -> list[dict[str, Any]]:
    """Return the curves as JSON, in percentage points."""
    return [
        {
            "benchmark": one.benchmark,
            "quantity": one.quantity,
            "unit": one.unit,
            "grid": rounded(one.grid, DECIMALS),
            "lines": {
                strategy: {
                    "value": rounded(one.points.value[i], DECIMALS),
                    "low": rounded(one.points.low[i], DECIMALS),
                    "high": rounded(one.points.high[i], DECIMALS),
                }
                for i, strategy in enumerate(one.strategies)
            },
        }
        for one in curves
    ]


def curves_frame(curves: list[MeanCurves]) -> pd.DataFrame:
    """Return the same numbers as one row per point of a line."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "benchmark": one.benchmark,
                "quantity": one.quantity,
                "unit": one.unit,
                "spent": np.tile(np.round(one.grid, DECIMALS), len(one.strategies)),
                "strategy": np.repeat(one.strategies, len(one.grid)),
                "mean_points": np.round(one.points.value, DECIMALS).reshape(-1),
                "mean_points_low": np.round(one.points.low, DECIMALS).reshape(-1),
                "mean_points_high": np.round(one.points.high, DECIMALS).reshape(-1),
            }
        )
        for one in curves
    ]
    return pd.concat(parts, ignore_index=True)


def _mean_curves(
    rows: pd.DataFrame, benchmark: str, unit: BudgetUnit, metric: str
) -> MeanCurves:
    grid = _grid(rows[unit].to_numpy(np.float64), unit)
    quantity: Any = quantity_of(rows).name
    runs = curves_of(rows, quantity, unit, times=grid)
    samples = 100 * runs.regrets.transpose(1, 2, 0, 3)  # seeds, 1, strategies, times
    # Every curve comes from the same draws, so that they can be compared.
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    drawn = drawn_runs(len(samples), 1, rng, REPLICATES)
    replicates = strategy_means(samples, drawn, runs.searches)
    points = interval(samples.mean(axis=(0, 1)), replicates, CONFIDENCE)
    points = without_single(points, runs.searches)
    name = name_of(rows, metric)
    return MeanCurves(benchmark, name, unit, grid, runs.strategies, points)


def _grid(spent: NDArray[np.float64], unit: BudgetUnit) -> NDArray[np.float64]:
    """Return where curves are read: evenly spaced in the logarithm of the cost."""
    if not np.isfinite(spent).all():
        raise NasbenchError(f"the costs in {unit} are not known")
    positive = spent[spent > 0]
    if not len(positive):
        return np.array([0.0])  # nothing cost anything
    grid = np.geomspace(positive.min(), positive.max(), GRID_POINTS)
    grid[-1] = positive.max()  # to the last bit: the last evaluation counts
    return np.unique(grid if unit == "seconds" else np.round(grid))
