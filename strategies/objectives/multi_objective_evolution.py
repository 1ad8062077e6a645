"""Regularised evolution of a front: parents by their rank of dominance."""

from __future__ import annotations

from collections import deque
from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import draw_permitted, sample_permitted
from strategies.objectives.dominance import (
    Outcome,
    crowding_distances,
    front_numbers,
    outcome_of,
)
from strategies.settings import Count, Within
from strategies.strategy import Strategy


class MultiObjectiveEvolution(Strategy):
    """Mutate the least dominated of a tournament, add the child, drop the oldest.

    Real et al., AAAI 2019, with the tournament decided by several objectives, as in
    the multi-objective regularised evolution of Syne Tune (Salinas et al., AutoML
    2022): of the entrants that one wins whose non-dominated front in the population
    has the smallest number, and of one front the one with the largest crowding
    distance (Deb et al., IEEE TEC 2002). What breaks a limit ranks behind all that
    keeps it. Syne Tune breaks ties by an epsilon net instead of by crowding.

    With one objective and no limit it is `RegularizedEvolution`, proposal for
    proposal.

    Args:
        context: What to search, with one or more objectives.
        population_size: How many of the latest outcomes stay.
        tournament_size: How many draws, with replacement, compete.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Annotated[int, Within(1, 10_000)] = 30,
        tournament_size: Count = 10,
    ) -> None:
        super().__init__(context)
        if tournament_size > population_size:
            raise NasbenchError(
                f"a tournament takes 1 to all of the population, not {tournament_size} "
                f"of {population_size}"
            )
        self.tournament_size = tournament_size
        self.founders_to_ask = population_size
        # Oldest first; appending to a full deque drops the oldest.
        self.population: deque[Outcome] = deque(maxlen=population_size)

    def ask(self) -> Proposal:
        """Return a random founder, or a mutation of a tournament's winner."""
        if self.founders_to_ask > 0 or not self.population:
            self.founders_to_ask -= 1
            return self.propose(sample_permitted(self.context, self.rng))
        parent = self._select()
        child = draw_permitted(
            self.context, lambda: self.space.mutate(parent, self.rng)
        )
        return self.propose(child)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add the newcomer, whatever it is worth."""
        self.population.append(outcome_of(self.context, proposal, evaluation))

    def _select(self) -> Architecture:
        """Return the winner of a tournament."""
        drawn = self.rng.integers(len(self.population), size=self.tournament_size)
        scores = np.array([one.scores for one in self.population])
        numbers = front_numbers(scores, [one.violation for one in self.population])
        best = numbers[drawn].min()
        front = np.flatnonzero(numbers == best)
        crowding = dict(
            zip(front.tolist(), crowding_distances(scores[front]), strict=True)
        )
        # Of equal ones the first that was drawn wins.
        entrants = [i for i in drawn.tolist() if i in crowding]
        return self.population[max(entrants, key=crowding.__getitem__)].architecture
