"""``nasbench compare``: run strategies on benchmarks and rank them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from leaderboards import RunSettings, rank_board, tabulate
from leaderboards.report import BenchmarkFacts, write_report
from leaderboards.runner.all_runs import run_all
from leaderboards.runner.run import Run
from leaderboards.runner.simulation import Experiment, Simulation
from nasbench.benchmark import Benchmark, benchmark_ids
from nasbench.cli.compare_checks import check_columns, check_limits, check_out
from nasbench.cli.compare_ensembles import show_ensembles
from nasbench.cli.compare_fronts import print_fronts, write_fronts
from nasbench.cli.compare_options import CompareOptions
from nasbench.cli.compare_ranking import print_partial_trainings, print_ranking
from nasbench.cli.compare_recordings import repeated_recordings
from nasbench.cli.options import open_known
from nasbench.cli.terminal import errors, output, progress_bar
from nasbench.errors import NasbenchError
from nasbench.search import StrategyFactory
from tabular import Table
from tabular.importers import PublishedTable
from tabular.several_tasks import SeveralTasks

RANKING_SEED = 0


def compare_command(*benchmark: str, options: CompareOptions | None = None) -> None:
    """Run search strategies on benchmarks, rank them, write tables, figures, a page.

    Args:
        benchmark: Ids of benchmarks, or paths of tables and surrogates; all
            installed ones where none is given.
        options: What is compared.
    """
    chosen = options or CompareOptions()
    settings, named = chosen.settings(), chosen.factories()
    check_out(chosen.out)
    names = benchmark or tuple(benchmark_ids())
    if len(set(names)) != len(names):
        raise NasbenchError(f"a benchmark is given twice: {', '.join(names)}")
    benchmarks = [open_benchmark(name) for name in names]
    for one in benchmarks:
        check_columns(one, settings)
        check_limits(one, settings)
    if chosen.left_out():
        left_out = ", ".join(chosen.left_out())
        errors.print(f"without {left_out}: they optimise one objective")
    factories = _accepting(named, benchmarks, settings, bool(chosen.strategy))
    jobs = chosen.processes(len(factories) * len(benchmarks) * chosen.seeds)
    with progress_bar("runs") as step:
        runs = run_all(
            factories,
            benchmarks,
            settings,
            chosen.seeds,
            lambda done, total: step(done, total, ""),
            jobs,
        )
    _say_idle(runs)
    _say_repeated(factories, benchmarks, settings, chosen.seeds)
    board = tabulate(runs, benchmarks, settings.constraints)
    if chosen.out is not None:
        facts = [BenchmarkFacts.of(one, settings.constraints) for one in benchmarks]
        paths = write_report(board, chosen.out, settings, facts)
    if len(settings.objectives) > 1:
        for one in benchmarks:
            print_fronts(runs, one, settings, RANKING_SEED)
        if chosen.out is not None:
            fronts = write_fronts(runs, benchmarks, settings, chosen.out / "fronts.csv")
            paths = [*paths, fronts]
    else:
        ranking = rank_board(board, np.random.default_rng(RANKING_SEED))
        print_ranking(ranking, runs, benchmarks)
    print_partial_trainings(runs, benchmarks, settings)
    written = []
    if chosen.ensembles:
        written = show_ensembles(board, benchmarks, chosen.out)
    if chosen.out is not None:
        paths = [*paths, *written]
        output.print("wrote " + ", ".join(str(path) for path in paths))


def _say_idle(runs: Sequence[Run]) -> None:
    """Say once of each strategy and benchmark that runs ended without spending."""
    said = set()
    for run in runs:
        if run.ended == "idle" and (run.strategy, run.benchmark) not in said:
            said.add((run.strategy, run.benchmark))
            errors.print(run.early_end)


def _say_repeated(
    factories: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    seeds: int,
) -> None:
    """Say of what runs replay fewer recordings than they are."""
    for line in repeated_recordings(factories, benchmarks, settings, seeds):
        errors.print(line)


def _accepting(
    factories: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    strict: bool,
) -> Mapping[str, StrategyFactory]:
    """Return the strategies that take the settings; say which are left out, and why.

    Raises:
        NasbenchError: One does not and `strict` is true, or none does.
    """
    accepting, refused = {}, []
    for name, factory in factories.items():
        try:
            for benchmark in benchmarks:
                Simulation(Experiment(factory, benchmark, settings, 0, name))
        except NasbenchError as error:
            if strict:
                raise
            # Of most benchmarks nothing was recorded; that is no news.
            if not getattr(factory, "recorded", False):
                refused.append(f"without {name}: {error}")
        else:
            accepting[name] = factory
    if not accepting and refused:
        raise NasbenchError(f"no strategy takes the settings; {refused[0]}")
    for line in refused:
        errors.print(line)
    return accepting


def open_benchmark(name: str) -> Benchmark:
    """Return the benchmark with an id, or the table or surrogate at a path.

    Several of them, as in ``0.7*a.h5+0.3*b.h5``, are searched by a weighted accuracy.

    Raises:
        NasbenchError: There is neither, or the table is partial.
    """
    if "+" in name and not Path(name).exists():
        return SeveralTasks.of_text(name, open_benchmark)
    held = open_known(name)
    if isinstance(held, PublishedTable):
        held.check_searchable()
    elif isinstance(held, Table) and not held.is_complete:
        raise NasbenchError(
            f"{name} is a partial table of {held.trials[0]} of "
            f"{held.trials[1]} trials; strategies need a whole one"
        )
    return held
