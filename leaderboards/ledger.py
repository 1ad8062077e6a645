"""What a run has evaluated, what that cost, and what is best so far."""

from __future__ import annotations

from collections.abc import Hashable
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboards.run import Ending, Run
from leaderboards.settings import RunSettings
from nasbench.benchmark import Benchmark, Evaluation, Referee, Split, Status
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture


class _Training(NamedTuple):  # half the time of a frozen dataclass
    """The longest training so far of one equivalence class."""

    architecture: Architecture
    seed: int | None
    epochs: int
    evaluation: Evaluation


class Ledger:
    """Evaluates what is proposed, charges it, and keeps the incumbent.

    It trusts its arguments: `simulate` checks the proposals before.

    Attributes:
        spent: What the run has used up, in the unit of the budget.
        free_repeats: How many proposals were answered free of charge.
    """

    def __init__(
        self, benchmark: Benchmark, settings: RunSettings, rng: np.random.Generator
    ) -> None:
        self.spent: float = 0
        self.free_repeats = 0
        self._benchmark = benchmark
        self._unit = settings.budget.unit
        self._free = settings.repeats == "free"
        self._resume = settings.fidelity == "resume"
        self._full = benchmark.epochs
        self._seeds = benchmark.seeds if settings.noise == "trial" else (None,)
        self._rng = rng
        if not self._seeds:
            raise NasbenchError(
                f"benchmark {benchmark.name!r} has no seeds to draw trials from; "
                "run with noise 'mean'"
            )
        self._trainings: dict[Hashable, _Training] = {}
        self._best = -1.0
        self._incumbent = -1
        self._total_epochs = 0
        self._total_seconds = 0.0
        # One entry per charged evaluation; lists grow faster than arrays.
        self._architectures: list[Architecture] = []
        self._epochs: list[int] = []
        self._accuracies: list[float] = []
        self._cumulative_epochs: list[int] = []
        self._cumulative_seconds: list[float] = []
        self._incumbents: list[int] = []

    def evaluate(
        self, architecture: Architecture, canonical: Hashable, epochs: int
    ) -> Evaluation:
        """Return the answer to a proposal, and charge it.

        Args:
            architecture: What to train.
            canonical: Its equivalence class.
            epochs: For how long, 1 to the benchmark's epochs.

        Raises:
            NasbenchError: The budget is in seconds and the benchmark knows none.
        """
        known = self._trainings.get(canonical)
        if known is not None and epochs <= known.epochs and self._free:
            return self._replay(known, epochs)
        seed = self._draw_seed() if known is None else known.seed
        evaluation = self._benchmark.evaluate(architecture, epochs=epochs, seed=seed)
        charged, seconds = epochs, evaluation.cost_seconds
        if known is None or epochs > known.epochs:
            if known is not None and self._resume and _succeeded(known.evaluation):
                charged -= known.epochs
                # Measured times may shrink; NaN has to stay NaN: mind the order.
                seconds = max(seconds - known.evaluation.cost_seconds, 0.0)
            self._trainings[canonical] = _Training(
                architecture, seed, epochs, evaluation
            )
        self._charge(charged, seconds)
        self._record(architecture, epochs, evaluation)
        return evaluation

    def close(self, strategy: str, seed: int, ended: Ending) -> Run:
        """Return the run, with the referee's opinion of its incumbents."""
        incumbents = np.array(self._incumbents, np.int64)
        decisions = self._benchmark.space.decisions
        return Run(
            strategy=strategy,
            benchmark=self._benchmark.name,
            seed=seed,
            ended=ended,
            free_repeats=self.free_repeats,
            architectures=np.array(self._architectures, np.uint8).reshape(
                -1, decisions
            ),
            epochs=np.array(self._epochs, np.int64),
            validation_accuracy=np.array(self._accuracies, np.float64),
            cumulative_epochs=np.array(self._cumulative_epochs, np.int64),
            cumulative_seconds=np.array(self._cumulative_seconds, np.float64),
            incumbent=incumbents,
            incumbent_validation_accuracy=self._judge(incumbents, "validation"),
            incumbent_test_accuracy=self._judge(incumbents, "test"),
        )

    def _replay(self, known: _Training, epochs: int) -> Evaluation:
        self.free_repeats += 1
        if epochs == known.epochs:
            return known.evaluation
        return self._benchmark.evaluate(
            known.architecture, epochs=epochs, seed=known.seed
        )

    def _draw_seed(self) -> int | None:
        if len(self._seeds) == 1:
            return self._seeds[0]
        return self._seeds[self._rng.integers(len(self._seeds))]

    def _charge(self, epochs: int, seconds: float) -> None:
        if self._unit == "evaluations":
            self.spent += 1
        elif self._unit == "epochs":
            self.spent += epochs
        elif seconds >= 0:
            self.spent += seconds
        else:
            raise NasbenchError(
                f"benchmark {self._benchmark.name!r} gave {seconds} as a training's "
                "seconds; set the budget in evaluations or epochs"
            )
        self._total_epochs += epochs
        self._total_seconds += seconds
        self._cumulative_epochs.append(self._total_epochs)
        self._cumulative_seconds.append(self._total_seconds)

    def _record(
        self, architecture: Architecture, epochs: int, evaluation: Evaluation
    ) -> None:
        accuracy = evaluation.validation_accuracy
        if accuracy is None or evaluation.status is not Status.COMPLETE:
            accuracy = nan
        if epochs == self._full and accuracy > self._best:
            self._best = accuracy
            self._incumbent = len(self._epochs)
        self._architectures.append(architecture)
        self._epochs.append(epochs)
        self._accuracies.append(accuracy)
        self._incumbents.append(self._incumbent)

    def _judge(
        self, incumbents: NDArray[np.int64], split: Split
    ) -> NDArray[np.float64]:
        """Return the ``(n,)`` mean accuracies of the incumbents, NaN where unknown."""
        accuracies = np.full(len(incumbents), nan)
        if isinstance(self._benchmark, Referee):
            for position in set(self._incumbents) - {-1}:
                accuracies[incumbents == position] = self._benchmark.mean_accuracy(
                    self._architectures[position], split
                )
        return accuracies


def _succeeded(evaluation: Evaluation) -> bool:
    return (
        evaluation.status is Status.COMPLETE
        and evaluation.validation_accuracy is not None
    )
