"""How well a surrogate benchmark answers all but validation accuracy, when held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import CostModel
from surrogates.fit_benchmark import FitSettings, fit_benchmark
from surrogates.observations import Observations, class_numbers
from surrogates.scoring.metrics import score
from surrogates.scoring.protocol import Protocol, share_to_test
from surrogates.scoring.splits import clustered_split

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PartScores:
    """Errors on architectures that were not fitted; means over splits.

    What the sample does not know, or too little of it to be fitted, is NaN.

    Attributes:
        samples: To how many architectures the benchmark was fitted in a split; the
            least of all splits.
        test_kendall: Kendall's tau of test accuracy after full training.
        test_mae: Its mean absolute error, accuracy in [0, 1].
        curve_mae: ``(epochs,)`` mean absolute error of validation accuracy after every
            epoch.
        seconds_error: Median relative error of the CPU seconds of a training.
        seconds_r2: R2 of the same seconds.
    """

    samples: int
    test_kendall: float
    test_mae: float
    curve_mae: Floats
    seconds_error: float
    seconds_r2: float


def evaluate_parts(
    observations: Observations,
    costs: CostModel,
    settings: FitSettings,
    rules: Protocol,
) -> PartScores:
    """Fit whole benchmarks on splits and score what they answer of the rest.

    The splits are those of `evaluate_surrogate`; each benchmark is fitted to all that
    a split leaves, and asked as strategies ask it.

    Args:
        observations: The samples.
        costs: Of the benchmark; they decide no score.
        settings: How it is fitted; the seed is that of the split in its place.
        rules: Splits, and how many samples to test on; its sizes are not read.

    Raises:
        NasbenchError: There are too few samples for any split.
    """
    classes = class_numbers(observations.space, observations.architectures)
    test = share_to_test(len(observations), rules.test)
    rows, samples = [], []
    for split in range(rules.splits):
        rng = np.random.default_rng(split)
        learn, tested = clustered_split(classes, test, None, rng)
        chosen = FitSettings(settings.encoding, settings.model, split)
        known = observations.take(learn)
        benchmark = fit_benchmark("held out", known, costs, chosen)
        asked = observations.take(tested)
        cells = [tuple(row) for row in asked.architectures.tolist()]
        found = [benchmark.evaluate(cell) for cell in cells]
        tests = [benchmark.mean_accuracy(cell, "test") for cell in cells]
        wrong = np.abs(np.array([one.curve for one in found]) - asked.curves)
        seconds = np.array([one.cost_seconds for one in found])
        rows.append(
            [
                *_agreement(asked.test, np.array(tests)),
                *_seconds(asked.seconds * benchmark.epochs, seconds),
                *_mean_of_columns(wrong),
            ]
        )
        samples.append(len(learn))
    kendall, mae, relative, r2, *curve = np.mean(rows, axis=0).tolist()
    return PartScores(min(samples), kendall, mae, np.array(curve), relative, r2)


def _agreement(truth: Floats, predicted: Floats) -> tuple[float, float]:
    """Return Kendall's tau and the mean absolute error of what is known."""
    there = np.isfinite(truth) & np.isfinite(predicted)
    if there.sum() < 2:
        return float("nan"), float("nan")
    found = score(truth[there], predicted[there])
    return found.kendall, found.mae


def _seconds(truth: Floats, predicted: Floats) -> tuple[float, float]:
    """Return the median relative error and R2 of what is known."""
    there = np.isfinite(truth) & np.isfinite(predicted) & (truth > 0)
    if there.sum() < 2:
        return float("nan"), float("nan")
    relative = np.abs(predicted[there] / truth[there] - 1)
    return float(np.median(relative)), score(truth[there], predicted[there]).r2


def _mean_of_columns(errors: Floats) -> Floats:
    """Return the mean of what is known in every column; NaN where nothing is."""
    there = np.isfinite(errors)
    count = there.sum(axis=0)
    total = np.where(there, errors, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
