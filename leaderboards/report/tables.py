"""Boards and rankings as CSV text; the same frame gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = "%.6f"


def board_csv(board: pd.DataFrame) -> bytes:
    """Return a board as CSV, without the rows in which nothing changed.

    Kept are the rows where a run's incumbent is a new one, and the last row of every
    run: all that the curves and the ranking need. Numbers have six decimals, missing
    values are empty; columns are described in `leaderboards.columns.BOARD`.
    """
    return _csv(board[_turning_points(board)])


def ranking_csv(ranking: pd.DataFrame) -> bytes:
    """Return a ranking as CSV; columns are those of `leaderboards.columns.RANKING`."""
    return _csv(ranking)


def _turning_points(board: pd.DataFrame) -> pd.Series[bool]:
    runs = [board["benchmark"].cat.codes, board["strategy"].cat.codes, board["seed"]]
    same_run = (runs[0].diff() == 0) & (runs[1].diff() == 0) & (runs[2].diff() == 0)
    incumbent = board["incumbent"].cat.codes
    changed = (incumbent >= 0) & ~(same_run & (incumbent.diff() == 0))
    last = ~same_run.shift(-1, fill_value=False)
    return changed | last


def _csv(frame: pd.DataFrame) -> bytes:
    text = frame.to_csv(index=False, float_format=DECIMALS, lineterminator="\n")
    return text.encode()
