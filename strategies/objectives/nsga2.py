"""NSGA-II: evolve a whole front, by rank of dominance and by crowding."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.unvisited import Unvisited, changed
from strategies.objectives.dominance import (
    Outcome,
    crowding_by_front,
    front_numbers,
    outcome_of,
)
from strategies.settings import Share, Within
from strategies.strategy import Strategy


class NSGA2(Strategy):
    """Keep the best fronts of parents and children; of the last front, the loneliest.

    Deb, Pratap, Agarwal & Meyarivan, IEEE TEC 2002; for NAS, Lu et al. (NSGA-Net),
    GECCO 2019. Outcomes are sorted into fronts: the first holds what nothing
    dominates, the next what only the first dominates, and so on. The best half of
    parents and children lives on, front by front; the front that does not fit as a
    whole is cut to those that lie farthest from their neighbours in it. Parents win a
    binary tournament by front number, then by crowding distance. An outcome that
    breaks a limit ranks behind all that keep theirs, by how much it breaks them.

    What we changed for categorical decisions: uniform crossover instead of simulated
    binary crossover, and a mutation that changes each decision to one of its other
    options. Nothing is proposed twice; of limits on free columns, such as FLOPs,
    nothing is spent on architectures that break them.

    Parallel workers need no barrier: children are bred from the last complete
    generation, and a generation is complete with as many outcomes as parents,
    whichever they are.

    Args:
        context: What to search, with one or more objectives.
        population_size: Parents, and children of a generation. 20 leaves ten
            generations to 200 evaluations (the paper 100, Optuna 50, NSGA-Net 40).
        crossover_rate: Probability that a child has two parents; the paper's 0.9.
        mutation_rate: Probability of a decision to change; None is one over the
            number of decisions, as in the paper.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Annotated[int, Within(2, 10_000)] = 20,
        crossover_rate: Share = 0.9,
        mutation_rate: Share | None = None,
    ) -> None:
        super().__init__(context)
        rate = 1 / self.space.decisions if mutation_rate is None else mutation_rate
        self.population_size = population_size
        self.crossover_rate = crossover_rate
        self.mutation_rate = rate
        self.unvisited = Unvisited(self.space.size)
        # Parents stand in the order of their tournaments: best front and loneliest
        # first.
        self.parents: list[Outcome] = []
        self.children: list[Outcome] = []

    def ask(self) -> Proposal:
        """Return a random architecture of the first generation, or a new child.

        Raises:
            SearchExhausted: Everything that may be worth something was proposed.
        """
        if not self.parents:
            return self.propose(self.unvisited.draw(self.context, self.rng))
        return self.propose(
            self.unvisited.breed(self.context, self.rng, self._make_child)
        )

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add a child; with the last of its generation, the fittest survive."""
        self.children.append(outcome_of(self.context, proposal, evaluation))
        if len(self.children) == self.population_size:
            everyone = self.parents + self.children
            self.parents = survivors(everyone, self.population_size, self.rng)
            self.children = []

    def _make_child(self) -> Architecture:
        child = self._select()
        if self.rng.random() < self.crossover_rate:
            child = self.space.crossover(child, self._select(), self.rng)
        return changed(self.context, child, self.mutation_rate, self.rng)

    def _select(self) -> Architecture:
        """Hold a binary tournament between two different parents."""
        # Parents are sorted, so the winner is the entrant that stands first.
        places = len(self.parents)
        one = int(self.rng.integers(places))
        other = int(self.rng.integers(places - 1))
        return self.parents[min(one, other + (other >= one))].architecture


def survivors(
    outcomes: list[Outcome], count: int, rng: np.random.Generator
) -> list[Outcome]:
    """Return the `count` fittest, the fittest first: by front, then by crowding.

    Crowding is the distance within an outcome's own front before it is cut; ties, as
    between the ends of a front, are broken at random.
    """
    scores = np.array([one.scores for one in outcomes])
    numbers = front_numbers(scores, [one.violation for one in outcomes])
    crowding = crowding_by_front(scores, numbers)
    order = np.lexsort((rng.random(len(outcomes)), -crowding, numbers))
    return [outcomes[i] for i in order[:count].tolist()]
