"""What a build has to train, in portions that are finished one at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from nasbench.errors import NasbenchError

ORDER_SEED = 0
"""Seed of the order in which classes are trained."""

LARGEST_SHARD = {"fused": 32, "torch": 8}
"""Trainings of the largest portion: a minute or two with either engine, for cells of
8 channels on 10,000 images of 8 x 8."""

SHARDS_PER_SEED = 64
"""About so many portions per seed, where that makes them no larger."""


@dataclass(frozen=True)
class Shard:
    """A portion of the work: some classes, one seed.

    Attributes:
        seed: The seed of all its trainings.
        classes: The classes to train.
    """

    seed: int
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One of several builds that share the work, each on a machine of its own.

    Attributes:
        number: Which one, from 1.
        of: How many there are.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        """Check that there is such a part.

        Raises:
            NasbenchError: The number is not 1 to `of`.
        """
        if not 1 <= self.number <= self.of:
            raise NasbenchError(
                f"part {self.number}/{self.of} of a build: the first number is 1 to "
                "the second"
            )

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read ``3/10``.

        Raises:
            NasbenchError: The text has another form, or there is no such part.
        """
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if found is None:
            raise NasbenchError(f"a part of a build is given as 3/10, not {text!r}")
        return cls(int(found[1]), int(found[2]))


WHOLE = Part(1, 1)
"""All of a build."""


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


def deal(
    order: Sequence[int], seeds: Sequence[int], part: Part
) -> list[tuple[int, list[int]]]:
    """Return the seeds of a part, each with the classes to train.

    Trainings are dealt out one by one, as cards are: parts differ by one training at
    most, and are disjoint for as long as all have the same order and seeds.

    Args:
        order: Class numbers in the order of training.
        seeds: The seeds wanted.
        part: Whose hand to return.

    Raises:
        NasbenchError: There are fewer trainings than parts.
    """
    if part.number > len(order) * len(seeds):
        raise NasbenchError(
            f"part {part.number}/{part.of} is empty: the build has only "
            f"{len(order) * len(seeds)} trainings"
        )
    return [
        (seed, [*order[(part.number - 1 - len(order) * row) % part.of :: part.of]])
        for row, seed in enumerate(seeds)
    ]


def plan_shards(
    hands: Sequence[tuple[int, Sequence[int]]],
    done: Collection[tuple[int, int]],
    largest: int,
) -> list[Shard]:
    """Return the portions that are still to train, all of one seed before the next.

    Args:
        hands: Seeds, each with its classes in the order of training; see `deal`.
        done: (class, seed) of the trials that exist.
        largest: Trainings of the largest portion.
    """
    shards: list[Shard] = []
    for seed, classes in hands:
        size = max(1, min(largest, len(classes) // SHARDS_PER_SEED))
        missing = [number for number in classes if (number, seed) not in done]
        shards += [
            Shard(seed, tuple(missing[start : start + size]))
            for start in range(0, len(missing), size)
        ]
    return shards
