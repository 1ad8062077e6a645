"""Evolution whose first founders are the best of other tables."""

from __future__ import annotations

from itertools import chain, islice, zip_longest

from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.evolution.regularized_evolution import RegularizedEvolution
from strategies.settings import Count
from strategies.transfer.source import ReadsSources, Sources, load_sources


class WarmStart(ReadsSources, RegularizedEvolution):
    """Propose the best of the sources first; they found the population.

    The plainest transfer (as in Feurer, Springenberg & Hutter, "Initializing Bayesian
    hyperparameter optimization via meta-learning", AAAI 2015): the `top` best
    architectures of the sources, in turn, take the places of as many random founders
    of regularised evolution. The rest is evolution as it stands.

    Where source and target are one table, the first proposal is the best of it. Where
    the source misleads, the harm is bounded: `top` evaluations are lost, and of the
    population no more than these founders, who lose their tournaments and die of age.

    Args:
        context: What to search.
        sources: What was trained elsewhere; see `strategies.transfer.source`.
        top: How many founders come from the sources.
        population_size: How many of the latest outcomes stay.
        tournament_size: How many draws compete.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        sources: Sources,
        top: Count = 10,
        population_size: Count = 30,
        tournament_size: Count = 10,
    ) -> None:
        super().__init__(
            context, population_size=population_size, tournament_size=tournament_size
        )
        if not 1 <= top <= population_size:
            raise NasbenchError(
                f"1 to all {population_size} founders come from the sources, not {top}"
            )
        self.to_ask = self._best_of(sources, top)

    def ask(self) -> Proposal:
        """Return the next founder of the sources, then what evolution asks for."""
        if not self.to_ask:
            return super().ask()
        self.founders_to_ask -= 1
        return self.propose(self.to_ask.pop())

    def _best_of(self, sources: Sources, top: int) -> list[Architecture]:
        """Return the best of the sources in turn, the very best last."""
        rankings = [one.ranking for one in load_sources(sources, self.context)]
        in_turn = chain.from_iterable(zip_longest(*rankings))
        new = dict.fromkeys(each for each in in_turn if each is not None)
        permitted = (each for each in new if self.context.permits(each))
        return list(islice(permitted, top))[::-1]
