"""A board's incumbents as step functions on one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.repeats import Searches, repeat_positions
from leaderboards.measures.run_curves import RunCurves
from nasbench.errors import NasbenchError, unknown
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd

Quantity: TypeAlias = Literal[
    "test regret", "validation regret", "test error", "validation error"
]
AfterEnd: TypeAlias = Literal["hold", "unknown"]

EVERY_EVALUATION = 1000
"""Up to this many, counted times are all on the axis and hitting times are exact."""

GRID_POINTS = 200

SEARCH = "search"
"""The column with the seed of the first run that replays the same search."""

DECIMALS = 12
"""Accuracies that agree so far are equal, and differ by the order of summation: ties
and optima would be lost to it."""


def curves_of(
    board: pd.DataFrame,
    quantity: Quantity = "test regret",
    unit: BudgetUnit = "evaluations",
    times: ArrayLike | None = None,
    after_end: AfterEnd = "hold",
) -> RunCurves:
    """Read the runs of a board as step functions of what was spent.

    They are right-continuous: at the very cost of an evaluation its outcome is known.
    Before the first incumbent there is NaN. The rows may stand in any order.

    Args:
        board: What `leaderboards.compare` returns; a column ``search`` says which
            runs replay one recorded search (`leaderboards.searches`).
        quantity: What to read off the incumbents. Errors, 1 minus the accuracy, are
            for benchmarks whose best accuracy is unknown.
        unit: What time is counted in.
        times: ``(t,)``, where to read. By default all counts up to the longest run
            where they are few, else 200 points evenly spaced in the logarithm.
        after_end: A run that ended holds its last value (it would have gone on with
            that incumbent at least), or is ``"unknown"`` from then on.

    Returns:
        Strategies and benchmarks in the order in which they appear, seeds ascending.

    Raises:
        NasbenchError: The board is empty or lacks a column that is read, a choice is
            not among its kinds, not every strategy has every seed on every benchmark,
            costs in `unit` are unknown or decrease, or the quantity is unknown
            although there are incumbents.
    """
    _check_choice("quantity", quantity, get_args(Quantity))
    _check_choice("unit", unit, get_args(BudgetUnit))
    _check_choice("after_end", after_end, get_args(AfterEnd))
    if board.empty:
        raise NasbenchError("curves need a board with rows; this one is empty")
    _check_columns(board, quantity, unit)
    strategies, benchmarks, seeds, run = _numbered(board)
    order = np.lexsort((board["evaluations"].to_numpy(), run))
    run = run[order]
    values = _values(board, quantity)[order]
    spent = board[unit].to_numpy(np.float64)[order]
    shape = len(strategies), len(seeds), len(benchmarks)
    last = np.append(np.flatnonzero(np.diff(run)), len(run) - 1)
    _check_runs(board.iloc[order], run, spent, last)
    axis = _axis(spent, unit) if times is None else np.asarray(times, np.float64)
    regrets = _read(run, spent, values, axis)
    ended = spent[last]
    if after_end == "unknown":
        regrets[axis > ended[:, None]] = np.nan
    return RunCurves(
        strategies,
        seeds,
        benchmarks,
        axis,
        unit,
        quantity,
        regrets.reshape(*shape, len(axis)),
        ended.reshape(shape),
        _searches(board, seeds, order[last], shape),
    )


def _searches(
    board: pd.DataFrame,
    seeds: tuple[int, ...],
    rows: NDArray[np.int64],
    shape: tuple[int, int, int],
) -> Searches | None:
    """Return of every run the position of the first run of its search.

    Args:
        board: The board.
        seeds: In the order of the positions.
        rows: The last row of every run, in C order.
        shape: Strategies, seeds, benchmarks.
    """
    if SEARCH not in board:
        return None
    given = board[SEARCH].to_numpy(np.int64)[rows].reshape(shape)
    found = np.searchsorted(np.array(seeds), given)
    return found if repeat_positions(found) else None


def on_grid(
    spent: ArrayLike, values: ArrayLike, grid: ArrayLike
) -> NDArray[np.float64]:
    """Read a step function at the points of a grid.

    It is right-continuous: at the very cost of an evaluation its outcome is known.
    After the last evaluation the last value holds on.

    Args:
        spent: ``(n,)``, cumulative cost of every evaluation, not decreasing.
        values: ``(n,)``, the value from that cost on.
        grid: ``(g,)``, the costs to read at.

    Returns:
        ``(g,) float64``; NaN before the first evaluation.
    """
    steps = np.concatenate(([np.nan], np.asarray(values, np.float64)))
    return steps[np.searchsorted(np.asarray(spent), np.asarray(grid), side="right")]


def _check_choice(name: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise NasbenchError(unknown(name, given, known))


def _check_columns(board: pd.DataFrame, quantity: Quantity, unit: BudgetUnit) -> None:
    split, kind = quantity.split()
    read = ["strategy", "benchmark", "seed", "evaluations", "incumbent", unit]
    read.append(f"incumbent_{split}_accuracy")
    if kind == "regret":
        read.append(f"{split}_regret")
    missing = [column for column in dict.fromkeys(read) if column not in board]
    if missing:
        raise NasbenchError(
            f"the board has no column {' and no column '.join(map(repr, missing))}, "
            f"which {quantity} by {unit} is read from; `leaderboards.compare` writes "
            "them all"
        )


def _numbered(
    board: pd.DataFrame,
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...], NDArray[np.int64]]:
    """Return the names, and per row the number of its run in C order.

    Raises:
        NasbenchError: A run is missing.
    """
    import pandas as pd

    strategy, strategies = pd.factorize(board["strategy"])
    benchmark, benchmarks = pd.factorize(board["benchmark"])
    seeds, seed = np.unique(board["seed"].to_numpy(np.int64), return_inverse=True)
    shape = len(strategies), len(seeds), len(benchmarks)
    run = np.ravel_multi_index((strategy, seed, benchmark), shape)
    there = np.zeros(shape, bool)
    there.reshape(-1)[run] = True
    if not there.all():
        k, n, b = np.argwhere(~there)[0]
        raise NasbenchError(
            f"strategy {strategies[k]!r} has no run from seed {seeds[n]} on "
            f"{benchmarks[b]!r}, and {(~there).sum()} of {there.size} runs are "
            "missing; run them, or drop what is incomplete from the board"
        )
    names = tuple(str(name) for name in strategies)
    places = tuple(str(name) for name in benchmarks)
    return names, places, tuple(seeds.tolist()), run


def _values(board: pd.DataFrame, quantity: Quantity) -> NDArray[np.float64]:
    """Return ``(rows,)`` of the quantity; NaN where a row has no incumbent.

    Raises:
        NasbenchError: Every number of a benchmark is missing, its incumbents are not.
    """
    split, kind = quantity.split()
    accuracy = board[f"incumbent_{split}_accuracy"].to_numpy(np.float64)
    if kind == "error":
        values = 1 - accuracy
        incumbents = board["incumbent"].notna().to_numpy()
    else:
        values = board[f"{split}_regret"].to_numpy(np.float64)
        incumbents = np.isfinite(accuracy)
    unknown_rows = incumbents & np.isnan(values)
    if unknown_rows.any():
        name = board["benchmark"].to_numpy()[unknown_rows][0]
        hint = "" if kind == "error" else f"; read '{split} error' instead"
        raise NasbenchError(
            f"the {quantity} of the incumbents on {name!r} is not known: the "
            f"benchmark states no such number{hint}"
        )
    return np.round(values, DECIMALS)


def _check_runs(
    rows: pd.DataFrame,
    run: NDArray[np.int64],
    spent: NDArray[np.float64],
    last: NDArray[np.int64],
) -> None:
    """Refuse costs that are unknown or decrease, and evaluations that stand twice."""
    if not np.isfinite(spent).all():
        place = int(np.flatnonzero(~np.isfinite(spent))[0])
        name = rows["benchmark"].iloc[place]
        raise NasbenchError(f"what was spent on {name!r} is not known in this unit")
    inside = np.ones(len(run) - 1, bool)
    inside[last[:-1]] = False
    number = rows["evaluations"].to_numpy()
    wrong = inside & ((np.diff(spent) < 0) | (np.diff(number) == 0))
    if wrong.any():
        row = rows.iloc[int(np.flatnonzero(wrong)[0]) + 1]
        raise NasbenchError(
            f"evaluation {row['evaluations']} of strategy {row['strategy']!r}, seed "
            f"{row['seed']} on {row['benchmark']!r} stands twice or ends before the "
            "one before it; was the board joined with itself?"
        )


def _read(
    run: NDArray[np.int64],
    spent: NDArray[np.float64],
    values: NDArray[np.float64],
    axis: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``(runs, t)``: for every time the last row of the run not after it."""
    latest = np.full((int(run[-1]) + 1, len(axis)), -1)
    place = np.searchsorted(axis, spent, side="left")
    on = place < len(axis)
    # Rows ascend within a run, and of several at one place the last one is kept.
    latest[run[on], place[on]] = np.flatnonzero(on)
    np.maximum.accumulate(latest, axis=1, out=latest)
    return np.asarray(np.append(values, np.nan)[latest])


def _axis(spent: NDArray[np.float64], unit: BudgetUnit) -> NDArray[np.float64]:
    first, last = spent[spent > 0].min(initial=spent.max()), spent.max()
    if not first > 0:
        return np.array([0.0])  # nothing cost anything
    if unit != "seconds" and last <= EVERY_EVALUATION:
        return np.arange(1.0, last + 1)
    grid = np.geomspace(first, last, GRID_POINTS)
    grid[-1] = last  # to the last bit: the last evaluation counts
    return np.unique(grid if unit == "seconds" else np.round(grid))
