"""Recorded ensembles beside the strategies of a board, on the axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.measures.step_functions import on_grid
from nasbench.errors import NasbenchError, unknown
from strategies.growth.growth import Growth
from strategies.growth.growth_scores import ensemble_curve, score_growths

if TYPE_CHECKING:
    import pandas as pd

MARK = "(ensemble)"
"""Stands behind the name of what is no entry of the table."""


def beside(
    board: pd.DataFrame, benchmark: str, growths: Sequence[Growth]
) -> pd.DataFrame:
    """Return test accuracies after equal CPU seconds, ensembles in their own columns.

    The moments are those at which ensembles had one network more, in the mean over
    growths. A run and a growth keep what they have to the next; both pay for all of
    their training. An ensemble is several networks, and so no entry of the table: its
    column is to be read beside the others and takes no part in a ranking.

    Args:
        board: What `compare` returns.
        benchmark: Which of its benchmarks.
        growths: Those on the same space, task and recipe
            (`strategies.growth.growth_scores.fitting`).

    Returns:
        One row per moment, rising: ``seconds``, then for every strategy the mean test
        accuracy in [0, 1] of the incumbents, NaN until every run has one, then
        ``METHOD (ensemble)`` likewise.

    Raises:
        NasbenchError: The board does not hold the benchmark.
    """
    import pandas as pd

    rows = board[board["benchmark"] == benchmark]
    if rows.empty:
        there = set(board["benchmark"])
        raise NasbenchError(unknown("benchmark of the board", benchmark, there))
    moments = np.unique([one.seconds.mean for one in score_growths(growths)])
    columns = {"seconds": moments}
    for strategy, own in rows.groupby("strategy", sort=False, observed=True):
        curves = [
            on_grid(run["seconds"], run["incumbent_test_accuracy"], moments)
            for _, run in own.groupby("seed", sort=False)
        ]
        columns[str(strategy)] = np.mean(curves, axis=0)
    for method in sorted({one.identity.method for one in growths}):
        mine = [one for one in growths if one.identity.method == method]
        columns[f"{method} {MARK}"] = ensemble_curve(mine, moments)
    return pd.DataFrame(columns)
