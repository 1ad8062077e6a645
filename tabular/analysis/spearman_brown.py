"""What the mean of more seeds would agree to, from what few agree to."""

from __future__ import annotations

import numpy as np


def spearman_brown(correlation: float, factor: float) -> float:
    """Return the correlation between two means of `factor` times as many trials.

    Spearman (1910) and Brown (1910), both in the British Journal of Psychology:
    f r / (1 + (f - 1) r). A correlation below 0 is taken as 0.

    Args:
        correlation: Between two means over independent trials, at most 1.
        factor: How many times as many trials there would be.
    """
    known = max(correlation, 0.0)
    return factor * known / (1 + (factor - 1) * known)


def lengthened_tau(tau: float, factor: float) -> float:
    """Estimate Kendall's tau between two means of `factor` times as many trials.

    Tau is turned into the correlation of the normal distribution that has it,
    sin(pi tau / 2) (Greiner 1909), lengthened, and turned back. An estimate: seeds
    scatter differently for different architectures, and the best ones are not
    normally distributed.

    >>> round(lengthened_tau(0.3, 3), 2)
    0.51
    """
    lengthened = spearman_brown(float(np.sin(np.pi * tau / 2)), factor)
    return float(2 / np.pi * np.arcsin(min(lengthened, 1.0)))
