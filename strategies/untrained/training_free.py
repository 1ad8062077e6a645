"""Training-free selection: the architectures that score best, in order of score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.settings import Count
from strategies.strategy import Strategy
from strategies.untrained.proxy_scores import ALL, scores_to_ask

Scores = Callable[[Architecture], Sequence[float]]
"""The scores of an architecture, larger better; NaN ranks last."""


class TrainingFree(Strategy):
    """Score a random pool without training, then propose it from the best down.

    Mellor et al., ICML 2021 ("NASWOT": one proxy, pools of 100 to 1,000); several
    scores are made one by the sum of their ranks within the pool (as the rank sum of
    TE-NAS, Chen et al., ICLR 2021). Ties are broken at random. Architectures of one
    function are one candidate until all functions of the pool were proposed. When a
    pool is used up, the next is drawn from what is left.

    What limits on free columns forbid is neither scored nor proposed.

    Args:
        context: What to search.
        scores: What is known of an architecture without training, where that is not
            to come out of the context.
        pool_size: How many architectures are scored at a time.
        proxies: Which proxies of the context to ask, such as ``nwot+synflow``: see
            `strategies.untrained.proxy_scores`. ``all`` falls back to the parameters
            and the FLOPs, which are free, where a benchmark has no proxies; they are
            the baseline that every proxy has to beat.

    Attributes:
        scored: How many architectures were scored so far.
    """

    def __init__(
        self,
        context: SearchContext,
        scores: Scores | None = None,
        pool_size: Count = 1000,
        *,
        proxies: str = ALL,
    ) -> None:
        super().__init__(context)
        self._scores = scores
        self.pool_size = pool_size
        self.proxies = proxies
        self.scored = 0
        self.order = LazyShuffle(self.space.size)
        self.queue: list[Architecture] = []

    def ask(self) -> Proposal:
        """Return the best architecture of the pool that was not proposed before.

        Raises:
            SearchExhausted: The whole space has been proposed.
        """
        if not self.queue:
            self.queue = self._ranked(self._draw_pool())
        if not self.queue:
            raise SearchExhausted(f"all of {self.space.name} has been proposed")
        return self.propose(self.queue.pop())

    def _draw_pool(self) -> list[Architecture]:
        pool: list[Architecture] = []
        while len(pool) < self.pool_size:
            drawn = draw_architecture(self.order, self.space, self.rng)
            if drawn is None:
                break
            if self.context.permits(drawn):
                pool.append(drawn)
        return pool

    def _ranked(self, pool: list[Architecture]) -> list[Architecture]:
        """Return the pool, the best last, repeats of a function before all others."""
        if not pool:
            return []
        self.scored += len(pool)
        total = rank_sums(self._score(pool))
        known = set()
        repeats = np.zeros(len(pool), np.bool_)
        for position, architecture in enumerate(pool):
            function = self.space.canonical(architecture)
            repeats[position] = function in known
            known.add(function)
        ties = self.rng.random(len(pool))
        return [pool[i] for i in np.lexsort((ties, total, ~repeats))]

    def _score(self, pool: list[Architecture]) -> NDArray[np.float64]:
        """Return the ``(n, k)`` scores of a pool."""
        if self._scores is None:
            return scores_to_ask(self.context, np.array(pool, np.uint8), self.proxies)
        return np.array([self._scores(each) for each in pool], np.float64)


def rank_sums(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ``(n,)`` sums over columns of the mean ranks of ``(n, k)`` scores.

    >>> rank_sums(np.array([[1.0, 5.0], [3.0, 5.0], [2.0, np.nan]]))
    array([1.5, 3.5, 1. ])
    """
    plain = np.where(np.isnan(scores), -np.inf, scores)
    total = np.zeros(len(plain))
    for column in plain.T:
        # The mean rank of a value: those below it, and half of those equal to it.
        ordered = np.sort(column)
        below = np.searchsorted(ordered, column, "left")
        up_to = np.searchsorted(ordered, column, "right")
        total += (below + up_to - 1) / 2
    return total
