"""Whether an engine that rounds differently gives the accuracies of a table again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEED_SD = 0.03
"""Standard deviation between seeds that is assumed where a table cannot show its own.

The largest among the tables of the suite: 0.029 in ``cell201-mini-digits-v1``, 0.009
and 0.005 in the pilots of ``cell201-digits-v1`` and ``cell201-cifar10x8-v1``."""

DEGREES = 30
"""Degrees of freedom from which on a table's own standard deviation is taken."""

LARGEST_SDS = 5.0
"""A single accuracy may be off by so many standard deviations between seeds."""

MEAN_ERRORS = 5.0
"""The mean of the signed differences may be off by so many standard errors; in
Student's distribution one in 1,300 is beyond for 10 trainings, 12,000 for 20."""

MEAN_FROM = 10
"""Trainings from which on the mean is judged."""


@dataclass(frozen=True)
class Agreement:
    """How far final validation accuracies, trained again, are from those of a table.

    Rounding acts like a seed: single trials move, and their mean does not. So the
    largest difference is held against the noise between seeds, and the mean of the
    signed differences against its own standard error, which needs no seeds and finds
    what moves all trials in one direction.

    Attributes:
        largest: Largest absolute difference.
        largest_allowed: What it may be.
        mean: Mean of the differences, new minus old.
        mean_allowed: What its absolute value may be; infinite below 10 trainings.
    """

    largest: float
    largest_allowed: float
    mean: float
    mean_allowed: float

    @property
    def passed(self) -> bool:
        """Whether both are within what is allowed."""
        return (
            self.largest <= self.largest_allowed and abs(self.mean) <= self.mean_allowed
        )

    def __str__(self) -> str:
        """Word all four numbers."""
        words = (
            f"validation accuracy off by at most {self.largest:.4f}, "
            f"tolerance {self.largest_allowed:.4f}"
        )
        if math.isfinite(self.mean_allowed):
            words += f"; on average {self.mean:+.4f}, tolerance {self.mean_allowed:.4f}"
        return words


def agreement(
    differences: NDArray[np.float64], images: int, seed_sd: float, degrees: int
) -> Agreement:
    """Judge trainings again on an engine that rounds differently.

    Args:
        differences: ``(n,)``, new minus old accuracy in [0, 1].
        images: Images on which they were measured; neither standard deviation is
            taken below that of as many draws at one half.
        seed_sd: The table's standard deviation between seeds.
        degrees: Its degrees of freedom, seeds beyond the first over all classes.
    """
    binomial = 0.5 / math.sqrt(images)
    if degrees >= DEGREES:
        between_seeds = max(seed_sd, binomial)
    else:
        between_seeds = math.hypot(SEED_SD, binomial)
    count = len(differences)
    mean_allowed = math.inf
    if count >= MEAN_FROM:
        spread = max(float(differences.std(ddof=1)), math.sqrt(2) * binomial)
        mean_allowed = MEAN_ERRORS * spread / math.sqrt(count)
    return Agreement(
        largest=float(np.abs(differences).max(initial=0.0)),
        largest_allowed=LARGEST_SDS * between_seeds,
        mean=float(differences.mean()) if count else 0.0,
        mean_allowed=mean_allowed,
    )
