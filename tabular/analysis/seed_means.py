"""How far the ranking by the mean of some seeds can be reproduced by others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tabular.analysis.class_trials import mean_over_seeds
from tabular.analysis.kendall import best, kendall
from tabular.analysis.seed_noise import SeedNoise
from tabular.analysis.spearman_brown import lengthened_tau

Floats = NDArray[np.float64]

SPLITS_LIMIT = 200
"""Where there are more ways to split the seeds, so many are drawn, always the same."""

ESTIMATED = (2, 3, 5, 10)
"""Numbers of seeds for which an estimate is given where none can be measured."""


@dataclass(frozen=True)
class SeedMean:
    """The mean of so many seeds against the mean of as many other seeds.

    Attributes:
        seeds: How many seeds a mean is over.
        measured: Whether the table has twice as many; else the taus are estimates
            by `lengthened_tau` from the largest number of which they are measured.
        r2_ceiling: Largest R2 on such a mean; see `SeedNoise.r2_ceiling`.
        tau: Kendall's tau-b, mean over all ways to choose both groups of seeds.
        tau_best: The same within the best 30 % by the mean over all seeds. Too low:
            the seeds that are compared have chosen the classes, and of two seeds that
            together are good enough, one tends to be lucky where the other is not.
        tau_best_by_others: The same within the best 30 % by the mean of the seeds
            that are in neither group, whose choice is free of that bias, but of
            fewer seeds; NaN without such seeds.
    """

    seeds: int
    measured: bool
    r2_ceiling: float
    tau: float
    tau_best: float
    tau_best_by_others: float


def seed_means(accuracy: Floats, noise: SeedNoise) -> tuple[SeedMean, ...]:
    """Return the agreement of seed means, measured and estimated.

    Args:
        accuracy: ``(n, seeds)`` in [0, 1], live classes that have every seed.
        noise: Variance components of the same table.

    Returns:
        By ascending number of seeds: measured up to half of the seeds, estimated for
        all of them and for `ESTIMATED`. Empty for fewer than two seeds or classes.
    """
    classes, seeds = accuracy.shape
    if seeds < 2 or classes < 2:
        return ()
    measured = [_measured(accuracy, n, noise) for n in range(1, seeds // 2 + 1)]
    further = sorted({n for n in (*ESTIMATED, seeds) if n > len(measured)})
    return (*measured, *(_estimated(measured, n, noise) for n in further))


def _measured(accuracy: Floats, size: int, noise: SeedNoise) -> SeedMean:
    chosen = best(mean_over_seeds(accuracy))
    taus = []
    for first, second, others in _groups(accuracy.shape[1], size):
        one = mean_over_seeds(accuracy[:, first])
        two = mean_over_seeds(accuracy[:, second])
        by_others = float("nan")
        if others:
            fair = best(mean_over_seeds(accuracy[:, others]))
            by_others = kendall(one[fair], two[fair])
        taus.append((kendall(one, two), kendall(one[chosen], two[chosen]), by_others))
    tau, tau_best, by_others = np.mean(taus, axis=0).tolist()
    ceiling = noise.r2_ceiling(size)
    return SeedMean(size, True, ceiling, tau, tau_best, by_others)


def _estimated(measured: list[SeedMean], size: int, noise: SeedNoise) -> SeedMean:
    last = measured[-1]
    factor = size / last.seeds
    fair = [mean for mean in measured if not np.isnan(mean.tau_best_by_others)]
    by_others = float("nan")
    if fair:
        by_others = lengthened_tau(fair[-1].tau_best_by_others, size / fair[-1].seeds)
    return SeedMean(
        seeds=size,
        measured=False,
        r2_ceiling=noise.r2_ceiling(size),
        tau=lengthened_tau(last.tau, factor),
        tau_best=lengthened_tau(last.tau_best, factor),
        tau_best_by_others=by_others,
    )


def _groups(seeds: int, size: int) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """Yield two disjoint groups of seeds and the rest, each unordered pair once."""
    everyone = range(seeds)
    pairs = [
        (first, second)
        for first in combinations(everyone, size)
        for second in combinations([s for s in everyone if s not in first], size)
        if first < second
    ]
    if len(pairs) > SPLITS_LIMIT:
        drawn = np.random.default_rng(0).choice(len(pairs), SPLITS_LIMIT, replace=False)
        pairs = [pairs[i] for i in np.sort(drawn)]
    for first, second in pairs:
        others = [seed for seed in everyone if seed not in first + second]
        yield list(first), list(second), others
