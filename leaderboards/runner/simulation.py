"""A run that can be stopped: a strategy, a benchmark, and simulated time between."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from leaderboards.runner.clock import Clock
from leaderboards.runner.ledger import Entry, Ledger
from leaderboards.runner.proposals import ProposalChecker
from leaderboards.runner.run import Ending, Run
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.thinking import Thinking
from nasbench.benchmark import Benchmark, Specified
from nasbench.errors import NasbenchError
from nasbench.proxy_source import MeteredProxies, ProxySource
from nasbench.search import (
    AskTell,
    Proposal,
    SearchContext,
    SearchExhausted,
    StrategyFactory,
)

IDLE_LIMIT = 1000
"""A run ends after so many proposals in a row that cost nothing of its budget."""


@dataclass(frozen=True)
class Experiment:
    """All that decides a run.

    Attributes:
        factory: Builds the strategy from its context.
        benchmark: What answers.
        settings: The budget, and how it is spent.
        seed: Any integer that is not negative.
        name: What the strategy is called; empty takes the factory's name.
        proxies: Scores of untrained networks that the strategy may buy.
    """

    factory: StrategyFactory
    benchmark: Benchmark
    settings: RunSettings
    seed: int
    name: str = ""
    proxies: ProxySource | None = None

    def __post_init__(self) -> None:
        """Check the seed, and name what has no name.

        Raises:
            NasbenchError: The seed is negative.
        """
        if self.seed < 0:
            raise NasbenchError(f"the seed of a run is 0 or more, not {self.seed}")
        object.__setattr__(self, "name", self.name or _name_of(self.factory))


class Simulation:
    """Advances a run event by event.

    An idle worker asks the strategy; its training ends some simulated seconds later,
    is told, and the worker asks again (`Clock` orders what happens at one moment).
    With one worker every proposal is told before the next is asked for. A strategy
    that raises `SearchExhausted` while trainings are under way is asked again after
    the next of them: its workers wait, as at the end of a round.

    What the strategy draws and what the runner draws (`RunSettings.noise`) come from
    independent streams of the seed.

    Attributes:
        experiment: What is run.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        settings, benchmark = experiment.settings, experiment.benchmark
        for_strategy, for_runner = np.random.SeedSequence(experiment.seed).spawn(2)
        source = experiment.proxies
        meter = None if source is None else MeteredProxies(source)
        context = SearchContext(
            space=benchmark.space,
            epochs=benchmark.epochs,
            budget=settings.budget,
            costs=benchmark.cost_model,
            seed=int(for_strategy.generate_state(1, np.uint64)[0]),
            objectives=settings.objectives,
            constraints=settings.constraints,
            proxies=meter,
            benchmark_spec=(
                benchmark.spec if isinstance(benchmark, Specified) else None
            ),
        )
        self.ledger = Ledger(benchmark, settings, np.random.default_rng(for_runner))
        self.thinking = Thinking(settings.overhead, meter)
        self._thinks = not self.thinking.is_free
        self._clock: Clock[tuple[Proposal, Entry]] = Clock(
            settings.workers, settings.speeds
        )
        self._checker = ProposalChecker(experiment.name, benchmark)
        self._amount = settings.budget.amount
        self._unit = settings.budget.unit
        self._idle = 0
        self._waits = False  # for the next outcome: exhausted until then
        self._ended: Ending | None = None
        with self._failures_named():
            self._strategy: AskTell = experiment.factory(context)

    @property
    def is_over(self) -> bool:
        """Whether the run has ended and all trainings with it."""
        return self._ended is not None and not self._clock.is_busy

    def advance(self, evaluations: float = inf) -> None:
        """Go on until so many evaluations in all have ended, or the run is over.

        Raises:
            NasbenchError: A proposal is not valid, a setting does not fit the
                benchmark, or the strategy or the benchmark raised an error.
        """
        clock, ledger = self._clock, self.ledger
        if len(ledger) >= evaluations:
            return
        with self._failures_named():
            while True:
                if clock.is_due:
                    self._finish()
                elif clock.has_idle and not self._waits and self._ended is None:
                    self._ask()
                    continue
                elif clock.is_busy:
                    clock.wait()
                    self._finish()
                else:
                    return
                if len(ledger) >= evaluations:
                    return

    def run(self) -> Run:
        """Return what has happened so far."""
        experiment = self.experiment
        return self.ledger.close(
            experiment.name, experiment.seed, self._ended or "stopped", self.thinking
        )

    def _ask(self) -> None:
        """Let an idle worker start what the strategy proposes, or end the run."""
        if self._is_spent():
            self._ended = "budget"
            return
        if self._idle >= IDLE_LIMIT:
            self._ended = "idle"
            return
        if self._thinks:
            self.thinking.begin()
        try:
            proposal = self._strategy.ask()
        except SearchExhausted:
            self._thought()
            if self._clock.is_busy:
                self._waits = True
            else:
                self._ended = "exhausted"
            return
        (architecture, canonical), epochs = self._checker.check(proposal)
        if self._thinks and self._thought(proposals=1) and self._is_spent():
            self._ended = "budget"
            return
        if proposal.search_seconds:
            self._charge(self.thinking.search(proposal.search_seconds))
            if self._is_spent():
                self._ended = "budget"
                return
        entry = self.ledger.begin(architecture, canonical, epochs)
        if entry.free or (self._unit == "seconds" and not entry.seconds):
            self._idle += 1
        else:
            self._idle = 0
        self._clock.start(entry.seconds, (proposal, entry))

    def _finish(self) -> None:
        """Book and tell the training that ends now."""
        worker, busy, (proposal, entry) = self._clock.finish()
        if not entry.free:
            self.ledger.finish(entry, worker, busy, self._clock.now)
        if self._thinks:
            self.thinking.begin()
        self._strategy.tell(proposal, entry.evaluation)
        if self._thinks:
            self._thought()
        self._waits = False

    def _thought(self, proposals: int = 0) -> float:
        """Charge what the strategy has thought; return the seconds."""
        if not self._thinks:
            return 0.0
        seconds = self.thinking.end(proposals)
        self._charge(seconds)
        return seconds

    def _charge(self, seconds: float) -> None:
        """Let the strategy take so long, before what it asks for begins."""
        self.ledger.think(seconds)
        self._clock.think(seconds)

    def _is_spent(self) -> bool:
        if self._unit == "evaluations":
            return self.ledger.begun >= self._amount
        if self._unit == "epochs":
            return self.ledger.begun_epochs >= self._amount
        return max(self._clock.now, self._clock.ready) >= self._amount

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        """Say where a run failed; the original error stands behind the one line."""
        try:
            yield
        except NasbenchError:
            raise
        except (Exception, SystemExit) as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise NasbenchError(
                f"the run of strategy {self.experiment.name!r} on "
                f"{self.experiment.benchmark.name} failed: {reason} "
                f"({last.filename}:{last.lineno}, in {last.name})"
            ) from error


def run_whole(experiment: Experiment) -> Run:
    """Return the run of an experiment, advanced until it is over.

    Raises:
        NasbenchError: As `Simulation.advance`.
    """
    simulation = Simulation(experiment)
    simulation.advance()
    return simulation.run()


def _name_of(factory: StrategyFactory) -> str:
    made: object = factory
    while isinstance(made, partial):
        made = made.func
    return str(getattr(made, "__name__", type(made).__name__))
