"""What a board ranks by, as the quantity that rankings and curves read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leaderboards.quantity import quantity_of
from nasbench.errors import NasbenchError, unknown

if TYPE_CHECKING:
    import pandas as pd

BEST_KNOWN = "test_regret"
"""The usual metric: `leaderboards.quantity.quantity_of` says what stands in for it."""

NAMES = {
    "test_regret": "test regret",
    "validation_regret": "validation regret",
    "test_error": "test error",
    "validation_error": "validation error",
    "hypervolume": "missed hypervolume",
}
"""How metrics are called; of a share of the exact front's hypervolume, 1 minus it."""


def judged(board: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the board with the metric in the place of the test regret.

    Rankings and curves read that column first, so that one code serves all metrics;
    under the usual metric the board is returned as it is.

    Raises:
        NasbenchError: The metric is unknown, or the board does not hold it.
    """
    if metric == BEST_KNOWN:
        return board
    if metric not in NAMES:
        raise NasbenchError(unknown("metric", metric, NAMES))
    if metric == "hypervolume":
        if "hypervolume" not in board:
            raise NasbenchError("the board holds no hypervolume; it has one objective")
        values = 1 - board["hypervolume"]
    else:
        split, kind = metric.split("_")
        if kind == "regret":
            values = board[f"{split}_regret"]
        else:
            values = 1 - board[f"incumbent_{split}_accuracy"]
    return board.assign(test_regret=np.maximum(values, 0.0))


def name_of(rows: pd.DataFrame, metric: str) -> str:
    """Return what the rows of one benchmark are ranked by, as in ``test regret``."""
    return quantity_of(rows).name if metric == BEST_KNOWN else NAMES[metric]
