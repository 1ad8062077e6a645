"""Evolution by the estimates of a trained supernet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nasbench.spaces import Architecture, SearchSpace
from strategies.checked_fields import check_fields
from strategies.settings import MOST, Count, Share, Within

ATTEMPTS = 1000
"""Draws before a limit that forbids nearly everything gives up."""


@dataclass(frozen=True)
class EvolutionSettings:
    """How evolution searches a trained supernet.

    Attributes:
        population: Architectures of a generation; 50 in Guo et al., ECCV 2020.
        generations: Generations after the first; 20 there, where an estimate is cheap
            beside the training. Before the last epoch there is only the first.
        parents: The best so many ever seen have children; 10 there.
        mutation: Probability that a decision of a mutant is drawn anew; 0.1 there.
    """

    population: Count = 50
    generations: Annotated[int, Within(0, MOST)] = 5
    parents: Count = 10
    mutation: Share = 0.1

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        check_fields(self)


class Evolution:
    """Half of a generation are uniform crossovers of two parents, half mutants of one.

    Parents are the best ever seen, which makes it an elitist genetic algorithm, not
    regularised evolution. What was seen is not estimated again.

    Args:
        space: What is searched.
        settings: How.
        rng: The source of randomness.
        permits: Whether an architecture may be estimated and returned; None for all.
        fallback: One that is permitted, where there is a limit: it stands in where
            draws find no other.
    """

    def __init__(
        self,
        space: SearchSpace,
        settings: EvolutionSettings,
        rng: np.random.Generator,
        permits: Callable[[Architecture], bool] | None = None,
        fallback: Architecture | None = None,
    ) -> None:
        self.space = space
        self.settings = settings
        self.rng = rng
        self.permits = permits
        self.fallback = fallback

    def best(
        self, estimate: Callable[[Architecture], float], generations: int
    ) -> Architecture:
        """Return the architecture of the highest estimate; the first seen on ties."""
        settings = self.settings
        seen: dict[Architecture, float] = {}
        generation = [self._drawn() for _ in range(settings.population)]
        for number in range(generations + 1):
            if number:
                ranked = sorted(seen, key=seen.__getitem__, reverse=True)
                parents = ranked[: settings.parents]
                generation = [
                    self._crossed(parents) if i % 2 else self._mutated(parents)
                    for i in range(settings.population)
                ]
            for one in generation:
                if one not in seen:
                    seen[one] = estimate(one)
        return max(seen, key=seen.__getitem__)

    def _drawn(self) -> Architecture:
        for _ in range(ATTEMPTS):
            drawn = self.space.sample(self.rng)
            if self._permitted(drawn):
                return drawn
        return drawn if self.fallback is None else self.fallback

    def _crossed(self, parents: list[Architecture]) -> Architecture:
        first, second = (parents[i] for i in self.rng.integers(len(parents), size=2))
        taken = self.rng.random(self.space.decisions) < 0.5
        child = tuple(
            a if t else b for a, b, t in zip(first, second, taken, strict=True)
        )
        return self._checked(child, first)

    def _mutated(self, parents: list[Architecture]) -> Architecture:
        parent = parents[self.rng.integers(len(parents))]
        anew = self.rng.random(self.space.decisions) < self.settings.mutation
        child = tuple(
            int(self.rng.integers(radix)) if a else option
            for option, radix, a in zip(parent, self.space.radices, anew, strict=True)
        )
        return self._checked(child, parent)

    def _checked(self, child: Architecture, parent: Architecture) -> Architecture:
        allowed = self.space.is_valid(child) and self._permitted(child)
        return child if allowed else parent

    def _permitted(self, architecture: Architecture) -> bool:
        return self.permits is None or self.permits(architecture)
