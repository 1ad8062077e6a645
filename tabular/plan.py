"""What a build has to train, in portions that are finished one at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from nasbench.errors import NasbenchError

ORDER_SEED = 0
"""Seed of the order in which classes are trained."""

LARGEST_SHARD = 16
SHARDS_PER_SEED = 64
"""About so many portions per seed, each of at most 16 trainings."""


@dataclass(frozen=True)
class Shard:
    """A portion of the work: some classes, one seed.

    Attributes:
        seed: The seed of all its trainings.
        classes: The classes to train.
    """

    seed: int
    classes: tuple[int, ...]


def training_order(classes: int, limit: int | None) -> list[int]:
    """Return the class numbers in the order of training.

    The order is a fixed shuffle, so that the first `limit` classes are a uniform
    sample of the space and the time left can be foretold from the time spent.

    Raises:
        NasbenchError: The limit is not 1 to `classes`.
    """
    if limit is not None and not 1 <= limit <= classes:
        raise NasbenchError(f"the limit is 1 to {classes} classes, not {limit}")
    order = np.random.default_rng(ORDER_SEED).permutation(classes)
    return [int(number) for number in order[:limit]]


def plan_shards(
    order: Sequence[int], seeds: Sequence[int], done: Collection[tuple[int, int]]
) -> list[Shard]:
    """Return the portions that are still to train, all of one seed before the next.

    Args:
        order: Class numbers in the order of training.
        seeds: The seeds wanted.
        done: (class, seed) of the trials that exist.
    """
    size = max(1, min(LARGEST_SHARD, len(order) // SHARDS_PER_SEED))
    shards: list[Shard] = []
    for seed in seeds:
        missing = [number for number in order if (number, seed) not in done]
        shards += [
            Shard(seed, tuple(missing[start : start + size]))
            for start in range(0, len(missing), size)
        ]
    return shards
