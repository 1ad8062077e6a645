"""Regularised evolution whose founders are the best of a pool by proxies."""

from __future__ import annotations

import numpy as np

from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.evolution.regularized_evolution import RegularizedEvolution
from strategies.settings import Count
from strategies.untrained.proxy_scores import ALL, scores_to_ask
from strategies.untrained.training_free import rank_sums


class WarmStartedEvolution(RegularizedEvolution):
    """Score a random pool without training; let evolution begin with its best.

    The warm-up of Abdelfattah, Mehrotra, Dudziak & Lane, ICLR 2021 ("Zero-cost
    proxies for lightweight NAS"), who score 3,000 architectures: the founders are the
    architectures of the largest rank sum over the proxies, and everything after them
    is `RegularizedEvolution`. Of a function there is one founder. The runner charges
    the proxies' seconds. Where a benchmark has none, ``all`` stands for the parameters
    and the FLOPs, which are free.

    Args:
        context: What to search.
        proxies: Which, such as ``nwot+synflow``; see
            `strategies.untrained.proxy_scores`.
        pool_size: How many architectures are scored.
        population_size: As of `RegularizedEvolution`.
        tournament_size: As of `RegularizedEvolution`.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        proxies: str = ALL,
        pool_size: Count = 1000,
        population_size: Count = 30,
        tournament_size: Count = 10,
    ) -> None:
        super().__init__(
            context, population_size=population_size, tournament_size=tournament_size
        )
        self.proxies = proxies
        self.pool_size = pool_size
        self.founders: list[Architecture] | None = None

    def ask(self) -> Proposal:
        """Return the best founder left, else what evolution asks for."""
        if self.founders is None:
            self.founders = self._best_of_pool()
        if self.founders_to_ask > 0 and self.founders:
            self.founders_to_ask -= 1
            return self.propose(self.founders.pop())
        return super().ask()

    def _best_of_pool(self) -> list[Architecture]:
        """Return founders, the best last; fewer where the space is small."""
        pool: dict[object, Architecture] = {}
        for _ in range(self.pool_size):
            drawn = self.space.sample(self.rng)
            if self.context.permits(drawn):
                pool.setdefault(self.space.canonical(drawn), drawn)
        if not pool:
            return []
        founders = list(pool.values())
        scores = scores_to_ask(self.context, np.array(founders, np.uint8), self.proxies)
        ties = self.rng.random(len(founders))
        order = np.lexsort((ties, rank_sums(scores)))
        return [founders[i] for i in order[-self.founders_to_ask :]]
