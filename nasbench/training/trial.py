"""What one training leaves behind: counts, losses and seconds of every epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Status

SPLITS = ("train", "valid", "test")
"""The order of the rows of a trial's arrays."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One network trained from one seed.

    Rows are train, valid, test. Training counts and losses are gathered while the
    weights move, over the images of the full batches; the others after the epoch.

    Attributes:
        status: Whether the training came to its end.
        epochs_done: Epochs whose columns hold values; those after it hold zeros.
        correct: ``(3, epochs) int32``, images classified correctly.
        loss: ``(3, epochs) float32``, mean cross-entropy in nats.
        cpu_seconds: ``(3, epochs) float32``, CPU seconds of the training thread.
        wall_seconds: ``(3, epochs) float32``, seconds on the clock.
    """

    status: Status
    epochs_done: int
    correct: NDArray[np.int32]
    loss: NDArray[np.float32]
    cpu_seconds: NDArray[np.float32]
    wall_seconds: NDArray[np.float32]
