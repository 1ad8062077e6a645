"""Speed of the runner, as ratios to a bare loop in the same run.

The baseline asks, looks up and tells, and keeps nothing: what no runner can go below.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_benchmark.fixture import BenchmarkFixture

from leaderboards import RunSettings, compare, simulate, tabulate
from nasbench.search import Budget, SearchContext
from strategies import RandomSearchWithReplacement, RegularizedEvolution
from tabular import Table

EVALUATIONS = 200
REPEATS = 9
RUNS = 100
SETTINGS = RunSettings(Budget(EVALUATIONS))


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return the least CPU seconds of one call: what nothing else has disturbed."""
    least = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
    return least


def bare_loop(table: Table) -> None:
    context = SearchContext(
        table.space, table.epochs, SETTINGS.budget, table.cost_model, seed=0
    )
    strategy = RandomSearchWithReplacement(context)
    for _ in range(EVALUATIONS):
        proposal = strategy.ask()
        strategy.tell(proposal, table.evaluate(proposal.architecture))


def test_one_run(benchmark: BenchmarkFixture, small_table: Table) -> None:
    def run(settings: RunSettings = SETTINGS) -> object:
        return simulate(RandomSearchWithReplacement, small_table, settings, 0)

    benchmark(run)
    bare = cpu_seconds(lambda: bare_loop(small_table))
    alone = cpu_seconds(run)
    eight = cpu_seconds(lambda: run(RunSettings(Budget(EVALUATIONS), workers=8)))
    benchmark.extra_info["ratio to a bare loop"] = alone / bare
    benchmark.extra_info["ratio of eight workers to one"] = eight / alone
    benchmark.extra_info["us per evaluation of the runner"] = (
        1e6 * (alone - bare) / EVALUATIONS
    )
    assert alone / bare < 5
    assert eight / alone < 2


def test_a_table_of_runs(benchmark: BenchmarkFixture, small_table: Table) -> None:
    """Tabulating costs less than simulating the cheapest strategy."""
    runs = [
        simulate(RandomSearchWithReplacement, small_table, SETTINGS, seed)
        for seed in range(20)
    ]
    tabulate(runs, [small_table])  # imports pandas
    benchmark(tabulate, runs, [small_table])
    simulated = 20 * cpu_seconds(
        lambda: simulate(RandomSearchWithReplacement, small_table, SETTINGS, 0)
    )
    ratio = cpu_seconds(lambda: tabulate(runs, [small_table])) / simulated
    benchmark.extra_info["ratio to the simulation"] = ratio
    assert ratio < 1


def test_several_processes(benchmark: BenchmarkFixture, small_table: Table) -> None:
    """Starting processes and sending runs back costs little beside long boards."""
    strategies = {"evolution": RegularizedEvolution}

    def board(jobs: int, runs: int = RUNS) -> float:
        start = time.perf_counter()
        compare(strategies, [small_table], SETTINGS, runs, jobs=jobs)
        return time.perf_counter() - start

    board(1, 2)  # imports, and reads the table
    times = {jobs: min(board(jobs) for _ in range(2)) for jobs in (1, 2)}
    benchmark.pedantic(board, args=(2,), rounds=1)
    benchmark.extra_info["runs per second, one process"] = RUNS / times[1]
    benchmark.extra_info["runs per second, two processes"] = RUNS / times[2]
    # On an idle machine 0.6; a busy one has no second core to give.
    assert times[2] / times[1] < 2
