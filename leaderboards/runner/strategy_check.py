"""What running a strategy on a benchmark shows of it: sentences about what is wrong."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

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
    factory: StrategyFactory, benchmark: Benchmark, name: str = ""
) -> list[str]:
    """Return a sentence for everything that goes wrong when a strategy is run.

    Args:
        factory: The strategy's class, or a partial of it with settings.
        benchmark: What it is run on, as a board would.
        name: What the sentences call it; empty for the factory's name.
    """
    settings = RunSettings(Budget(EVALUATIONS))
    experiment = Experiment(factory, benchmark, settings, 0, name)
    found: list[str] = []
    for check in CHECKS:
        try:
            found += check(experiment)
        except NasbenchError as error:
            found.append(f"{error}.")
    return list(dict.fromkeys(found))


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
    """The referee is not asked, nor the benchmark, nor its file opened, in a run."""
    watched = _Watched(experiment.benchmark)
    simulation = Simulation(replace(experiment, benchmark=watched))
    with _opened_files() as opened:
        simulation.advance()
    if watched.judged:
        yield "The strategy asks the referee, who alone may see test accuracies."
    if watched.evaluated > len(simulation.ledger.answers.given):
        yield "The strategy evaluates by itself; only the runner trains, and charges."
    path = getattr(experiment.benchmark, "path", None)
    if path is not None and Path(path).resolve() in {
        Path(one).resolve() for one in opened
    }:
        yield f"While it searches, the strategy opens {path}, by which it is judged."


CHECKS: tuple[Check, ...] = (
    repeats_itself,
    continues,
    takes_the_rules,
    leaves_the_answers_alone,
)


class _Watched:
    """A benchmark that counts who asks it what; else it is the one that it holds."""

    def __init__(self, benchmark: Benchmark) -> None:
        self._benchmark = benchmark
        self.evaluated = 0
        self.judged = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._benchmark, name)

    @property
    def spec(self) -> Any:
        return self._benchmark.spec  # type: ignore[attr-defined]  # where it has one

    def evaluate(self, *given: Any, **named: Any) -> Any:
        self.evaluated += 1
        return self._benchmark.evaluate(*given, **named)

    def mean_accuracy(self, *given: Any) -> Any:
        self.judged += 1
        return self._benchmark.mean_accuracy(*given)  # type: ignore[attr-defined]

    def best_accuracy(self, *given: Any) -> Any:
        self.judged += 1
        return self._benchmark.best_accuracy(*given)  # type: ignore[attr-defined]


_opened: ContextVar[set[str] | None] = ContextVar("_opened", default=None)


@cache
def _listen() -> None:
    """Let Python report every file that it opens; that cannot be undone."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        opened = _opened.get() if event == "open" else None
        if opened is not None and isinstance(arguments[0], str | Path):
            opened.add(str(arguments[0]))

    sys.addaudithook(hear)


@contextmanager
def _opened_files() -> Iterator[set[str]]:
    """Collect the names of the files that are opened while the block runs."""
    import h5py

    _listen()
    opened: set[str] = set()
    original = h5py.File.__init__

    def noting(self: Any, name: Any, *given: Any, **named: Any) -> None:
        if isinstance(name, str | Path):  # HDF5 opens files without Python
            opened.add(str(name))
        original(self, name, *given, **named)

    token = _opened.set(opened)
    h5py.File.__init__ = noting
    try:
        yield opened
    finally:
        h5py.File.__init__ = original
        _opened.reset(token)


def _equal(first: Run, second: Run) -> bool:
    same = partial(np.array_equal, equal_nan=True)
    return all(
        same(one, other) if isinstance(one, np.ndarray) else one == other
        for one, other in (
            (getattr(first, field.name), getattr(second, field.name))
            for field in fields(first)
        )
    )
