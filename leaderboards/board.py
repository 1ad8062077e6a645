"""Run many strategies against many benchmarks, as one tidy table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from leaderboards.run import Run
from leaderboards.settings import RunSettings
from leaderboards.simulate import simulate
from leaderboards.tabulate import tabulate
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.search import StrategyFactory

if TYPE_CHECKING:
    import pandas as pd

Progress: TypeAlias = Callable[[int, int], None]
"""Is called with the runs that are done and the runs in total."""


def compare(
    strategies: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    seeds: int,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Run every strategy against every benchmark from the seeds 0 to `seeds` - 1.

    All strategies run under the same settings and the same seeds.

    Args:
        strategies: What is compared, by the name that the board shows.
        benchmarks: What it is compared on; every name is there once.
        settings: Budget and rules.
        seeds: Runs per strategy and benchmark.
        progress: Is told after every run.

    Returns:
        One row per charged evaluation, in the order benchmark, strategy, seed,
        evaluation; the columns are `leaderboards.columns.BOARD`.

    Raises:
        NasbenchError: There is nothing to compare, or `simulate` or `tabulate`
            refuse.
    """
    if not strategies or not benchmarks or seeds < 1:
        raise NasbenchError(
            "a board needs a strategy, a benchmark and a seed; given "
            f"{len(strategies)} strategies, {len(benchmarks)} benchmarks, {seeds} seeds"
        )
    runs: list[Run] = []
    total = len(strategies) * len(benchmarks) * seeds
    for benchmark in benchmarks:
        for name, factory in strategies.items():
            for seed in range(seeds):
                runs.append(simulate(factory, benchmark, settings, seed, name))
                if progress is not None:
                    progress(len(runs), total)
    return tabulate(runs, benchmarks)
