"""The fronts of a board with several objectives, beside the exact ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.fronts.pareto import ExactFront
from leaderboards.fronts.permitted import is_known_whole
from nasbench.benchmark import Benchmark
from nasbench.search import Constraint, Objective, column_kind

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 6
"""Significant digits on the page."""


def fronts_data(
    fronts: pd.DataFrame,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    benchmarks: Mapping[str, Benchmark],
) -> dict[str, Any]:
    """Return what every strategy found, all runs together, as JSON.

    The points of a strategy are the distinct architectures on the fronts of its runs;
    the page draws those that none surpasses in the two objectives that are shown.
    Accuracies are in percent.
    """
    columns = [one.column for one in objectives]
    found = []
    for name, rows in fronts.groupby("benchmark", sort=False, observed=True):
        strategies = [
            {"name": str(strategy), "points": _points(own[columns].to_numpy(), columns)}
            for strategy, own in rows.groupby("strategy", sort=False, observed=True)
        ]
        one: dict[str, Any] = {"name": str(name), "strategies": strategies}
        benchmark = benchmarks.get(str(name))
        if benchmark is not None and is_known_whole(benchmark):
            exact = ExactFront.of(benchmark, objectives, constraints)
            one["exact"] = _points(exact.values, columns)
        found.append(one)
    return {"objectives": [_label(column) for column in columns], "benchmarks": found}


def _points(values: NDArray[Any], columns: Sequence[str]) -> list[list[float]]:
    scale = [100.0 if column_kind(column).maximise else 1.0 for column in columns]
    distinct = np.unique(np.asarray(values, np.float64) * scale, axis=0)
    known = distinct[np.isfinite(distinct).all(axis=1)]
    return [[float(f"{value:.{DIGITS}g}") for value in row] for row in known.tolist()]


def _label(column: str) -> str:
    kind = column_kind(column)
    if kind.maximise:
        return f"{column.replace('_', ' ')} (%)"
    return f"{column.replace('_', ' ')} ({kind.unit})"
