"""Run many strategies against many benchmarks, as one tidy table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from leaderboards.runner.all_runs import Progress, run_all
from leaderboards.runner.settings import RunSettings
from leaderboards.tabulate import tabulate
from nasbench.benchmark import Benchmark
from nasbench.search import StrategyFactory

if TYPE_CHECKING:
    import pandas as pd


def compare(
    strategies: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    seeds: int,
    progress: Progress | None = None,
    jobs: int = 1,
) -> pd.DataFrame:
    """Run every strategy against every benchmark from the seeds 0 to `seeds` - 1.

    All strategies run under the same settings and the same seeds.

    Args:
        strategies: What is compared, by the name that the board shows.
        benchmarks: What it is compared on; every name is there once.
        settings: Budget and rules.
        seeds: Runs per strategy and benchmark.
        progress: Is told as runs end.
        jobs: Processes that share the work; any number gives the same board.

    Returns:
        One row per charged evaluation, in the order benchmark, strategy, seed,
        evaluation; the columns are `leaderboards.columns.BOARD`.

    Raises:
        NasbenchError: There is nothing to compare, or `simulate` or `tabulate`
            refuse.
    """
    runs = run_all(strategies, benchmarks, settings, seeds, progress, jobs)
    return tabulate(runs, benchmarks, settings.constraints)
