"""Where a surrogate's observations come from: a benchmark, or the file of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nasbench.benchmark import Benchmark, CostModel
from surrogates.fit_benchmark import facts_of
from surrogates.observations import Observations
from surrogates.sample import KIND, Sample
from surrogates.store import kind_of
from surrogates.stored_costs import costs_of
from tabular.table import Table

if TYPE_CHECKING:
    from surrogates.latency.timed import TimedArchitectures


@dataclass(frozen=True, eq=False)
class Source:
    """Observations, and what a surrogate that is fitted to them has to know.

    Attributes:
        observations: What was trained.
        costs: Parameters, FLOPs and depth of any architecture of the space.
        facts: Where it comes from, for the header.
        timed: What was measured on which targets; empty where nothing was.
    """

    observations: Observations
    costs: CostModel
    facts: dict[str, Any]
    timed: tuple[TimedArchitectures, ...] = ()

    @classmethod
    def of_sample(cls, path: Path) -> Self:
        """Read a sample that `nasbench collect` wrote.

        Raises:
            SurrogateError: The file is missing, damaged, or no sample.
        """
        sample = Sample.open(path)
        name = path.name.removesuffix(".npz")
        return cls(sample.observations(), sample.costs(), sample.facts(name))

    @classmethod
    def of_benchmark(cls, benchmark: Benchmark) -> Self:
        """Take all that a benchmark knows."""
        timed: tuple[TimedArchitectures, ...] = ()
        if isinstance(benchmark, Table) and benchmark.latencies:
            # Imported when there are some: accuracies alone do not need it.
            from surrogates.latency.timed import timed_targets

            timed = tuple(timed_targets(benchmark))
        return cls(
            Observations.of(benchmark),
            costs_of(benchmark),
            facts_of(benchmark, "all"),
            timed,
        )


def is_sample_file(path: Path) -> bool:
    """Return whether a file says that it holds a sample."""
    return kind_of(path) == KIND
