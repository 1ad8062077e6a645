"""What one training leaves behind: counts, losses and seconds of every epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
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


def run_epochs(
    epochs: int, room: int, pass_over: Callable[[str, int], tuple[int, float]]
) -> Trial:
    """Return the trial of so many epochs, each a timed pass over every split.

    Args:
        epochs: Epochs to run.
        room: Epochs that the trial's arrays have columns for.
        pass_over: Given split and epoch, trains on or evaluates all its images;
            returns the correct count and the mean loss.

    Returns:
        The trial; its status is FAILED, from the epoch on in which it happened, where a
        loss on any split is no longer a finite number.
    """
    correct = np.zeros((len(SPLITS), room), np.int32)
    loss, cpu, wall = (np.zeros((len(SPLITS), room), np.float32) for _ in range(3))
    for epoch in range(epochs):
        for row, split in enumerate(SPLITS):
            cpu_start, wall_start = time.thread_time(), time.perf_counter()
            result = pass_over(split, epoch)
            correct[row, epoch], loss[row, epoch] = result
            cpu[row, epoch] = time.thread_time() - cpu_start
            wall[row, epoch] = time.perf_counter() - wall_start
            if not math.isfinite(result[1]):
                for values in (correct, loss, cpu, wall):
                    values[:, epoch] = 0
                return Trial(Status.FAILED, epoch, correct, loss, cpu, wall)
    return Trial(Status.COMPLETE, epochs, correct, loss, cpu, wall)
