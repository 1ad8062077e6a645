"""What running a strategy on a benchmark shows of it: sentences about what is wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.runner.handed_out import context_for
from leaderboards.runner.opened_files import opened_files, peeked, unheard
from leaderboards.runner.run import Run
from leaderboards.runner.saved_run import continue_run, save_run
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import Experiment, Simulation, run_whole
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.search import Budget, StrategyFactory

EVALUATIONS = 30
STOPPED_AT = 7

Check: TypeAlias = Callable[[Experiment], Iterator[str]]


def check_on_benchmark(
    factory: StrategyFactory,
    benchmark: Benchmark,
    name: str = "",
    opened: Collection[str] = (),
) -> list[str]:
    """Return a sentence for everything that goes wrong when a strategy is run.

    Args:
        factory: The strategy's class, or a partial of it with settings.
        benchmark: What it is run on, as a board would.
        name: What the sentences call it; empty for the factory's name.
        opened: Files that were opened when the strategy was loaded or tried before.
    """
    settings = RunSettings(Budget(EVALUATIONS))
    experiment = Experiment(factory, benchmark, settings, 0, name)
    found: list[str] = []
    with opened_files() as here:
        watched, declared = _watched(experiment)
        for check in CHECKS:
            try:
                found += check(watched)
            except NasbenchError as error:
                found.append(f"{error}.")
    found += peeked({*opened, *here}, benchmark, declared)
    return list(dict.fromkeys(found))


def peeks(experiment: Experiment, opened: Collection[str] = ()) -> list[str]:
    """Return a sentence for every benchmark that a strategy opens by itself.

    It is loaded, built and run as a whole under the rules of the experiment. Opening
    the benchmark that it is judged by is peeking; opening another one is too, unless
    `strategies.Strategy.inputs` declares its digest.

    Args:
        experiment: The run.
        opened: Files that were opened when the strategy was loaded or tried before.

    Raises:
        NasbenchError: The strategy cannot be loaded, or the run fails.
    """
    with opened_files() as here:
        watched, declared = _watched(experiment)
        run_whole(watched)
    return list(peeked({*opened, *here}, experiment.benchmark, declared))


def repeats_itself(experiment: Experiment) -> Iterator[str]:
    """Equal seeds give equal runs, also with another run in between."""
    first = run_whole(experiment)
    run_whole(replace(experiment, seed=1))
    if not _equal(first, run_whole(experiment)):
        yield (
            f"Two runs on {experiment.benchmark.name} from the same seed differ: draw "
            "every random number from context.seed, and keep nothing between runs."
        )


def continues(experiment: Experiment) -> Iterator[str]:
    """A run that was stopped, saved and continued is the run that was not."""
    whole = run_whole(experiment)
    simulation = Simulation(experiment)
    simulation.advance(STOPPED_AT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        save_run(simulation, path)
        continued = continue_run(path, experiment.factory, experiment.benchmark)
    continued.advance()
    if not _equal(whole, continued.run()):
        yield (
            f"A run on {experiment.benchmark.name} that was saved after {STOPPED_AT} "
            "evaluations and continued ends otherwise than one that was not."
        )


def takes_the_rules(experiment: Experiment) -> Iterator[str]:
    """Workers, free repeats, trials and other budgets are survived."""
    budget = experiment.settings.budget
    rules = {
        "four workers": RunSettings(budget, workers=4),
        "free repeats": RunSettings(budget, repeats="free"),
        "single trials": RunSettings(budget, noise="trial"),
        "a budget in epochs": RunSettings(Budget(100, "epochs")),
    }
    for name, settings in rules.items():
        simulation = Simulation(replace(experiment, settings=settings))
        simulation.advance()
        run = simulation.run()
        if run.ended == "idle":
            yield f"With {name}, {run.early_end}."
        if not len(run):
            yield f"With {name} nothing is evaluated on {run.benchmark}."


def leaves_the_answers_alone(experiment: Experiment) -> Iterator[str]:
    """The referee is not asked, nor the benchmark, in a run."""
    watched = experiment.benchmark
    assert isinstance(watched, _Watched)
    watched.evaluated = watched.judged = 0
    simulation = Simulation(experiment)
    simulation.advance()
    if watched.judged:
        yield "The strategy asks the referee, who alone may see test accuracies."
    if watched.evaluated > len(simulation.ledger.answers.given):
        yield "The strategy evaluates by itself; only the runner trains, and charges."


CHECKS: tuple[Check, ...] = (
    repeats_itself,
    continues,
    takes_the_rules,
    leaves_the_answers_alone,
)


class _Watched:
    """A benchmark that counts who asks it what; else it is the one that it holds.

    What it reads for its answers is no peeking of the strategy's.
    """

    def __init__(self, benchmark: Benchmark) -> None:
        self._benchmark = benchmark
        self.evaluated = 0
        self.judged = 0

    def __getattr__(self, name: str) -> Any:
        with unheard():
            found = getattr(self._benchmark, name)
        return _unheard(found) if callable(found) else found

    @property
    def spec(self) -> Any:
        return self._benchmark.spec  # type: ignore[attr-defined]  # where it has one

    def evaluate(self, *given: Any, **named: Any) -> Any:
        self.evaluated += 1
        return _unheard(self._benchmark.evaluate)(*given, **named)

    def mean_accuracy(self, *given: Any) -> Any:
        self.judged += 1
        found = self._benchmark.mean_accuracy  # type: ignore[attr-defined]
        return _unheard(found)(*given)

    def best_accuracy(self, *given: Any) -> Any:
        self.judged += 1
        found = self._benchmark.best_accuracy  # type: ignore[attr-defined]
        return _unheard(found)(*given)


def _unheard(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        with unheard():
            return function(*given, **named)

    return called


def _watched(experiment: Experiment) -> tuple[Experiment, Mapping[str, str]]:
    """Return the experiment on a watched benchmark, and the inputs that are declared.

    A strategy's file is run anew, so that what it opens while it is loaded is seen.
    """
    factory: Any = experiment.factory
    if isinstance(factory, ChosenStrategy):
        factory = ChosenStrategy(factory.text)
        chosen, settings = factory.strategy, factory.settings
    else:
        chosen, settings = _class_of(factory)
    context = context_for(experiment.benchmark, experiment.settings, seed=0)
    declared: Mapping[str, str] = {}
    if hasattr(chosen, "inputs"):
        with suppress(NasbenchError):  # the run says the same, and where
            declared = dict(chosen.inputs(context, **settings))
    watched: Any = _Watched(experiment.benchmark)
    return replace(experiment, factory=factory, benchmark=watched), declared


def _class_of(factory: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the class behind a factory, and its settings."""
    settings: dict[str, Any] = {}
    while isinstance(factory, partial):
        settings = {**factory.keywords, **settings}
        factory = factory.func
    return factory, settings


def _equal(first: Run, second: Run) -> bool:
    same = partial(np.array_equal, equal_nan=True)
    return all(
        same(one, other) if isinstance(one, np.ndarray) else one == other
        for one, other in (
            (getattr(first, field.name), getattr(second, field.name))
            for field in fields(first)
        )
    )
