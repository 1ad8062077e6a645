"""The claim that one strategy is better than another on a benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboards.measures.run_curves import Floats, RunCurves
from nasbench.errors import NasbenchError

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Claim:
    """That a run of one strategy tends to end with less regret than one of another.

    Attributes:
        better: Who is said to be better.
        worse: Than whom.
        benchmark: Where.
        time: When; None is at the end of the axis.
        level: The chance of believing a claim that is false, in (0, 1).
    """

    better: str
    worse: str
    benchmark: str
    time: float | None = None
    level: float = 0.05

    def __post_init__(self) -> None:
        """Check the two names and the level.

        Raises:
            NasbenchError: The names are equal, or the level is out of range.
        """
        if self.better == self.worse:
            raise NasbenchError(f"{self.better!r} is not better than itself")
        if not 0 < self.level < 1:
            raise NasbenchError(f"a level is between 0 and 1, not {self.level}")

    def searches(self, curves: RunCurves) -> tuple[Bools, Bools]:
        """Return which runs of both are the first of their search, ``(n,)`` each.

        Raises:
            NasbenchError: The curves do not hold what the claim names.
        """
        first, second = self.better, self.worse
        return (
            curves.first_runs(first, self.benchmark),
            curves.first_runs(second, self.benchmark),
        )

    def runs(self, curves: RunCurves) -> tuple[Floats, Floats]:
        """Return the regrets of both, ``(n,)`` each, in the order of the seeds.

        Raises:
            NasbenchError: The curves do not hold what the claim names.
        """
        scores = curves.at(self.time)[..., curves.benchmark_index(self.benchmark)]
        first, second = self.better, self.worse
        return (
            scores[curves.strategy_index(first)],
            scores[curves.strategy_index(second)],
        )
