"""What one strategy did against one benchmark, from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures

Ending: TypeAlias = Literal["budget", "exhausted", "idle"]
"""Why a run ended: its budget was reached, `SearchExhausted`, or `IDLE_LIMIT`."""


@dataclass(frozen=True, eq=False)
class Run:
    """The charged evaluations of a run in their order, n of them.

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
        cumulative_seconds: ``(n,) float64``, simulated CPU seconds likewise.
        incumbent: ``(n,) int64``, the position of the incumbent after each
            evaluation, -1 before the first. The incumbent is the evaluation with
            the highest observed validation accuracy among those at the full budget
            of epochs; the earlier one stays on ties. Shorter trainings never become
            the incumbent: what was not trained to the end cannot be handed over.
        incumbent_validation_accuracy: ``(n,) float64`` in [0, 1], the referee's mean
            over seeds; NaN before the first incumbent or without a referee.
        incumbent_test_accuracy: ``(n,) float64`` in [0, 1], likewise; no strategy
            ever sees it.
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
    incumbent: NDArray[np.int64]
    incumbent_validation_accuracy: NDArray[np.float64]
    incumbent_test_accuracy: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of charged evaluations."""
        return len(self.epochs)
