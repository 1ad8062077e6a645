"""How much of the differences single decisions explain, pairs of them, and so on."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def variance_by_order(
    values: NDArray[np.float64], radices: tuple[int, ...]
) -> tuple[float, ...]:
    """Split the variance over a whole space by the order of interaction.

    The decomposition of a function on a product into a constant, effects of single
    decisions, of pairs beyond these, and so on, which are orthogonal (Hoeffding,
    Annals of Mathematical Statistics 1948; the amplitude spectrum of Stadler 1996).
    The first share is the R2 of the best model that adds one number per option.

    Args:
        values: ``(size,)``, of every combination, in the order of the index.
        radices: Options of every decision.

    Returns:
        The shares of order 1 to the number of decisions; they sum to 1. NaN where all
        values are equal.
    """
    decisions = range(len(radices))
    grid = values.reshape(radices) - values.mean()
    total = float((grid**2).mean())
    if not total > 0:
        return (float("nan"),) * len(radices)
    # Variance that a set of decisions explains, with all of its subsets.
    explained: dict[tuple[int, ...], float] = {}
    own: dict[tuple[int, ...], float] = {}
    shares = []
    for order in range(1, len(radices) + 1):
        for chosen in combinations(decisions, order):
            others = tuple(d for d in decisions if d not in chosen)
            explained[chosen] = float((grid.mean(axis=others) ** 2).mean())
            own[chosen] = explained[chosen] - sum(
                own[part]
                for smaller in range(1, order)
                for part in combinations(chosen, smaller)
            )
        shares.append(
            sum(own[chosen] for chosen in combinations(decisions, order)) / total
        )
    return tuple(shares)
