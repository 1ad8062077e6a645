"""The one array that all measures read: runs of strategies on benchmarks over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaderboards.measures.repeats import (
    LEAST_SEARCHES,
    Searches,
    count_searches,
    first_runs,
    repeat_positions,
    replaying,
)
from nasbench.errors import NasbenchError, unknown
from nasbench.search import BudgetUnit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RunCurves:
    """What the incumbent of every run is worth over time; smaller is better.

    NaN means that there is no number: the run has no incumbent yet. It is never
    replaced by one. Measures that only ask who is better let it lose against every
    number; measures that average are NaN where it enters.

    Attributes:
        strategies: Names, in the order of the first axis; k of them.
        seeds: The seeds of the runs, in the order of the second axis; n of them.
        benchmarks: Names, in the order of the third axis; b of them.
        times: ``(t,) float64``, strictly increasing, in `unit`.
        unit: What time is counted in.
        quantity: What `regrets` holds, as in ``"test regret"``.
        regrets: ``(k, n, b, t) float64``, fractions in [0, 1] unless scaled.
        ended: ``(k, n, b) float64``, when the run ended, in `unit`.
        searches: ``(k, n, b) int64``, of every run the position of the first run that
            replays the same recorded search; None where every run searches itself.
    """

    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    benchmarks: tuple[str, ...]
    times: Floats
    unit: BudgetUnit
    quantity: str
    regrets: Floats
    ended: Floats
    searches: Searches | None = None

    def __post_init__(self) -> None:
        """Check shapes and the order of the times.

        Raises:
            NasbenchError: An axis is empty or has another length than its names, a
                name stands twice, the times do not increase, or a regret is below 0.
        """
        runs = len(self.strategies), len(self.seeds), len(self.benchmarks)
        shape = (*runs, len(self.times))
        if 0 in shape:
            raise NasbenchError(
                "curves need a strategy, a seed, a benchmark and a time at least; "
                f"given are {shape[0]}, {shape[1]}, {shape[2]} and {shape[3]} of them"
            )
        if self.regrets.shape != shape or self.ended.shape != runs:
            raise NasbenchError(
                f"regrets are {self.regrets.shape} and ends {self.ended.shape}; the "
                f"names and times ask for {shape} and {runs}"
            )
        if self.searches is not None and self.searches.shape != runs:
            raise NasbenchError(
                f"searches are {self.searches.shape}; the names ask for {runs}"
            )
        for names in (self.strategies, self.seeds, self.benchmarks):
            if len(set(names)) < len(names):
                raise NasbenchError(f"a name stands twice on one axis: {names}")
        if not (np.diff(self.times) > 0).all() or not np.isfinite(self.times).all():
            raise NasbenchError("the times of curves are finite and strictly increase")
        if (self.regrets < 0).any():
            raise NasbenchError(
                f"a regret is 0 or more, not {np.nanmin(self.regrets)}; subtract from "
                "the best of the same kind of accuracy"
            )

    @property
    def common_end(self) -> float:
        """Return the last time on the axis that every run reached.

        Where budgets were unequal, compare here: later, runs that had ended stand
        beside runs that were still being paid for.
        """
        reached = self.times[self.times <= self.ended.min()]
        return float(reached[-1] if len(reached) else self.times[0])

    def at(self, time: float | None = None) -> Floats:
        """Return the regrets at one time.

        Args:
            time: In `unit`; by default the last one.

        Returns:
            ``(k, n, b) float64``.

        Raises:
            NasbenchError: The time lies before or after the axis.
        """
        if time is None:
            return self.regrets[..., -1]
        if not self.times[0] <= time <= self.times[-1]:
            raise NasbenchError(
                f"the curves are known from {self.times[0]:g} to {self.times[-1]:g} "
                f"{self.unit}, not at {time:g}"
            )
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        return self.regrets[..., place]

    def snapshot(self, time: float | None = None) -> RunCurves:
        """Return the curves at one time alone.

        Args:
            time: In `unit`; by default the last one.

        Raises:
            NasbenchError: The time lies before or after the axis.
        """
        when = self.times[-1:] if time is None else np.array([time], np.float64)
        return replace(self, times=when, regrets=self.at(time)[..., None])

    def strategy_index(self, name: str) -> int:
        """Return the place of a strategy on the first axis.

        Raises:
            NasbenchError: No strategy has that name.
        """
        if name not in self.strategies:
            raise NasbenchError(
                unknown("strategy of the curves", name, self.strategies)
            )
        return self.strategies.index(name)

    def benchmark_index(self, name: str) -> int:
        """Return the place of a benchmark on the third axis.

        Raises:
            NasbenchError: No benchmark has that name.
        """
        if name not in self.benchmarks:
            raise NasbenchError(
                unknown("benchmark of the curves", name, self.benchmarks)
            )
        return self.benchmarks.index(name)

    def only(
        self,
        strategies: Sequence[str] | None = None,
        benchmarks: Sequence[str] | None = None,
    ) -> RunCurves:
        """Return the curves of some strategies on some benchmarks, in that order.

        Raises:
            NasbenchError: A name is unknown, or none is given.
        """
        some = self.strategies if strategies is None else tuple(strategies)
        places = self.benchmarks if benchmarks is None else tuple(benchmarks)
        rows = [self.strategy_index(name) for name in some]
        columns = [self.benchmark_index(name) for name in places]
        return replace(
            self,
            strategies=some,
            benchmarks=places,
            regrets=self.regrets[rows][:, :, columns],
            ended=self.ended[rows][:, :, columns],
            searches=self._searches_of(rows, columns),
        )

    def search_counts(self) -> NDArray[np.int64]:
        """Return the ``(k, b)`` numbers of distinct searches, `n` where none repeat."""
        if self.searches is None:
            shape = len(self.strategies), len(self.benchmarks)
            return np.full(shape, len(self.seeds), np.int64)
        return count_searches(np.swapaxes(self.searches, 1, 2))

    def first_runs(self, strategy: str, benchmark: str) -> NDArray[np.bool_]:
        """Return ``(n,)``: which runs are the first of their search.

        Raises:
            NasbenchError: A name is unknown.
        """
        i, j = self.strategy_index(strategy), self.benchmark_index(benchmark)
        if self.searches is None:
            return np.ones(len(self.seeds), bool)
        return first_runs(self.searches[i, :, j])

    def too_few(self, benchmark: str, *strategies: str) -> str:
        """Return why no claim is made about strategies; an empty text: one can be.

        A strategy whose runs replay fewer than `LEAST_SEARCHES` recorded searches
        shows too little of its method.

        Raises:
            NasbenchError: A name is unknown.
        """
        counts = self.search_counts()[:, self.benchmark_index(benchmark)]
        runs = len(self.seeds)
        told = []
        for name in strategies:
            count = int(counts[self.strategy_index(name)])
            if count < min(runs, LEAST_SEARCHES):
                told.append(f"{name}: {replaying(runs, count)}")
        return "; ".join(told)

    def _searches_of(self, rows: list[int], columns: list[int]) -> Searches | None:
        if self.searches is None:
            return None
        chosen = self.searches[rows][:, :, columns]
        return chosen if repeat_positions(chosen) else None

    def scaled(self, by: ArrayLike) -> RunCurves:
        """Return the curves with the regrets of every benchmark divided by a number.

        Args:
            by: ``(b,)``, positive.

        Raises:
            NasbenchError: There is not one positive number per benchmark.
        """
        scale = np.asarray(by, np.float64)
        if scale.shape != (len(self.benchmarks),) or not (scale > 0).all():
            raise NasbenchError(
                f"scaling takes one positive number for each of the "
                f"{len(self.benchmarks)} benchmarks, not {scale.tolist()}"
            )
        regrets = self.regrets / scale[:, None]
        return replace(self, quantity=f"relative {self.quantity}", regrets=regrets)


def first_regrets(curves: RunCurves, strategy: str = "random") -> Floats:
    """Return what the first incumbent of a strategy is worth, on the mean over runs.

    With random search it is the expected regret of a random architecture. Divided by
    it, regrets of easy and of hard benchmarks become comparable: 1 is as good as one
    random architecture, 0 is the optimum.

    Args:
        curves: The runs.
        strategy: Whose first incumbents.

    Returns:
        ``(b,) float64``; NaN where a run never has an incumbent.

    Raises:
        NasbenchError: The curves do not hold the strategy.
    """
    own = curves.regrets[curves.strategy_index(strategy)]
    first = np.isfinite(own).argmax(axis=-1)
    values = np.take_along_axis(own, first[..., None], axis=-1)[..., 0]
    return np.asarray(values.mean(axis=0))
