"""What a report says of its benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.fronts.permitted import best_permitted
from nasbench.benchmark import Benchmark, Specified, Split
from nasbench.search import Constraint

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class BenchmarkFacts:
    """What a reader has to know of a benchmark to judge a board.

    Attributes:
        name: The id, as on the board.
        space: Name of the search space.
        combinations: Number of combinations of options in the space.
        epochs: The full training budget of one architecture.
        seeds: How many seeds the benchmark holds.
        best_validation_accuracy: Largest mean in [0, 1]; None if it is unknown.
        best_test_accuracy: Largest mean in [0, 1]; None if it is unknown.
        task: Name of the task, where the benchmark has a spec.
        digest: Content digest of its numbers, where it has a spec.
        limited: Whether the best are those of the architectures that keep the limits
            of the runs.
    """

    name: str
    space: str
    combinations: int
    epochs: int
    seeds: int
    best_validation_accuracy: float | None = None
    best_test_accuracy: float | None = None
    task: str | None = None
    digest: str | None = None
    limited: bool = False

    @classmethod
    def of(
        cls, benchmark: Benchmark, constraints: Sequence[Constraint] = ()
    ) -> BenchmarkFacts:
        """Read the facts off a benchmark.

        Args:
            benchmark: What is searched.
            constraints: The limits of the runs.
        """
        spec = benchmark.spec if isinstance(benchmark, Specified) else None
        validation = best_permitted(benchmark, "validation", constraints)
        return cls(
            name=benchmark.name,
            space=benchmark.space.name,
            combinations=benchmark.space.size,
            epochs=benchmark.epochs,
            seeds=len(benchmark.seeds),
            best_validation_accuracy=validation,
            best_test_accuracy=best_permitted(benchmark, "test", constraints),
            task=spec.task if spec else None,
            digest=spec.digest if spec else None,
            limited=bool(constraints),
        )

    def under_limits(self, rows: pd.DataFrame) -> BenchmarkFacts:
        """Return the facts with the best values that the regrets of a board are to.

        Args:
            rows: Those of the benchmark, of runs that had to keep limits.
        """
        if self.limited:
            return self
        return replace(
            self,
            best_validation_accuracy=_best_of(rows, "validation"),
            best_test_accuracy=_best_of(rows, "test"),
            limited=True,
        )

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return what is known as pairs of a term and a value."""
        under = " under the limits" if self.limited else ""
        best = (self.best_validation_accuracy, self.best_test_accuracy)
        validation, test = (_percent(value) for value in best)
        pairs: list[tuple[str, str | None]] = [
            ("Search space", f"{self.space}, {self.combinations:,} combinations"),
            ("Task", self.task),
            ("Full training", f"{self.epochs} epochs"),
            ("Seeds per architecture", str(self.seeds)),
            (f"Best mean validation accuracy{under}", validation),
            (f"Best mean test accuracy{under}", test),
            ("Content digest", self.digest),
        ]
        return tuple((term, value) for term, value in pairs if value)


def _best_of(rows: pd.DataFrame, split: Split) -> float | None:
    """Return accuracy plus regret; None where no row has both.

    A regret of 0 may be a negative one that was cut off: a trial may keep a limit that
    the mean breaks. Such rows give more than the best, so the smallest sum counts.
    """
    regret = rows[f"{split}_regret"].to_numpy(np.float64)
    sums = regret + rows[f"incumbent_{split}_accuracy"].to_numpy(np.float64)
    known = sums[np.isfinite(sums)]
    return float(known.min()) if known.size else None


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.2f} %"
