"""Runs side by side on the simulated clock: who leads at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from leaderboards.runner.run import Run
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """Where a runner is at a moment.

    Attributes:
        name: The strategy.
        evaluations: Trainings that have ended.
        accuracy: Best validation accuracy seen after full training, in [0, 1]; NaN
            before the first.
        architecture: That of the incumbent; None before the first.
        finished: Whether it has nothing more to do.
    """

    name: str
    evaluations: int
    accuracy: float
    architecture: Architecture | None
    finished: bool


@dataclass(frozen=True, eq=False)
class Race:
    """Runs from one seed against one benchmark.

    Attributes:
        benchmark: Its name.
        runs: By the strategy's name.
    """

    benchmark: str
    runs: Mapping[str, Run]

    @classmethod
    def of(cls, benchmark: Benchmark, runs: Sequence[Run]) -> Race:
        """Line up runs.

        Raises:
            NasbenchError: There is none, a strategy has two, or the benchmark does not
                know what a training costs.
        """
        if not runs:
            raise NasbenchError("a race needs at least one strategy")
        named = {run.strategy: run for run in runs}
        if len(named) < len(runs):
            raise NasbenchError("a race has every strategy once")
        for run in runs:
            if not np.isfinite(run.finished).all():
                raise NasbenchError(
                    f"{benchmark.name} does not know what a training costs; a race "
                    "runs on seconds"
                )
        return cls(benchmark.name, named)

    @property
    def end(self) -> float:
        """Simulated seconds until the last of them has finished."""
        ends = [float(run.finished[-1]) for run in self.runs.values() if len(run)]
        return max(ends, default=0.0)

    @property
    def span(self) -> tuple[float, float]:
        """The median first and the best last accuracy, between which bars are drawn."""
        seen = [
            run.validation_accuracy[run.incumbent[run.incumbent >= 0]]
            for run in self.runs.values()
        ]
        known = [values for values in seen if len(values)]
        if not known:
            return 0.0, 1.0
        low = float(np.median([values[0] for values in known]))
        high = float(max(values[-1] for values in known))
        return (low, high) if high > low else (max(0.0, high - 0.01), high)

    def standings(self, seconds: float) -> list[Standing]:
        """Return all of them at a moment of the simulated clock, the leader first."""
        rows = [_standing(name, run, seconds) for name, run in self.runs.items()]
        return sorted(rows, key=lambda row: -np.nan_to_num(row.accuracy, nan=-1.0))

    def curve(self, name: str, seconds: float, points: int) -> Floats:
        """Return ``(points,)`` best accuracies of one, evenly over the time so far."""
        run = self.runs[name]
        moments = np.linspace(0, seconds, points + 1)[1:]
        ended = np.searchsorted(run.finished, moments, side="right")
        best = np.append(np.nan, _best(run))
        return np.asarray(best[ended])


def _best(run: Run) -> Floats:
    """Return ``(n,)`` the incumbent's accuracy as the strategy was told it."""
    there = run.incumbent >= 0
    told = run.validation_accuracy[np.maximum(run.incumbent, 0)]
    return np.where(there, told, np.nan)


def _standing(name: str, run: Run, seconds: float) -> Standing:
    ended = int(np.searchsorted(run.finished, seconds, side="right"))
    place = int(run.incumbent[ended - 1]) if ended else -1
    return Standing(
        name=name,
        evaluations=ended,
        accuracy=float(_best(run)[ended - 1]) if ended else float("nan"),
        architecture=tuple(run.architectures[place].tolist()) if place >= 0 else None,
        finished=ended == len(run),
    )
