"""Random orders that stay the same with every version of numpy.

Numpy promises that a bit generator gives the same raw numbers for ever, but not that
`Generator.permutation` uses them in the same way (NEP 19). A task's fingerprint hangs
on the order, so the orders here are made of the raw numbers alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def random_order(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a random permutation, ``(count,) int64``."""
    keys = rng.bit_generator.random_raw(count)
    return np.argsort(keys, kind="stable").astype(np.int64)


def set_apart(
    labels: NDArray[np.int64], fraction: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose a random part that holds the same share of every class.

    The whole part has ``round(fraction * n)`` members, and every class its share of
    them up to one. A class never loses its last member.

    Args:
        labels: ``(n,) int64``, non-negative.
        fraction: How much to set apart, in (0, 1).
        rng: Chooses.

    Returns:
        The positions that stay and those that are set apart, each in random order.
    """
    counts = np.bincount(labels)
    quotas = _apportion(counts, fraction)
    order = random_order(len(labels), rng)
    # Its class's members before it, in the random order.
    by_class = np.argsort(labels[order], kind="stable")
    first = np.cumsum(counts) - counts
    rank = np.empty(len(labels), np.int64)
    rank[by_class] = np.arange(len(labels)) - np.repeat(first, counts)
    apart = rank < quotas[labels[order]]
    # Shuffled anew: the first of every class are apart, so that what stays would begin
    # with the classes whose places are filled early.
    return _shuffled(order[~apart], rng), _shuffled(order[apart], rng)


def _shuffled(
    positions: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    return positions[random_order(len(positions), rng)]


def _apportion(counts: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """Share out whole places by largest remainder (Hamilton's method, 1792)."""
    exact = counts * fraction
    quotas = np.floor(exact).astype(np.int64)
    missing = round(float(fraction * counts.sum())) - int(quotas.sum())
    largest = np.argsort(quotas - exact, kind="stable")[: max(missing, 0)]
    quotas[largest] += 1
    return np.asarray(np.minimum(quotas, np.maximum(counts - 1, 0)), np.int64)
