"""Runs in files: stopped, and continued to the same bits.

A file holds the settings and the answers of the benchmark, as JSON. To continue, the
run is begun anew and answered from the file, until it is where it was: no training is
repeated, and nothing in the file is executed, so files of strangers do no harm. What it
takes is that the strategy is determined by its seed, as the contract of strategies says
and as is checked question by question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from leaderboards.runner.experiment import Experiment, check_benchmark, check_factory
from leaderboards.runner.run_file import RunFile
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import Simulation
from leaderboards.runner.strategy_identity import strategy_identity
from nasbench.benchmark import Benchmark, Specified
from nasbench.errors import NasbenchError
from nasbench.proxy_source import ProxySource
from nasbench.search import StrategyFactory


def save_run(simulation: Simulation, path: Path) -> None:
    """Write a run, over or not, to a file.

    Args:
        simulation: What has been run; it can go on afterwards.
        path: The file; one that is there is replaced.

    Raises:
        NasbenchError: The file cannot be written.
    """
    experiment = simulation.experiment
    RunFile(
        name=experiment.name,
        strategy=strategy_identity(experiment.factory),
        benchmark=_facts(experiment.benchmark),
        proxies=_names(experiment.proxies),
        seed=experiment.seed,
        settings=experiment.settings,
        evaluations=len(simulation.ledger),
        over=simulation.is_over,
        answers=simulation.ledger.answers.given,
        thinking=simulation.thinking.measured,
    ).write(path)


def continue_run(
    path: Path,
    factory: StrategyFactory,
    benchmark: Benchmark,
    proxies: ProxySource | None = None,
) -> Simulation:
    """Return the run of a file as it was when it was saved; `advance` goes on.

    Rules, seed and name are those of the file; `continue_experiment` compares them
    with what is expected.

    Args:
        path: What `save_run` wrote.
        factory: Builds the strategy of the run.
        benchmark: The benchmark of the run.
        proxies: As the run had them.

    Raises:
        NasbenchError: The file is missing, damaged or no saved run; strategy,
            benchmark or proxies are others; or the run does not repeat itself.
    """
    check_factory(factory)
    check_benchmark(benchmark)
    saved = RunFile.read(path)
    experiment = Experiment(
        factory, benchmark, saved.settings, saved.seed, saved.name, proxies
    )
    return _continued(path, saved, experiment)


def continue_experiment(path: Path, experiment: Experiment) -> Simulation:
    """Return the run of a file, if it is one of this experiment.

    Args:
        path: What `save_run` wrote.
        experiment: What is to be continued: its seed and rules have to be the file's
            too; its name is free.

    Raises:
        NasbenchError: As `continue_run`; or seed or rules are others.
    """
    return _continued(path, RunFile.read(path), experiment)


def _continued(path: Path, saved: RunFile, experiment: Experiment) -> Simulation:
    for what, was, now in _differences(saved, experiment):
        raise NasbenchError(
            f"{path} holds another run: its {what} is {was}, and {now} is given"
        )
    simulation = Simulation(experiment)
    simulation.ledger.answers.expect(saved.answers)
    simulation.thinking.expect(saved.thinking)
    if saved.over:
        simulation.advance()
    else:
        simulation.advance(saved.evaluations)
    left = simulation.ledger.answers.expected
    if left or len(simulation.ledger) != saved.evaluations:
        raise NasbenchError(
            f"the run of {path} does not repeat itself: it had {saved.evaluations} "
            f"evaluations and has {len(simulation.ledger)}, {left} answers are left"
        )
    return simulation


def _differences(
    saved: RunFile, experiment: Experiment
) -> Iterator[tuple[str, object, object]]:
    """Yield what differs: its name, what the file says, and what is given."""
    strategy = strategy_identity(experiment.factory)
    if strategy != saved.strategy:
        yield "strategy", saved.strategy, strategy
    for name, value in _facts(experiment.benchmark).items():
        if saved.benchmark.get(name) != value:
            what = "benchmark" if name == "name" else f"benchmark's {name}"
            yield what, saved.benchmark.get(name), value
    if list(saved.proxies) != _names(experiment.proxies):
        yield "list of proxies", saved.proxies, _names(experiment.proxies)
    if saved.seed != experiment.seed:
        yield "seed", saved.seed, experiment.seed
    for field in fields(RunSettings):
        was, now = (
            getattr(one, field.name) for one in (saved.settings, experiment.settings)
        )
        if was != now:
            yield field.name, was, now


def _facts(benchmark: Benchmark) -> dict[str, Any]:
    """Return what tells a benchmark from others, in values that JSON has."""
    return {
        "name": benchmark.name,
        "space": benchmark.space.name,
        "epochs": benchmark.epochs,
        "seeds": list(benchmark.seeds),
        "digest": benchmark.spec.digest if isinstance(benchmark, Specified) else None,
    }


def _names(proxies: ProxySource | None) -> list[str]:
    return [] if proxies is None else list(proxies.names)
