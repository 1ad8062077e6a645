"""How accuracies are distributed, over classes and over architectures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BINS = 20


@dataclass(frozen=True)
class Distribution:
    """Quantiles and a histogram of one accuracy, dead cells included.

    A class is a set of architectures that are the same function. Uniform random
    search draws architectures, so it sees the distribution over them.

    Attributes:
        of_classes: Accuracy in [0, 1] at `QUANTILES`, every class once.
        of_architectures: The same, every class as often as it has members.
        low: The left edge of the histogram.
        high: Its right edge.
        class_counts: Classes in each of `BINS` bins of equal width; the last bin
            holds its right edge too.
        architecture_counts: Architectures in each bin.
    """

    of_classes: tuple[float, ...]
    of_architectures: tuple[float, ...]
    low: float
    high: float
    class_counts: tuple[int, ...]
    architecture_counts: tuple[int, ...]


def distribution(
    accuracy: NDArray[np.float64], members: NDArray[np.int64]
) -> Distribution:
    """Return the distribution of a mean accuracy.

    Args:
        accuracy: ``(n,)`` in [0, 1], one per class.
        members: ``(n,)``, architectures of every class.
    """
    everyone = np.repeat(accuracy, members)
    ends = (float(accuracy.min()), float(accuracy.max()))
    if ends[0] == ends[1]:
        ends = (max(ends[0] - 0.005, 0.0), min(ends[1] + 0.005, 1.0))
    return Distribution(
        of_classes=tuple(np.quantile(accuracy, QUANTILES).tolist()),
        of_architectures=tuple(np.quantile(everyone, QUANTILES).tolist()),
        low=ends[0],
        high=ends[1],
        class_counts=tuple(np.histogram(accuracy, BINS, ends)[0].tolist()),
        architecture_counts=tuple(np.histogram(everyone, BINS, ends)[0].tolist()),
    )
