"""A board as rows for a terminal: ranks, intervals, curves of eight steps."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.boards.manifest import Metric
from leaderboards.boards.results import Results
from leaderboards.columns import SEARCHES
from leaderboards.measures.step_functions import on_grid
from leaderboards.ranking import rank_board
from nasbench.errors import NasbenchError, unknown
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd

BARS = "▁▂▃▄▅▆▇█"
POINTS = 24
"""Columns of a curve."""

FLOOR = 0.1
"""Percentage points; curves are logarithmic down to here, and flat below."""

SORTS = ("rank", "mean", "median", "iqm", "improvement", "strategy")
BOOTSTRAP_SEED = 0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """What a board says of a strategy on a benchmark.

    Attributes:
        strategy: Its name.
        rank: By the mean of the metric, with bounds.
        mean: Final values in percentage points, smaller better, with bounds.
        median: Likewise.
        iqm: Likewise, the interquartile mean.
        improvement: Chance that a run ends better than one of the baseline; NaN for
            the baseline itself.
        curve: The mean over the budget, one letter per point.
        runs: How many were aggregated.
        searches: Distinct searches among them: fewer where recorded ones are replayed.
    """

    strategy: str
    rank: tuple[float, float, float]
    mean: tuple[float, float, float]
    median: tuple[float, float, float]
    iqm: tuple[float, float, float]
    improvement: float
    curve: str
    runs: int
    searches: int


def lines_of(
    results: Results, benchmark: str, metric: Metric, sort: str = "rank"
) -> list[Line]:
    """Return one line per strategy, the best first.

    Intervals are 95 % bootstrap intervals over seeds, or over the distinct searches
    that runs replay; NaN where that is one.

    Args:
        results: A board.
        benchmark: Which of its benchmarks.
        metric: What to rank by.
        sort: One of `SORTS`.

    Raises:
        NasbenchError: The metric is not known of the benchmark, or `sort` is none.
    """
    if sort not in SORTS:
        raise NasbenchError(unknown("sort", sort, SORTS))
    rows = results.board[results.board["benchmark"] == benchmark]
    rows = rows.assign(points=100 * losses(rows, metric))
    names = [one.name for one in results.entrants]
    curves = _curves(rows, names, results.manifest.settings.budget.unit)
    ranking = _ranking(results, metric)
    known = {str(r["strategy"]): r for r in ranking if r["benchmark"] == benchmark}
    found = [
        Line(
            strategy=name,
            rank=_triple(known[name], "rank"),
            mean=_triple(known[name], "ranked_points_mean"),
            median=_triple(known[name], "test_regret_points_median"),
            iqm=_triple(known[name], "test_regret_points_iqm"),
            improvement=float(known[name]["improvement"]),
            curve=curve,
            runs=int(known[name]["seeds"]),
            searches=int(known[name].get(SEARCHES.name, known[name]["seeds"])),
        )
        for name, curve in zip(names, curves, strict=True)
    ]
    return sorted(found, key=lambda line: _sort_key(line, sort))


def _ranking(results: Results, metric: Metric) -> list[dict[Hashable, Any]]:
    """Return the ranking of all benchmarks, with the numbers that the page shows.

    Both draw from one generator, benchmark after benchmark: they agree in every bound.
    """
    board, values = results.board, _values(results.board, metric)
    judged = board.assign(test_regret=np.maximum(values, 0.0))
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return rank_board(judged, rng, results.manifest.baseline).to_dict("records")


def losses(rows: pd.DataFrame, metric: Metric) -> Floats:
    """Return ``(rows,)`` fractions, smaller better, of the rows of a benchmark.

    Raises:
        NasbenchError: Nothing is known of the metric there.
    """
    values = _values(rows, metric)
    if not np.isfinite(values).any():
        raise NasbenchError(
            f"{metric} is not known on {rows['benchmark'].iloc[0]}; of a space whose "
            "best is unknown the errors are: validation_error, test_error"
        )
    return values


def _values(rows: pd.DataFrame, metric: Metric) -> Floats:
    if metric == "hypervolume":
        return 1 - rows["hypervolume"].to_numpy(np.float64)
    split, _, kind = metric.partition("_")
    if kind == "regret":
        return rows[f"{split}_regret"].to_numpy(np.float64)
    return 1 - rows[f"incumbent_{split}_accuracy"].to_numpy(np.float64)


def sparkline(values: Floats, low: float, high: float) -> str:
    """Return one letter per value, ``▁`` at `low` and ``█`` at `high`; NaN is blank.

    >>> import numpy as np
    >>> sparkline(np.array([np.nan, 1.0, 0.5, 0.0]), 0.0, 1.0)
    ' █▅▁'
    """
    span = high - low if high > low else 1.0
    steps = np.clip(np.round((values - low) / span * (len(BARS) - 1)), 0, len(BARS) - 1)
    return "".join(" " if step != step else BARS[int(step)] for step in steps)


def _curves(rows: pd.DataFrame, names: list[str], unit: BudgetUnit) -> list[str]:
    """Return the mean over runs of every strategy, on one logarithmic scale."""
    spent = rows[unit].to_numpy(np.float64)
    positive = spent[spent > 0]
    if not len(positive):
        return [""] * len(names)
    grid = np.geomspace(positive.min(), positive.max(), POINTS)
    means = []
    for name in names:
        runs = _of(rows, name).groupby("seed", sort=False)
        curves = [on_grid(run[unit], run["points"], grid) for _, run in runs]
        means.append(np.mean(curves, axis=0))  # NaN until every run has an incumbent
    logs = np.log10(np.maximum(np.array(means), FLOOR))
    low, high = np.nanmin(logs), np.nanmax(logs)
    return [sparkline(one, float(low), float(high)) for one in logs]


def _of(rows: pd.DataFrame, strategy: str) -> pd.DataFrame:
    return rows[rows["strategy"] == strategy]


def _triple(line: Mapping[Hashable, Any], name: str) -> tuple[float, float, float]:
    return float(line[name]), float(line[f"{name}_low"]), float(line[f"{name}_high"])


def _sort_key(line: Line, sort: str) -> tuple[float | str, float]:
    if sort == "strategy":
        return line.strategy, 0.0
    if sort == "improvement":
        value = line.improvement
        return (float("inf") if value != value else -value), line.rank[0]
    own: tuple[float, float, float] = getattr(line, sort)
    return (float("inf") if own[0] != own[0] else own[0]), line.rank[0]
