"""What a statistic is over: one benchmark of a board, or all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.measures import RunCurves, curves_of
from leaderboards.quantity import quantity_of
from leaderboards.site.metric import BEST_KNOWN, NAMES
from leaderboards.site.names import file_names
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd

UNITS: tuple[BudgetUnit, ...] = ("evaluations", "epochs", "seconds")
BOOTSTRAP_SEED = 0


@dataclass(frozen=True, eq=False)
class Scope:
    """The runs that a statistic is computed from.

    Attributes:
        name: That of the benchmark, or how many there are together.
        slug: Its name in addresses.
        quantity: What the runs are judged by; smaller is better.
        curves: By unit; the unit of the budget first, others where costs are known.
        single: Whether it is one benchmark.
    """

    name: str
    slug: str
    quantity: str
    curves: Mapping[BudgetUnit, RunCurves]
    single: bool

    @property
    def main(self) -> RunCurves:
        """The curves over the unit of the budget."""
        return next(iter(self.curves.values()))

    def unknown(self, strategy: str) -> str:
        """Return why nothing is claimed about a strategy; an empty text: it can be."""
        for name in self.main.benchmarks:
            if why := self.main.too_few(name, strategy):
                return why if self.single else f"{why} on {name}"
        return ""

    @property
    def from_zero(self) -> bool:
        """Whether 0 is the best that there can be: a regret, and no error."""
        return "error" not in self.quantity


def scopes_of(board: pd.DataFrame, first: BudgetUnit, metric: str) -> list[Scope]:
    """Return each benchmark alone and, where there are several, all together.

    Args:
        board: What `leaderboards.site.metric.judged` returned.
        first: The unit of the budget.
        metric: What is ranked by.

    Raises:
        NasbenchError: A run is missing, or the costs in the first unit are unknown.
    """
    quantities = {
        str(name): _quantity(board, str(name), metric)
        for name in board["benchmark"].unique()
    }
    units = [
        unit
        for unit in sorted(UNITS, key=lambda unit: unit != first)
        if unit == first or np.isfinite(board[unit].to_numpy(np.float64)).all()
    ]
    curves = {unit: whole_curves(board, unit) for unit in units}
    return [*_alone(curves, quantities), *_together(curves, quantities)]


def whole_curves(board: pd.DataFrame, unit: BudgetUnit) -> RunCurves:
    """Return all runs of a board, every benchmark by the quantity that is known of it.

    Args:
        board: What `leaderboards.site.metric.judged` returned.
        unit: What time is counted in.
    """
    fractions = np.empty(len(board))
    for name in board["benchmark"].unique():
        own = (board["benchmark"] == name).to_numpy()
        fractions[own] = quantity_of(board[own]).fractions
    return curves_of(board.assign(test_regret=fractions), unit=unit)


def _quantity(board: pd.DataFrame, benchmark: str, metric: str) -> str:
    if metric != BEST_KNOWN:
        return NAMES[metric]
    return quantity_of(board[board["benchmark"] == benchmark]).name


def _together(
    curves: Mapping[BudgetUnit, RunCurves], quantities: Mapping[str, str]
) -> list[Scope]:
    # Errors and regrets of several benchmarks are not on one scale.
    kinds = set(quantities.values())
    if len(quantities) < 2 or len(kinds) > 1:
        return []
    name = f"all {len(quantities)} benchmarks"
    return [Scope(name, "all-benchmarks", kinds.pop(), curves, single=False)]


def _alone(
    curves: Mapping[BudgetUnit, RunCurves], quantities: Mapping[str, str]
) -> list[Scope]:
    slugs = file_names(["all-benchmarks", *quantities])
    return [
        Scope(
            name,
            slugs[name],
            quantity,
            {unit: one.only(benchmarks=[name]) for unit, one in curves.items()},
            single=True,
        )
        for name, quantity in quantities.items()
    ]
