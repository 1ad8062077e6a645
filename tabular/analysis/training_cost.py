"""What the trainings of a table cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tabular.analysis.class_trials import ClassTrials
from tabular.provenance import Run

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class TrainingCost:
    """Times of a table's trainings, as measured when it was built.

    Attributes:
        trials: Trainings that were tried, failed ones too.
        failed: How many of them failed.
        median_cpu_seconds: Of one training with validation, which is what a search is
            charged: median over classes of the mean over their trainings.
        cpu_hours: Of all trainings in the table, with validation and testing.
        cpu_hours_per_seed: The same for one seed of every class of the space; an
            estimate from the mean where the table is partial.
        trainings_per_cpu_hour: With validation and testing.
        workers: Worker processes of the build, each of which trains one network at a
            time; None where its runs had different ones, or a cluster's.
        wall_hours: Sum of the wall-clock times of all trainings over the workers: what
            the build takes if its workers never wait for work. Time in which a worker
            waited for a core is in it. None where the workers are not known.
    """

    trials: int
    failed: int
    median_cpu_seconds: float
    cpu_hours: float
    cpu_hours_per_seed: float
    trainings_per_cpu_hour: float
    workers: int | None
    wall_hours: float | None


def training_cost(
    trials: ClassTrials, classes: int, workers: int | None
) -> TrainingCost:
    """Add up the seconds of a table.

    Args:
        trials: Its trainings.
        classes: How many classes the space has, trained or not.
        workers: Worker processes of the build; see `workers_of`.
    """
    mean = float(trials.seconds.mean())
    wall_hours = float(trials.wall_seconds.sum()) / SECONDS_PER_HOUR
    return TrainingCost(
        trials=len(trials.seconds),
        failed=trials.failed,
        median_cpu_seconds=float(np.median(trials.search_seconds)),
        cpu_hours=float(trials.seconds.sum()) / SECONDS_PER_HOUR,
        cpu_hours_per_seed=mean * classes / SECONDS_PER_HOUR,
        trainings_per_cpu_hour=SECONDS_PER_HOUR / mean if mean else float("inf"),
        workers=workers,
        wall_hours=wall_hours / workers if workers else None,
    )


def workers_of(runs: Iterable[Run]) -> int | None:
    """Return the workers of the runs that made a table; None where they differ.

    Args:
        runs: The runs; one that trained nothing, as a merge, states no workers.
    """
    stated = {run["workers"] for run in runs if "workers" in run}
    (workers,) = stated if len(stated) == 1 else ("",)
    return int(workers) if workers.isdecimal() and int(workers) else None
