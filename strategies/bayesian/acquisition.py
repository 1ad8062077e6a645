"""What an evaluation is worth, by what a model predicts of it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
AcquisitionName: TypeAlias = Literal["ei", "ucb", "its"]


def expected_improvement(mean: Floats, deviation: Floats, best: float) -> Floats:
    """Return the expected excess over `best` of normal variables, larger better.

    Mockus 1975; Jones, Schonlau & Welch, 1998. Where nothing is uncertain it is the
    excess of the mean.
    """
    from scipy.special import ndtr

    sure = deviation <= 0
    spread = np.where(sure, 1.0, deviation)
    excess = mean - best
    z = excess / spread
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    improvement = excess * ndtr(z) + spread * density
    return np.asarray(np.where(sure, np.maximum(excess, 0.0), improvement))


def upper_confidence_bound(mean: Floats, deviation: Floats, width: float) -> Floats:
    """Return the mean plus `width` deviations (Srinivas et al., ICML 2010)."""
    return np.asarray(mean + width * deviation)


def independent_draws(
    mean: Floats, deviation: Floats, rng: np.random.Generator
) -> Floats:
    """Return one draw per candidate (ITS; White et al., AAAI 2021).

    The largest of very many independent draws is that of the most uncertain candidate
    and not of a good one; ITS goes with few candidates that are near the best.
    """
    return np.asarray(mean + deviation * rng.standard_normal(len(mean)))


def argmax_at_random(values: Floats, rng: np.random.Generator) -> int:
    """Return the position of the largest value; of equal ones, each equally likely."""
    top = np.flatnonzero(values == values.max())
    return int(top[0] if len(top) == 1 else top[rng.integers(len(top))])
