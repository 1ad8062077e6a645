"""Who wins: for all pairs the chance that a run of one ends better than the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.measures import compare_on, improvement_matrix
from leaderboards.measures.estimate import Estimate, Floats
from leaderboards.site.scopes import BOOTSTRAP_SEED, Scope

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class PairMatrix:
    """All pairs of strategies in one scope.

    Attributes:
        scope: Over which benchmarks.
        slug: The scope in addresses.
        strategies: Names, in the order of both axes: by how often they win.
        chances: ``(k, k)`` in [0, 1]; the row's strategy against the column's.
        p_values: ``(k, k)``, Mann-Whitney with Holm's correction over the seeds of
            one benchmark; NaN where there are none.
        reason: Why there are none; empty where there are.
        unknown: Of every strategy why nothing is claimed about it: its runs replay
            too few recorded searches; empty texts where there is no such reason.
        repeats: Whether any strategy replays.
    """

    scope: str
    slug: str
    strategies: tuple[str, ...]
    chances: Estimate
    p_values: Floats
    reason: str
    unknown: tuple[str, ...]
    repeats: bool


@dataclass(frozen=True)
class PairCell:
    """A cell of the matrix.

    Attributes:
        text: The chance in percent; empty on the diagonal.
        small: Its interval in percent.
        title: Both names with chance, interval and p-value, in words.
        shade: From -1, always loses, to 1, always wins.
        sure: Whether the interval leaves out one half.
    """

    text: str = ""
    small: str = ""
    title: str = ""
    shade: float = 0.0
    sure: bool = False


def pair_matrix(scope: Scope) -> PairMatrix:
    """Return the matrix of a scope, strategies that win most often first."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    chances = improvement_matrix(scope.main, rng)
    order = np.argsort(-chances.value.mean(axis=1), kind="stable")
    square = np.ix_(order, order)
    p_values = np.full(chances.value.shape, np.nan)
    reason = "tests over seeds compare on one benchmark at a time"
    if scope.single:
        tested = compare_on(scope.main, scope.name)
        p_values, reason = tested.p_values, tested.reason
    names = tuple(scope.main.strategies[i] for i in order)
    parts = (part[square] for part in (chances.value, chances.low, chances.high))
    return PairMatrix(
        scope.name,
        scope.slug,
        names,
        Estimate(*parts),
        p_values[square],
        reason,
        tuple(scope.unknown(name) for name in names),
        scope.main.searches is not None,
    )


def pair_rows(matrix: PairMatrix) -> list[tuple[str, list[PairCell]]]:
    """Return the rows of the matrix as the page shows them."""
    places = range(len(matrix.strategies))
    return [
        (name, [_cell(matrix, i, j) for j in places])
        for i, name in enumerate(matrix.strategies)
    ]


def pairs_frame(matrices: Sequence[PairMatrix]) -> pd.DataFrame:
    """Return one row per scope and ordered pair of different strategies."""
    import pandas as pd

    rows = [
        (
            one.scope,
            name,
            other,
            *(float(part[i, j]) for part in _parts(one.chances)),
            float(one.p_values[i, j]),
            _unknown(one, i, j),
        )
        for one in matrices
        for i, name in enumerate(one.strategies)
        for j, other in enumerate(one.strategies)
        if i != j
    ]
    columns = ["scope", "strategy", "against", "chance", "chance_low", "chance_high"]
    frame = pd.DataFrame(rows, columns=[*columns, "p_value_holm", "unknown"])
    # A board on which nothing replays has no such column.
    return frame if any(one.repeats for one in matrices) else frame.iloc[:, :-1]


def _unknown(matrix: PairMatrix, i: int, j: int) -> str:
    return "; ".join(filter(None, (matrix.unknown[i], matrix.unknown[j])))


def _parts(chances: Estimate) -> tuple[Floats, Floats, Floats]:
    return chances.value, chances.low, chances.high


def _cell(matrix: PairMatrix, i: int, j: int) -> PairCell:
    if i == j:
        return PairCell()
    value, low, high = (float(part[i, j]) for part in _parts(matrix.chances))
    names = f"{matrix.strategies[i]} ends better than {matrix.strategies[j]} in"
    if why := _unknown(matrix, i, j):
        title = f"{names} {100 * value:.1f} % of all pairs of runs; unknown: {why}"
        return PairCell(f"{100 * value:.0f}", "?", title, 2 * value - 1)
    small = f"{100 * low:.0f}–{100 * high:.0f}"
    p_value = float(matrix.p_values[i, j])
    tested = "" if np.isnan(p_value) else f"; Mann-Whitney with Holm p = {p_value:.2g}"
    title = f"{names} {100 * value:.1f} % ({small} %){tested}"
    sure = low > 0.5 or high < 0.5
    return PairCell(f"{100 * value:.0f}", small, title, 2 * value - 1, sure)
