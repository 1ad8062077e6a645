"""How much architectures differ, and how much one differs between seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabular.analysis.class_trials import mean_over_seeds
from tabular.analysis.kendall import best

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeedNoise:
    """Variance components of an accuracy; standard deviations in [0, 1].

    Attributes:
        classes: Live classes that they are computed from.
        sd_between_seeds: Of one architecture, pooled over classes.
        sd_between_seeds_best: The same within the best 30 % by the mean over seeds.
        sd_between_architectures: Of their expected accuracies, with the noise of the
            seed mean taken off; 0 where the noise explains all.
        variance_ratio: Variance between architectures over that between seeds;
            infinite without any noise.
    """

    classes: int
    sd_between_seeds: float
    sd_between_seeds_best: float
    sd_between_architectures: float
    variance_ratio: float

    def r2_ceiling(self, seeds: int) -> float:
        """Return the R2 that the expected accuracies would reach on a seed mean.

        With A the variance between architectures and E the one between seeds, the
        mean of k seeds has the variance A + E / k, of which a predictor that knows
        every expected accuracy exactly explains A / (A + E / k); no predictor has
        more, on average. That is the intraclass correlation ICC(1, k) (Shrout &
        Fleiss, Psychological Bulletin 1979); from k = 1 to others it follows the
        Spearman-Brown formula.

        Args:
            seeds: How many seeds the mean is over, 1 or more.
        """
        signal = self.sd_between_architectures**2
        noise = self.sd_between_seeds**2 / seeds
        return signal / (signal + noise) if signal + noise > 0 else float("nan")


def seed_noise(accuracy: Floats) -> SeedNoise | None:
    """Estimate the variance components of trials.

    A one-way analysis of variance with classes as random effects; classes may have
    different numbers of trials (Searle, Casella & McCulloch, Variance Components,
    1992, section 3.6).

    Args:
        accuracy: ``(n, seeds)`` in [0, 1] of live classes; NaN for missing trials.

    Returns:
        None where no class has two trials, or there is only one class.
    """
    count = (~np.isnan(accuracy)).sum(axis=1)
    trials, classes = int(count.sum()), len(accuracy)
    if classes < 2 or trials <= classes:
        return None
    means = np.nanmean(accuracy, axis=1)
    squares = np.nansum((accuracy - means[:, None]) ** 2, axis=1)
    within = squares.sum() / (trials - classes)
    grand = (count * means).sum() / trials
    between = (count * (means - grand) ** 2).sum() / (classes - 1)
    typical = (trials - (count**2).sum() / trials) / (classes - 1)
    signal = max(0.0, (between - within) / typical)
    top = best(mean_over_seeds(accuracy))
    freedom = int((count[top] - 1).sum())
    return SeedNoise(
        classes=classes,
        sd_between_seeds=float(np.sqrt(within)),
        sd_between_seeds_best=float(np.sqrt(squares[top].sum() / freedom))
        if freedom
        else float("nan"),
        sd_between_architectures=float(np.sqrt(signal)),
        variance_ratio=float(signal / within) if within else float("inf"),
    )
