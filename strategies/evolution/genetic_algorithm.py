"""A genetic algorithm: selection, crossover, mutation, one generation at a time."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import ATTEMPTS, draw_permitted, sample_permitted
from strategies.evolution.selection import (
    Selection,
    SelectionName,
    Tournament,
    selection_called,
)
from strategies.settings import MOST, Count, Share, Within
from strategies.strategy import Strategy


class GeneticAlgorithm(Strategy):
    """Breed each generation from the best of the one before.

    Holland 1975, in the textbook form (Goldberg 1989; for NAS, Xie & Yuille, ICCV
    2017): two parents are selected, by a tournament each unless another `Selection` is
    given; a crossover joins them; every decision of the child then changes to one of
    its other options with a small probability. Elites live on with the score that they
    have and are not evaluated again. A child may equal a known architecture; it is
    proposed all the same.

    Parallel workers need no barrier: children are always bred from the last complete
    generation, and a generation is complete as soon as enough outcomes are told,
    whichever they are; late ones count for the next.

    Args:
        context: What to search.
        population_size: Architectures of a generation, elites included. 20 leaves ten
            generations to 200 evaluations (Xie & Yuille: 20).
        selection: Who becomes a parent: ``tournament`` (of three), ``rank``,
            ``roulette``, ``roulette-sigma``, ``roulette-raw``, ``uniform``; or an
            object of `strategies.evolution.selection` with settings of its own.
        crossover_points: Cuts where the child changes the parent; None takes every
            decision from either parent by a fair coin (uniform crossover).
        mutation_rate: Probability of a decision to change; None is one over the
            number of decisions, the usual rate (Mühlenbein, PPSN 1992).
        elites: How many of the best go over into the next generation.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Count = 20,
        selection: Selection | SelectionName = "tournament",
        crossover_points: Count | None = None,
        mutation_rate: Share | None = None,
        elites: Annotated[int, Within(0, MOST)] = 1,
    ) -> None:
        super().__init__(context)
        rate = 1 / self.space.decisions if mutation_rate is None else mutation_rate
        if isinstance(selection, str):
            selection = selection_called(selection)
        if not hasattr(selection, "pick"):
            raise NasbenchError(f"a selection picks parents; {selection!r} does not")
        if isinstance(selection, Tournament):
            selection.check(population_size)
        if elites >= population_size:
            raise NasbenchError(
                f"a population of {population_size} keeps 0 to {population_size - 1} "
                f"elites, not {elites}"
            )
        if crossover_points is not None and not (
            1 <= crossover_points < self.space.decisions
        ):
            raise NasbenchError(
                f"{self.space.name} can be cut at 1 to {self.space.decisions - 1} "
                f"points, not {crossover_points}"
            )
        self.population_size = population_size
        self.selection = selection
        self.crossover_points = crossover_points
        self.mutation_rate = rate
        self.elites = elites
        # Parents stand best first; children in the order in which they were told.
        self.parents: list[tuple[float, Architecture]] = []
        self.children: list[tuple[float, Architecture]] = []

    def ask(self) -> Proposal:
        """Return a random architecture of the first generation, or a child."""
        if not self.parents:
            return self.propose(sample_permitted(self.context, self.rng))
        return self.propose(draw_permitted(self.context, self._breed))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add a child; with the last of its generation, the next one begins."""
        self.children.append((self.score(evaluation), proposal.architecture))
        survivors = self.parents[: self.elites]
        if len(survivors) + len(self.children) == self.population_size:
            ranked = survivors + self.children
            self.parents = sorted(ranked, key=lambda one: one[0], reverse=True)
            self.children = []

    def _breed(self) -> Architecture:
        """Return a child of two parents."""
        mother, father = self._select(), self._select()
        child = self.space.crossover(mother, father, self.rng, self.crossover_points)
        return self._mutate(child)

    def _select(self) -> Architecture:
        """Return one parent."""
        scores = [score for score, _ in self.parents]
        return self.parents[self.selection.pick(scores, self.rng)][1]

    def _mutate(self, architecture: Architecture) -> Architecture:
        """Change every decision with probability `mutation_rate`, to another option."""
        radices = self.space.radices
        for _ in range(ATTEMPTS):
            child = list(architecture)
            changes = self.rng.random(len(child)) < self.mutation_rate
            for decision in np.flatnonzero(changes).tolist():
                if radices[decision] > 1:
                    option = int(self.rng.integers(radices[decision] - 1))
                    child[decision] = option + (option >= child[decision])
            if self.space.is_valid(tuple(child)):
                return tuple(child)
        return architecture
