"""Many runs: in this process, or in several that share the tables they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from leaderboards.runner.experiment import check_benchmark, check_factory
from leaderboards.runner.experiment_grid import ExperimentGrid
from leaderboards.runner.one_thread import one_thread
from leaderboards.runner.run import Run
from leaderboards.runner.run_processes import runs_in_processes
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import run_whole
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.given import shown, whole_number
from nasbench.search import StrategyFactory
from surrogates.proxies.sources import proxy_source

Progress: TypeAlias = Callable[[int, int], None]
"""Is called with the runs that are done and the runs in total."""


def run_all(
    strategies: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    seeds: int,
    progress: Progress | None = None,
    jobs: int = 1,
) -> list[Run]:
    """Run every strategy against every benchmark from the seeds 0 to `seeds` - 1.

    What a run does is decided by its strategy, benchmark, settings and seed, so any
    number of jobs gives the same bits. While runs go on, numerical libraries take one
    thread, in whose number their last bits may depend. Strategies may buy the proxy
    scores that a benchmark's table stores.

    Args:
        strategies: What is run, by the name that the board shows.
        benchmarks: What it is run on.
        settings: Budget and rules.
        seeds: Runs per strategy and benchmark.
        progress: Is told as runs end.
        jobs: Processes; one is this process.

    Returns:
        The runs in the order benchmark, strategy, seed.

    Raises:
        NasbenchError: There is nothing to run, a run fails, or a process died.
    """
    seeds = _check(strategies, benchmarks, seeds)
    jobs = whole_number("runs need at least 1 job", jobs, 1)
    proxies = [proxy_source(benchmark) for benchmark in benchmarks]
    grid = ExperimentGrid(strategies, benchmarks, settings, seeds, proxies)
    total = len(grid)
    runs: dict[int, Run] = {}

    def keep(found: Mapping[int, Run]) -> None:
        runs.update(found)
        if progress is not None:
            progress(len(runs), total)

    if min(jobs, total) > 1:
        for found in runs_in_processes(grid, jobs):
            keep(found)
    else:
        with one_thread():
            for number in grid.order():
                keep({number: run_whole(grid[number])})
    return [runs[number] for number in range(total)]


def _check(
    strategies: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    seeds: int,
) -> int:
    """Refuse what makes no board, before anything is run; return the seeds."""
    if not isinstance(strategies, Mapping):
        raise NasbenchError(
            "the strategies of a board are a mapping, names to factories, not "
            f"{shown(strategies)}"
        )
    if isinstance(benchmarks, str) or not isinstance(benchmarks, Sequence):
        raise NasbenchError(
            f"the benchmarks of a board are a list of them, not {shown(benchmarks)}"
        )
    if not strategies or not benchmarks:
        raise NasbenchError(
            "a board needs a strategy and a benchmark; given are "
            f"{len(strategies)} strategies, {len(benchmarks)} benchmarks"
        )
    for factory in strategies.values():
        check_factory(factory)
    for benchmark in benchmarks:
        check_benchmark(benchmark)
    return whole_number("a board needs at least 1 seed", seeds, 1)
