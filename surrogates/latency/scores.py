"""How well latencies are predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from tabular.analysis.kendall import kendall

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class LatencyScores:
    """Agreement of predicted with measured latencies.

    Attributes:
        kendall: Kendall's tau-b.
        median_error: Median of the relative errors, |predicted / measured - 1|.
        within_5: Share of the networks predicted within 5 %.
        within_10: Share of the networks predicted within 10 %.
    """

    kendall: float
    median_error: float
    within_5: float
    within_10: float


def score_latency(measured_ms: Floats, predicted_ms: Floats) -> LatencyScores:
    """Return the scores of ``(n,)`` predictions.

    Raises:
        NasbenchError: The shapes differ, or measured values are not positive.
    """
    measured, predicted = np.asarray(measured_ms), np.asarray(predicted_ms)
    if measured.shape != predicted.shape or measured.ndim != 1 or len(measured) < 2:
        raise NasbenchError(
            "scores need two networks or more, and a prediction of each; given "
            f"{measured.shape} and {predicted.shape}"
        )
    if not ((measured > 0).all() and np.isfinite(predicted).all()):
        raise NasbenchError("scores need positive latencies and finite predictions")
    error = np.abs(predicted / measured - 1)
    return LatencyScores(
        kendall=kendall(measured, predicted),
        median_error=float(np.median(error)),
        within_5=float((error <= 0.05).mean()),
        within_10=float((error <= 0.1).mean()),
    )


def mean_scores(scores: list[LatencyScores]) -> LatencyScores:
    """Return the means over several splits."""
    names = ("kendall", "median_error", "within_5", "within_10")
    return LatencyScores(
        *(float(np.mean([getattr(one, name) for one in scores])) for name in names)
    )
