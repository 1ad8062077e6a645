"""A run that can be stopped: a strategy, a benchmark, and simulated time between."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import numpy as np

from leaderboards.runner.clock import Clock
from leaderboards.runner.experiment import Experiment
from leaderboards.runner.global_states import states_left_alone
from leaderboards.runner.handed_out import context_for, own_evaluation
from leaderboards.runner.ledger import Entry, Ledger
from leaderboards.runner.proposals import ProposalChecker
from leaderboards.runner.run import IDLE_LIMIT, Ending, Run
from leaderboards.runner.thinking import Thinking
from nasbench.errors import NasbenchError
from nasbench.proxy_source import MeteredProxies
from nasbench.search import (
    AskTell,
    Proposal,
    SearchExhausted,
)

__all__ = ["IDLE_LIMIT", "Experiment", "Simulation", "run_whole"]


class Simulation:
    """Advances a run event by event.

    An idle worker asks the strategy; its training ends some simulated seconds later,
    is told, and the worker asks again (`Clock` orders what happens at one moment).
    With one worker every proposal is told before the next is asked for. A strategy
    that raises `SearchExhausted` while trainings are under way is asked again after
    the next of them: its workers wait, as at the end of a round.

    What the strategy draws and which trials the runner shows (`RunSettings.noise`)
    depend on the seed independently of each other; the trials do not depend on the
    strategy.

    Attributes:
        experiment: What is run.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        settings, benchmark = experiment.settings, experiment.benchmark
        for_strategy = np.random.SeedSequence(experiment.seed).spawn(1)[0]
        source = experiment.proxies
        meter = None if source is None else MeteredProxies(source)
        self.ledger = Ledger(benchmark, settings, experiment.seed)
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
        seed = int(for_strategy.generate_state(1, np.uint64)[0])
        context = context_for(benchmark, settings, seed, meter, experiment.seed)
        with (
            states_left_alone(experiment.who, lambda: Simulation(experiment)),
            self._failures_named(),
        ):
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
        with (
            states_left_alone(self.experiment.who, self.repeat),
            self._failures_named(),
        ):
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

    def repeat(self) -> None:
        """Do all that has happened once more, elsewhere; nothing is trained for it."""
        repeated = Simulation(self.experiment)
        repeated.ledger.answers.expect(self.ledger.answers.given)
        repeated.advance(inf if self.is_over else len(self.ledger))

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
        if entry.free or (self._unit == "seconds" and self._stands_still(entry)):
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
        self._strategy.tell(proposal, own_evaluation(entry.evaluation))
        if self._thinks:
            self._thought()
        self._waits = False

    def _stands_still(self, entry: Entry) -> bool:
        """Return whether a training is too short to move the clock at all."""
        return self._clock.now + entry.seconds == self._clock.now

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
                f"the run of {self.experiment.who} failed: {reason} "
                f"({last.filename}:{last.lineno}, in {last.name})"
            ) from error


def run_whole(experiment: Experiment) -> Run:
    """Return the run of an experiment, advanced until it is over.

    Raises:
        NasbenchError: As `Simulation.advance`.
    """
    begun: list[Simulation] = []
    with states_left_alone(experiment.who, lambda: begun[0].repeat()):
        begun.append(Simulation(experiment))
        begun[0].advance()
    return begun[0].run()
