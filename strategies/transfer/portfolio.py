"""A portfolio: a few architectures, one of which is good wherever the sources were."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from itertools import compress

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.settings import Count
from strategies.strategy import Strategy
from strategies.transfer.source import (
    Floats,
    ReadsSources,
    Source,
    Sources,
    load_sources,
)


class Portfolio(ReadsSources, Strategy):
    """Propose a fixed list that covers the sources, then search at random.

    Zero-shot transfer: Wistuba, Schilling & Schmidt-Thieme, "Sequential model-free
    hyperparameter tuning", ICDM 2015. The list is grown greedily: next comes the
    architecture that lowers most the mean over sources of the regret of the best on
    the list, every source's regrets being scaled to [0, 1]. With one source these are
    its best in order; with several, the second differs where the first fails. Nothing
    that is told changes the list.

    After `size` proposals random search without repeats goes on, so that a source that
    misleads costs `size` evaluations and no more: the law of random search then holds,
    `size` evaluations later.

    Args:
        context: What to search.
        sources: What was trained elsewhere; see `strategies.transfer.source`. The list
            is made of the functions that all of them hold.
        size: The length of the list.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        sources: Sources,
        size: Count = 10,
    ) -> None:
        super().__init__(context)
        loaded = load_sources(sources, context)
        candidates, regrets = regrets_of(loaded)
        allowed = np.array([context.permits(each) for each in candidates])
        candidates = list(compress(candidates, allowed))
        chosen = greedy_portfolio(regrets[:, allowed], size)
        self.to_ask = [candidates[position] for position in chosen][::-1]
        self.listed = set(self.to_ask)
        self.order = LazyShuffle(self.space.size)

    def ask(self) -> Proposal:
        """Return the next of the list, then random architectures that are not on it.

        Raises:
            SearchExhausted: All of the space that is permitted has been proposed.
        """
        if self.to_ask:
            return self.propose(self.to_ask.pop())
        while True:
            drawn = draw_architecture(self.order, self.space, self.rng)
            if drawn is None:
                raise SearchExhausted(f"all of {self.space.name} has been proposed")
            if drawn not in self.listed and self.context.permits(drawn):
                return self.propose(drawn)


@lru_cache(maxsize=8)
def regrets_of(sources: tuple[Source, ...]) -> tuple[list[Architecture], Floats]:
    """Return what all sources hold, and ``(sources, n)`` regrets scaled to [0, 1].

    All runs of a process share them.

    Raises:
        NasbenchError: No function is in all of them.
    """
    found: list[dict[Hashable, tuple[float, Architecture]]] = []
    for source in sources:
        best: dict[Hashable, tuple[float, Architecture]] = {}
        rows = zip(source.accuracies, source.architectures.tolist(), strict=True)
        for accuracy, options in rows:
            architecture = tuple(options)
            function = source.space.canonical(architecture)
            if function not in best or accuracy > best[function][0]:
                best[function] = (float(accuracy), architecture)
        found.append(best)
    shared = [
        function for function in found[0] if all(function in one for one in found)
    ]
    if not shared:
        names = ", ".join(repr(source.name) for source in sources)
        raise NasbenchError(f"no architecture is in all of the sources {names}")
    values = np.array([[one[function][0] for function in shared] for one in found])
    top = values.max(axis=1, keepdims=True)
    spread = top - values.min(axis=1, keepdims=True)
    regrets = (top - values) / np.where(spread > 0, spread, 1.0)
    return [found[0][function][1] for function in shared], regrets


def greedy_portfolio(regrets: Floats, size: int) -> list[int]:
    """Return the positions of a portfolio, in the order of their choice.

    Where nothing lowers the mean any more, the smallest mean regret is next.

    Args:
        regrets: ``(sources, n)`` in [0, 1].
        size: How many, at most.
    """
    covered = np.ones((len(regrets), 1))
    alone = regrets.mean(axis=0)
    left = np.ones(regrets.shape[1], np.bool_)
    chosen: list[int] = []
    while len(chosen) < size and left.any():
        together = np.minimum(covered, regrets).mean(axis=0)
        together[~left] = np.inf
        smallest = np.flatnonzero(together == together.min())
        position = int(smallest[alone[smallest].argmin()])
        covered = np.minimum(covered, regrets[:, [position]])
        left[position] = False
        chosen.append(position)
    return chosen
