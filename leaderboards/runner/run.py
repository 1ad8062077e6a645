"""What one strategy did against one benchmark, from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures

Ending: TypeAlias = Literal["budget", "exhausted", "idle", "stopped"]
"""How a run ended: its budget was reached, `SearchExhausted`, or `IDLE_LIMIT`;
``"stopped"`` by its caller, before any of these."""

IDLE_LIMIT = 1000
"""A run ends after so many proposals in a row that cost nothing of its budget."""

EARLY_ENDS: Mapping[Ending, str] = {
    "exhausted": "it had nothing left to propose",
    "idle": (
        f"its last {IDLE_LIMIT} proposals cost nothing, being repeats or trainings "
        "that take no time"
    ),
}


@dataclass(frozen=True, eq=False)
class Run:
    """The charged evaluations of a run in the order in which they ended, n of them.

    Attributes:
        strategy: Name of the strategy.
        benchmark: Name of the benchmark.
        seed: The seed of the run.
        ended: Why the run ended.
        free_repeats: How many proposals were answered free of charge.
        architectures: ``(n, decisions) uint8``, what was evaluated.
        epochs: ``(n,) int64``, for how many epochs the answer stands.
        validation_accuracy: ``(n,) float64`` in [0, 1], as the strategy was told;
            NaN where the training failed.
        cumulative_epochs: ``(n,) int64``, charged up to and with each evaluation.
        cumulative_seconds: ``(n,) float64``, simulated CPU seconds likewise: the time
            that workers trained, and what the strategy's thinking was charged.
        finished: ``(n,) float64``, the moment on the simulated clock at which each
            evaluation ended; with one worker, `cumulative_seconds`.
        worker: ``(n,) int64``, which of the workers trained it, from 0.
        incumbent: ``(n,) int64``, the position of the incumbent after each
            evaluation, -1 before the first. The incumbent is the evaluation with
            the highest observed validation accuracy among those at the full budget
            of epochs; the earlier one stays on ties. Shorter trainings never become
            the incumbent: what was not trained to the end cannot be handed over.
        incumbent_validation_accuracy: ``(n,) float64`` in [0, 1], the referee's mean
            over seeds; NaN before the first incumbent or without a referee.
        incumbent_test_accuracy: ``(n,) float64`` in [0, 1], likewise; no strategy
            ever sees it.
        objective_values: ``(n, objectives) float64``, the columns to optimise as the
            strategy was told, in their own units; NaN where the training failed.
        violation: ``(n,) float64``, the sum of relative excesses over all limits; 0
            where all are kept. Only such an evaluation can become the incumbent.
        thinking_seconds: What the strategy itself was charged: its overhead, and the
            proxies that it asked for.
        proxy_seconds: The part of `thinking_seconds` that went to proxies.
    """

    strategy: str
    benchmark: str
    seed: int
    ended: Ending
    free_repeats: int
    architectures: Architectures
    epochs: NDArray[np.int64]
    validation_accuracy: NDArray[np.float64]
    cumulative_epochs: NDArray[np.int64]
    cumulative_seconds: NDArray[np.float64]
    finished: NDArray[np.float64]
    worker: NDArray[np.int64]
    incumbent: NDArray[np.int64]
    incumbent_validation_accuracy: NDArray[np.float64]
    incumbent_test_accuracy: NDArray[np.float64]
    objective_values: NDArray[np.float64]
    violation: NDArray[np.float64]
    thinking_seconds: float = 0.0
    proxy_seconds: float = 0.0

    def __len__(self) -> int:
        """Return the number of charged evaluations."""
        return len(self.epochs)

    @property
    def without_evaluation(self) -> str:
        """Say in a sentence why a run without any evaluation can be on no board."""
        reason = {
            "budget": "its first training would have ended after the budget",
            "exhausted": (
                "it had nothing to propose, like a recorded search that failed"
            ),
        }.get(self.ended, "it was stopped")
        return (
            f"strategy {self.strategy!r} proposed nothing on {self.benchmark!r} from "
            f"seed {self.seed}: {reason}; a board needs an evaluation of every run"
        )

    @property
    def early_end(self) -> str | None:
        """Say in a sentence why the budget is not spent; None where it is."""
        if self.ended not in EARLY_ENDS:
            return None
        count = f"{len(self)} evaluation{'' if len(self) == 1 else 's'}"
        return (
            f"strategy {self.strategy!r} on {self.benchmark} from seed {self.seed} "
            f"ended after {count}: {EARLY_ENDS[self.ended]}; the budget is not spent"
        )
