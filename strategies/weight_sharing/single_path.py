"""Single-path one-shot: train uniform paths, then let evolution search them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import Architecture
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch


@dataclass(frozen=True)
class SinglePathSettings:
    """How evolution searches the trained supernet.

    Attributes:
        population: Architectures of a generation; 50 in the paper.
        generations: Generations after the first; 20 in the paper, where an estimate is
            cheap beside the training. Before the last epoch there is only the first.
        parents: The best so many ever seen have children; 10 in the paper.
        mutation: Probability that a decision of a mutant is drawn anew; 0.1 there.
    """

    population: int = 50
    generations: int = 5
    parents: int = 10
    mutation: float = 0.1


class SinglePath(Method):
    """Train one uniformly drawn architecture per step; evolve by estimates.

    Guo et al., ECCV 2020 (SPOS). Batch norm keeps running statistics. While all paths
    train they fit none, so that before every estimate they are computed anew for that
    architecture; without that the supernet is at chance level.

    Half of every generation are uniform crossovers of two parents, half are mutants of
    one; an architecture that was seen is not estimated again.
    """

    Settings: ClassVar[type] = SinglePathSettings
    settings: SinglePathSettings

    @classmethod
    def form(cls, settings: object) -> SupernetForm:
        """Return a supernet with running statistics."""
        del settings
        return SupernetForm(running_statistics=True)

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Train the weights of one architecture."""
        del valid
        path = Mixture.path(self.space.sample(self.rng))
        return self.shared.update(self.shared.loss(train, path))

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the best that evolution finds; before the end, that a sample holds."""
        settings = self.settings
        seen: dict[Architecture, float] = {}
        generation = [self.space.sample(rng) for _ in range(settings.population)]
        self._estimate(generation, seen)
        for _ in range(settings.generations if last else 0):
            ranked = sorted(seen, key=seen.__getitem__, reverse=True)
            parents = ranked[: settings.parents]
            children = [
                self._crossed(parents, rng) if i % 2 else self._mutated(parents, rng)
                for i in range(settings.population)
            ]
            self._estimate(children, seen)
        return max(seen, key=seen.__getitem__)

    def _estimate(
        self, architectures: list[Architecture], seen: dict[Architecture, float]
    ) -> None:
        for one in architectures:
            if one not in seen:
                seen[one] = self.shared.estimate_path(one)

    def _crossed(
        self, parents: list[Architecture], rng: np.random.Generator
    ) -> Architecture:
        first, second = (parents[i] for i in rng.integers(len(parents), size=2))
        taken = rng.random(self.space.decisions) < 0.5
        child = tuple(
            a if t else b for a, b, t in zip(first, second, taken, strict=True)
        )
        return child if self.space.is_valid(child) else first

    def _mutated(
        self, parents: list[Architecture], rng: np.random.Generator
    ) -> Architecture:
        parent = parents[rng.integers(len(parents))]
        anew = rng.random(self.space.decisions) < self.settings.mutation
        child = tuple(
            int(rng.integers(radix)) if a else option
            for option, radix, a in zip(parent, self.space.radices, anew, strict=True)
        )
        return child if self.space.is_valid(child) else parent
