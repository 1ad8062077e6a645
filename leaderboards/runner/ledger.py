"""What a run has evaluated, what that cost, and what is best so far."""

from __future__ import annotations

from collections.abc import Hashable
from math import inf, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboards.runner.answers import Answers
from leaderboards.runner.run import Ending, Run
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.thinking import Thinking
from leaderboards.runner.trial_draw import trial_position
from nasbench.benchmark import Benchmark, Evaluation, Referee, Split, Status
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY
from nasbench.spaces import Architecture


class Class:
    """What a run knows of one equivalence class.

    Attributes:
        seed: The seed of its trials, None for the mean.
        longest: The longest training that has ended; None before the first.
    """

    __slots__ = ("longest", "seed")

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self.longest: Entry | None = None


class Entry(NamedTuple):  # half the time of a frozen dataclass
    """A training, or the answer to a proposal that is free.

    Attributes:
        architecture: What is trained.
        of_class: Its equivalence class.
        epochs: For how many epochs the answer stands.
        evaluation: The answer.
        charged_epochs: What it costs in epochs.
        seconds: What it costs in seconds of a worker of speed 1.
        free: Whether it is answered with what is known, and leaves no row.
    """

    architecture: Architecture
    of_class: Class
    epochs: int
    evaluation: Evaluation
    charged_epochs: int
    seconds: float
    free: bool


class Ledger:
    """Evaluates what is proposed, charges it, and keeps the incumbent.

    A training is entered with `begin`, which counts against the budget, and booked
    with `finish`, in the order in which trainings end. The ledger trusts its
    arguments: `Simulation` checks the proposals before.

    Attributes:
        begun_epochs: Charged epochs of all trainings that began.
        begun: How many they are.
        free_repeats: How many proposals were answered free of charge.
        answers: What the benchmark said.
    """

    def __init__(self, benchmark: Benchmark, settings: RunSettings, seed: int) -> None:
        self.begun = 0
        self.begun_epochs = 0
        self.free_repeats = 0
        self.answers = Answers(benchmark)
        self._benchmark = benchmark
        self._objectives = settings.objectives
        self._only_accuracy = settings.objectives == (VALIDATION_ACCURACY,)
        self._constraints = settings.constraints
        self._timed = settings.budget.unit == "seconds" or settings.workers > 1
        self._free = settings.repeats == "free"
        self._resume = settings.fidelity == "resume"
        self._full = benchmark.epochs
        self._seeds = benchmark.seeds if settings.noise == "trial" else (None,)
        self._seed = seed
        if not self._seeds:
            raise NasbenchError(
                f"benchmark {benchmark.name!r} has no seeds to draw trials from; "
                "run with noise 'mean'"
            )
        self._classes: dict[Hashable, Class] = {}
        self._best = -1.0
        self._incumbent = -1
        self._total_epochs = 0
        self._total_seconds = 0.0
        # One element per charged evaluation that has ended.
        self._entries: list[Entry] = []
        self._rows: list[tuple[int, float, float, int, int, float]] = []

    def __len__(self) -> int:
        """Return the number of charged evaluations that have ended."""
        return len(self._entries)

    def begin(
        self, architecture: Architecture, canonical: Hashable, epochs: int
    ) -> Entry:
        """Return the answer to a proposal with what it costs.

        Args:
            architecture: What to train.
            canonical: Its equivalence class.
            epochs: For how long, 1 to the benchmark's epochs.

        Raises:
            NasbenchError: Time matters, and the benchmark does not know it.
        """
        # Hashing a class takes as long as all the rest, so it is done once.
        of_class = self._classes.get(canonical)
        if of_class is None:
            trial = self._trial_of(canonical, architecture)
            of_class = self._classes[canonical] = Class(trial)
        known = of_class.longest
        if known is not None and epochs <= known.epochs and self._free:
            return self._replay(known, epochs)
        evaluation = self.answers.to(architecture, epochs, of_class.seed)
        charged, seconds = epochs, evaluation.cost_seconds
        if (
            known is not None
            and epochs > known.epochs
            and self._resume
            and _succeeded(known.evaluation)
        ):
            charged -= known.epochs
            # Measured times may shrink; NaN has to stay NaN: mind the order.
            seconds = max(seconds - known.evaluation.cost_seconds, 0.0)
        if self._timed:
            self._check(seconds, "a training's")
        self.begun += 1
        self.begun_epochs += charged
        return Entry(
            architecture, of_class, epochs, evaluation, charged, seconds, False
        )

    def think(self, seconds: float) -> None:
        """Charge what a strategy's thinking costs.

        Raises:
            NasbenchError: Time matters, and the price of proxies is not known.
        """
        if self._timed:
            self._check(seconds, "the proxies'")
        self._total_seconds += seconds

    def finish(self, entry: Entry, worker: int, busy: float, now: float) -> None:
        """Book a training that ends.

        Args:
            entry: What `begin` returned; not a free one, which is booked nowhere.
            worker: The number of the worker that trained.
            busy: For how many seconds.
            now: The simulated time.
        """
        evaluation, known = entry.evaluation, entry.of_class.longest
        if known is None or entry.epochs > known.epochs:
            entry.of_class.longest = entry
        self._total_epochs += entry.charged_epochs
        self._total_seconds += busy
        violation = 0.0
        if self._constraints:
            violation = sum(one.violation(evaluation) for one in self._constraints)
        if entry.epochs == self._full and not violation:
            accuracy = accuracy_of(evaluation)
            if accuracy > self._best:
                self._best = accuracy
                self._incumbent = len(self._entries)
        self._entries.append(entry)
        self._rows.append(
            (
                self._total_epochs,
                self._total_seconds,
                now,
                worker,
                self._incumbent,
                violation,
            )
        )

    def close(self, strategy: str, seed: int, ended: Ending, thinking: Thinking) -> Run:
        """Return the run, with the referee's opinion of its incumbents."""
        entries = self._entries
        columns = list(zip(*self._rows, strict=True)) or [()] * 6
        incumbents = np.array(columns[4], np.int64)
        decisions = self._benchmark.space.decisions
        accuracies = np.array(
            [accuracy_of(entry.evaluation) for entry in entries], np.float64
        )
        return Run(
            strategy=strategy,
            benchmark=self._benchmark.name,
            seed=seed,
            ended=ended,
            free_repeats=self.free_repeats,
            architectures=np.array(
                [entry.architecture for entry in entries], np.uint8
            ).reshape(-1, decisions),
            epochs=np.array([entry.epochs for entry in entries], np.int64),
            validation_accuracy=accuracies,
            cumulative_epochs=np.array(columns[0], np.int64),
            cumulative_seconds=np.array(columns[1], np.float64),
            finished=np.array(columns[2], np.float64),
            worker=np.array(columns[3], np.int64),
            incumbent=incumbents,
            incumbent_validation_accuracy=self._judge(incumbents, "validation"),
            incumbent_test_accuracy=self._judge(incumbents, "test"),
            objective_values=self._objective_values(accuracies),
            violation=np.array(columns[5], np.float64),
            thinking_seconds=thinking.seconds,
            proxy_seconds=thinking.proxy_seconds,
        )

    def _check(self, seconds: float, whose: str) -> None:
        """Refuse costs that a clock cannot add up."""
        if not 0 <= seconds < inf:
            raise NasbenchError(
                f"benchmark {self._benchmark.name!r} gave {seconds} as {whose} "
                "seconds; set the budget in evaluations or epochs, and take one worker"
            )

    def _objective_values(self, accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._only_accuracy:
            return accuracies[:, None]
        rows = [
            [objective.value(entry.evaluation) for objective in self._objectives]
            for entry in self._entries
        ]
        return np.array(rows, np.float64).reshape(-1, len(self._objectives))

    def _replay(self, known: Entry, epochs: int) -> Entry:
        self.free_repeats += 1
        evaluation = known.evaluation
        if epochs != known.epochs:
            evaluation = self.answers.to(
                known.architecture, epochs, known.of_class.seed
            )
        return known._replace(
            epochs=epochs, evaluation=evaluation, seconds=0.0, free=True
        )

    def _trial_of(self, canonical: Hashable, architecture: Architecture) -> int | None:
        """Return the seed of the trial that a class shows in this run."""
        count = len(self._seeds)
        if count == 1:
            return self._seeds[0]
        position = trial_position(self._seed, canonical, architecture, count)
        return self._seeds[position]

    def _judge(
        self, incumbents: NDArray[np.int64], split: Split
    ) -> NDArray[np.float64]:
        """Return the ``(n,)`` mean accuracies of the incumbents, NaN where unknown."""
        accuracies = np.full(len(incumbents), nan)
        if isinstance(self._benchmark, Referee):
            for position in set(incumbents.tolist()) - {-1}:
                accuracies[incumbents == position] = self._benchmark.mean_accuracy(
                    self._entries[position].architecture, split
                )
        return accuracies


def accuracy_of(evaluation: Evaluation) -> float:
    """Return the validation accuracy; NaN for a failed training."""
    accuracy = evaluation.validation_accuracy
    if accuracy is None or evaluation.status is not Status.COMPLETE:
        return nan
    return accuracy


def _succeeded(evaluation: Evaluation) -> bool:
    return (
        evaluation.status is Status.COMPLETE
        and evaluation.validation_accuracy is not None
    )
