"""The statistics of a board: computed once, for the page, its script and CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from leaderboards.measures.repeats import LEAST_SEARCHES
from leaderboards.report import wording
from leaderboards.site.claim_data import (
    LEVEL,
    ClaimCheck,
    claim_checks,
    claim_rows,
    claims_frame,
)
from leaderboards.site.line_data import Lines, lines_data, lines_frame
from leaderboards.site.pair_data import PairMatrix, pair_matrix, pair_rows, pairs_frame
from leaderboards.site.profile_data import profiles
from leaderboards.site.rank_tests import (
    RankTests,
    rank_tests,
    ranks_frame,
    told_tests,
    verdicts_frame,
)
from leaderboards.site.scopes import Scope, scopes_of, whole_curves
from leaderboards.site.target_data import (
    GOALS,
    RunningTimes,
    running_times,
    running_times_frame,
    target_lines,
)
from nasbench.search import BudgetUnit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class BoardStatistics:
    """What `leaderboards.measures` says of a board.

    Attributes:
        board: What `leaderboards.site.metric.judged` returned.
        unit: The unit of the budget.
        metric: What is ranked by.
    """

    board: pd.DataFrame
    unit: BudgetUnit
    metric: str

    @cached_property
    def scopes(self) -> list[Scope]:
        """Each benchmark alone, and all together."""
        return scopes_of(self.board, self.unit, self.metric)

    @cached_property
    def profiles(self) -> list[Lines]:
        """The performance profile of every scope."""
        return profiles(self.scopes)

    @cached_property
    def targets(self) -> list[Lines]:
        """The shares of targets reached, by scope and unit."""
        return target_lines(self.scopes)

    @cached_property
    def times(self) -> list[RunningTimes]:
        """The expected running times."""
        return running_times(self.scopes)

    @cached_property
    def matrices(self) -> list[PairMatrix]:
        """The chances of all pairs, by scope."""
        return [pair_matrix(scope) for scope in self.scopes]

    @cached_property
    def tests(self) -> RankTests | None:
        """The tests across benchmarks; None where there is one."""
        return rank_tests(whole_curves(self.board, self.unit))

    @cached_property
    def claims(self) -> dict[str, list[ClaimCheck]]:
        """The claims of every benchmark by its name."""
        return {one.name: claim_checks(one) for one in self.scopes if one.single}

    def test_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the tests across benchmarks in words."""
        return told_tests(self.tests)

    def script(self, order: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return what the page draws.

        Args:
            order: The strategies by rank, for every benchmark.
        """
        wins = {one.scope: list(one.strategies) for one in self.matrices}
        return {
            "order": {**wins, **order},
            "profiles": lines_data(self.profiles),
            "targets": lines_data(self.targets),
        }

    def files(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the CSV files by name."""
        yield "profiles.csv", lines_frame(self.profiles, "level_points", "quantity")
        yield "targets.csv", lines_frame(self.targets, "spent", "axis")
        yield "running-times.csv", running_times_frame(self.times)
        yield "pairs.csv", pairs_frame(self.matrices)
        claims = [one for found in self.claims.values() for one in found]
        if claims:
            yield "claims.csv", claims_frame(claims)
        if self.tests is not None:
            yield "ranks.csv", ranks_frame(self.tests)
            yield "tests.csv", verdicts_frame(self.tests)

    def page(self) -> dict[str, Any]:
        """Return what the page of the statistics is filled with."""
        return {
            "scopes": [self._panel(scope) for scope in self.scopes],
            "goals": [_goal(goal, self.scopes[0].from_zero) for goal in GOALS],
            "units": list(self.scopes[0].curves),
            "unit_names": wording.UNITS,
            "tests": self.test_lines(),
            "level": f"{100 * LEVEL:g} %",
            "across": self.tests is not None,
            "from_zero": self.scopes[0].from_zero,
            "has_claims": any(self.claims.values()),
            "repeats": any(one.main.searches is not None for one in self.scopes),
            "least": LEAST_SEARCHES,
        }

    def _panel(self, scope: Scope) -> dict[str, Any]:
        matrix = next(one for one in self.matrices if one.scope == scope.name)
        claims = self.claims.get(scope.name, [])
        return {
            "name": scope.name,
            "slug": scope.slug,
            "single": scope.single,
            "quantity": scope.quantity,
            "names": matrix.strategies,
            "pairs": pair_rows(matrix),
            "reason": matrix.reason if scope.single else "",
            "times": [
                _time_rows(one, matrix.strategies)
                for one in self.times
                if one.benchmark == scope.name
            ],
            "best": claims[0].check.claim.better if claims else "",
            "leaders": [one.check.claim.worse for one in claims if one.tied],
            "seeds": len(scope.main.seeds),
            "repeats": scope.main.searches is not None,
            "claims": claim_rows(claims),
        }


def _goal(fraction: float, from_zero: bool) -> str:
    if fraction == 0:
        return "the best" if from_zero else "the best found"
    return f"{100 * fraction:g} points"


def _time_rows(one: RunningTimes, order: Sequence[str]) -> dict[str, Any]:
    """Return the running times in one unit as rows of cells of text and small print."""
    rows = []
    for name in order:
        i = one.strategies.index(name)
        cells = []
        for j in range(len(GOALS)):
            bounds = (one.times.value, one.times.low, one.times.high)
            value, low, high = (_amount(float(part[i, j])) for part in bounds)
            successes = f"{int(one.successes[i, j])} of {one.runs} runs reached it"
            small = "" if value == "∞" else f"{low} to {high}"
            if one.searches[i] < one.runs:
                reached = int(one.found[i, j])
                successes = f"{reached} of {one.searches[i]} searches reached it"
            if one.unknown[i]:
                small = "" if value == "∞" else "?"
                successes += f"; bounds are unknown: {one.unknown[i]}"
            cells.append((value, small, successes))
        rows.append((name, cells))
    return {"unit": one.unit, "rows": rows}


def _amount(value: float) -> str:
    """Return a running time with three digits or more."""
    if value == float("inf"):
        return "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
