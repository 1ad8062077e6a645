"""Regularised (aging) evolution: the oldest dies, whatever its accuracy."""

from __future__ import annotations

from collections import deque

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.settings import Count
from strategies.strategy import Strategy


class RegularizedEvolution(Strategy):
    """Mutate the winner of a tournament, add the child, drop the oldest.

    Real, Aggarwal, Huang & Le, AAAI 2019. Since the oldest and not the worst is
    dropped, an architecture that was lucky once does not rule the population; only a
    line whose descendants do well in turn goes on. The first `population_size`
    proposals are random and count like all others. A child differs from its parent in
    exactly one decision, every decision being equally likely.

    The tournament draws with replacement, as in the paper's Algorithm 1.

    A worker that asks before anything is told gets one more random architecture; later
    ones mutate out of the population as it stands.

    Args:
        context: What to search.
        population_size: How many of the latest outcomes stay. The paper has 100 for
            20,000 trainings; 30 is NASLib's, for budgets of a few hundred.
        tournament_size: How many draws compete; 25 in the paper, 10 in NASLib.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Count = 30,
        tournament_size: Count = 10,
    ) -> None:
        super().__init__(context)
        if not 1 <= tournament_size <= population_size:
            raise NasbenchError(
                f"a tournament takes 1 to all of the population, not {tournament_size} "
                f"of {population_size}"
            )
        self.tournament_size = tournament_size
        self.founders_to_ask = population_size
        # Oldest first; appending to a full deque drops the oldest.
        self.population: deque[tuple[float, Architecture]] = deque(
            maxlen=population_size
        )

    def ask(self) -> Proposal:
        """Return a random founder, or a mutation of a tournament's winner."""
        if self.founders_to_ask > 0 or not self.population:
            self.founders_to_ask -= 1
            return self.propose(self.space.sample(self.rng))
        return self.propose(self.space.mutate(self._select(), self.rng))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add the newcomer; a failed training joins with a score of -inf."""
        self.population.append((self.score(evaluation), proposal.architecture))

    def _select(self) -> Architecture:
        """Return the winner of a tournament."""
        drawn = self.rng.integers(len(self.population), size=self.tournament_size)
        _, winner = max((self.population[i] for i in drawn), key=lambda one: one[0])
        return winner
