"""What the trainings of a table cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabular.analysis.class_trials import ClassTrials

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class TrainingCost:
    """CPU time of a table's trainings, as measured when it was built.

    Attributes:
        trials: Trainings that were tried, failed ones too.
        failed: How many of them failed.
        median_cpu_seconds: Of one training with validation, which is what a search is
            charged: median over classes of the mean over their trainings.
        cpu_hours: Of all trainings in the table, with validation and testing.
        cpu_hours_per_seed: The same for one seed of every class of the space; an
            estimate from the mean where the table is partial.
        trainings_per_cpu_hour: With validation and testing.
    """

    trials: int
    failed: int
    median_cpu_seconds: float
    cpu_hours: float
    cpu_hours_per_seed: float
    trainings_per_cpu_hour: float


def training_cost(trials: ClassTrials, classes: int) -> TrainingCost:
    """Add up the CPU seconds of a table.

    Args:
        trials: Its trainings.
        classes: How many classes the space has, trained or not.
    """
    mean = float(trials.seconds.mean())
    return TrainingCost(
        trials=len(trials.seconds),
        failed=trials.failed,
        median_cpu_seconds=float(np.median(trials.search_seconds)),
        cpu_hours=float(trials.seconds.sum()) / SECONDS_PER_HOUR,
        cpu_hours_per_seed=mean * classes / SECONDS_PER_HOUR,
        trainings_per_cpu_hour=SECONDS_PER_HOUR / mean if mean else float("inf"),
    )
