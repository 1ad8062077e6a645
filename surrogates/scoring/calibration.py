"""Whether stated uncertainties are true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError

Floats: TypeAlias = NDArray[np.float64]

LEVELS = (0.5, 0.68, 0.8, 0.9, 0.95)
"""Central intervals whose coverage is reported."""


@dataclass(frozen=True)
class Calibration:
    """Normal predictive distributions against what was measured.

    Attributes:
        nll: Mean negative log-likelihood in nats; smaller is better.
        crps: Mean continuous ranked probability score (Gneiting & Raftery, 2007), in
            the unit of the truth; the absolute error of a prediction that is certain.
        sharpness: Mean standard deviation.
        coverage: Share of the truth in the central intervals of `LEVELS`.
        error: Mean absolute difference of coverage and level over the levels 5 %,
            10 %, ..., 95 % (expected calibration error, Kuleshov et al., ICML 2018).
    """

    nll: float
    crps: float
    sharpness: float
    coverage: tuple[float, ...]
    error: float


def calibration(truth: Floats, mean: Floats, std: Floats) -> Calibration:
    """Return how well normal distributions describe the truth.

    Args:
        truth: ``(n,)``.
        mean: ``(n,)``.
        std: ``(n,)``, positive.

    Raises:
        NasbenchError: Shapes differ, or a standard deviation is not positive.
    """
    if not truth.shape == mean.shape == std.shape or truth.ndim != 1 or not len(truth):
        raise NasbenchError(
            f"calibration needs three equally long rows, not {truth.shape}, "
            f"{mean.shape} and {std.shape}"
        )
    if not (np.isfinite(std) & (std > 0)).all():
        raise NasbenchError(
            f"standard deviations are positive; the smallest is {float(std.min()):g}"
        )
    from scipy.special import ndtr

    z = (truth - mean) / std
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    crps = std * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))

    grid = np.arange(1, 20) / 20
    return Calibration(
        nll=float(np.mean(0.5 * z**2 + np.log(std) + 0.5 * np.log(2 * np.pi))),
        crps=float(crps.mean()),
        sharpness=float(std.mean()),
        coverage=tuple(coverage_at(truth, mean, std, np.array(LEVELS)).tolist()),
        error=float(np.abs(coverage_at(truth, mean, std, grid) - grid).mean()),
    )


def coverage_at(truth: Floats, mean: Floats, std: Floats, levels: Floats) -> Floats:
    """Return the share of the truth in the central intervals of each level.

    Args:
        truth: ``(n,)``.
        mean: ``(n,)``.
        std: ``(n,)``, positive.
        levels: ``(k,)`` in (0, 1).

    Returns:
        ``(k,)`` in [0, 1].
    """
    from scipy.special import ndtri

    distance = np.sort(np.abs(truth - mean) / std)
    inside = np.searchsorted(distance, ndtri(0.5 + levels / 2), side="right")
    return np.asarray(inside / len(distance))
