"""Speed of the runner, as ratios to a bare loop in the same run.

The baseline asks, looks up and tells, and keeps nothing: what no runner can go below.
"""

from __future__ import annotations

import time

from pytest_benchmark.fixture import BenchmarkFixture
from timings import cpu_seconds, ratio_in_turns

from leaderboards import RunSettings, compare, simulate, tabulate
from nasbench.search import Budget, SearchContext
from strategies import RandomSearchWithReplacement, RegularizedEvolution
from tabular import Table

EVALUATIONS = 200
RUNS = 100
SETTINGS = RunSettings(Budget(EVALUATIONS))


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
    eight = RunSettings(Budget(EVALUATIONS), workers=8)
    to_bare = ratio_in_turns(
        lambda: cpu_seconds(run), lambda: cpu_seconds(lambda: bare_loop(small_table)), 5
    )
    to_one = ratio_in_turns(
        lambda: cpu_seconds(lambda: run(eight)), lambda: cpu_seconds(run), 2
    )
    benchmark.extra_info["ratio to a bare loop"] = to_bare
    benchmark.extra_info["ratio of eight workers to one"] = to_one
    assert to_bare < 5
    assert to_one < 2


def test_a_table_of_runs(benchmark: BenchmarkFixture, small_table: Table) -> None:
    """Tabulating costs less than simulating the cheapest strategy."""
    runs = [
        simulate(RandomSearchWithReplacement, small_table, SETTINGS, seed)
        for seed in range(20)
    ]
    tabulate(runs, [small_table])  # imports pandas
    benchmark(tabulate, runs, [small_table])

    def simulated() -> object:
        return simulate(RandomSearchWithReplacement, small_table, SETTINGS, 0)

    ratio = ratio_in_turns(
        lambda: cpu_seconds(lambda: tabulate(runs, [small_table])),
        lambda: len(runs) * cpu_seconds(simulated),
        1,
    )
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
    benchmark.pedantic(board, args=(2,), rounds=1)
    ratio = ratio_in_turns(lambda: board(2), lambda: board(1), 2)
    benchmark.extra_info["ratio of two processes to one"] = ratio
    # On an idle machine 0.6; a busy one has no second core to give.
    assert ratio < 2
