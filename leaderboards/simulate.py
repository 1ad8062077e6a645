"""Run a strategy against a benchmark, one evaluation at a time."""

from __future__ import annotations

import operator
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from leaderboards.equivalence import Reading, reader
from leaderboards.ledger import Ledger
from leaderboards.run import Ending, Run
from leaderboards.settings import RunSettings
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.search import (
    AskTell,
    Proposal,
    SearchContext,
    SearchExhausted,
    StrategyFactory,
)
from nasbench.spaces import ArchitectureError

IDLE_LIMIT = 1000
"""A run ends after so many proposals in a row that cost nothing of its budget."""


def simulate(
    factory: StrategyFactory,
    benchmark: Benchmark,
    settings: RunSettings,
    seed: int,
    name: str | None = None,
) -> Run:
    """Return what a strategy does against a benchmark until its budget is spent.

    Every proposal is evaluated and told before the next is asked for. The strategy
    gets a `SearchContext` and the evaluations, and no more; what it draws and what
    the runner draws (`RunSettings.noise`) come from independent streams of `seed`.
    Equal arguments give equal runs.

    Args:
        factory: Builds the strategy from its context.
        benchmark: What answers.
        settings: The budget, and how it is spent.
        seed: Any integer that is not negative.
        name: What the strategy is called; None takes the factory's name.

    Raises:
        NasbenchError: A proposal is not valid, a setting does not fit the benchmark,
            or the strategy or the benchmark raised an error.
    """
    if seed < 0:
        raise NasbenchError(f"the seed of a run is 0 or more, not {seed}")
    for_strategy, for_runner = np.random.SeedSequence(seed).spawn(2)
    context = SearchContext(
        space=benchmark.space,
        epochs=benchmark.epochs,
        budget=settings.budget,
        costs=benchmark.cost_model,
        seed=int(for_strategy.generate_state(1, np.uint64)[0]),
    )
    name = name or _name_of(factory)
    ledger = Ledger(benchmark, settings, np.random.default_rng(for_runner))
    checker = _Checker(name, benchmark)
    with _failures_named(name, benchmark):
        ended = _drive(factory(context), ledger, checker, settings.budget.amount)
    return ledger.close(name, seed, ended)


@contextmanager
def _failures_named(strategy: str, benchmark: Benchmark) -> Iterator[None]:
    """Say where a run failed; the original error stands behind the one line."""
    try:
        yield
    except NasbenchError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise NasbenchError(
            f"the run of strategy {strategy!r} on {benchmark.name} failed: {reason} "
            f"({last.filename}:{last.lineno}, in {last.name})"
        ) from error


def _drive(
    strategy: AskTell, ledger: Ledger, checker: _Checker, amount: float
) -> Ending:
    """Ask, evaluate and tell until the run ends."""
    idle = 0
    while idle < IDLE_LIMIT:
        try:
            proposal = strategy.ask()
        except SearchExhausted:
            return "exhausted"
        (architecture, canonical), epochs = checker.check(proposal)
        before = ledger.spent
        strategy.tell(proposal, ledger.evaluate(architecture, canonical, epochs))
        if ledger.spent >= amount:
            return "budget"
        idle = 0 if ledger.spent > before else idle + 1
    return "idle"


class _Checker:
    """Checks the proposals of one strategy."""

    def __init__(self, strategy: str, benchmark: Benchmark) -> None:
        self._strategy = strategy
        self._epochs = benchmark.epochs
        self._read = reader(benchmark.space)

    def check(self, proposal: Proposal) -> tuple[Reading, int]:
        """Return the architecture with its class, and the epochs.

        Raises:
            NasbenchError: The space does not hold the architecture, the epochs are
                out of range, or the proposal is none.
        """
        if not isinstance(proposal, Proposal):
            raise self._refusal(proposal, "expected a nasbench.search.Proposal")
        try:
            epochs = operator.index(proposal.epochs)
        except TypeError:
            epochs = 0
        if not 1 <= epochs <= self._epochs:
            reason = f"expected 1 to {self._epochs} epochs as an integer"
            raise self._refusal(proposal, reason)
        try:
            return self._read(proposal.architecture), epochs
        except ArchitectureError as error:
            raise self._refusal(proposal, str(error)) from error

    def _refusal(self, proposal: object, reason: str) -> NasbenchError:
        message = f"strategy {self._strategy!r} proposed {proposal!r}: {reason}"
        return NasbenchError(" ".join(message.split()))


def _name_of(factory: StrategyFactory) -> str:
    made: object = factory
    while isinstance(made, partial):
        made = made.func
    return str(getattr(made, "__name__", type(made).__name__))
