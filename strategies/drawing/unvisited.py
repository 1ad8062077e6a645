"""Proposing nothing twice, and nothing that is known beforehand to break a limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasbench.search import SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture

_BREEDING_ATTEMPTS = 100
_FORBIDDEN_IN_A_ROW = 1000


class Unvisited:
    """What a search has not proposed yet.

    A population that lists an architecture twice has lost a member, and evaluating it
    again teaches nothing. Limits on free columns are looked up before an evaluation
    is spent. A space of which hardly anything keeps the limits is searched all the
    same: after a thousand draws that break them the next one is let through, and the
    order of violations leads on from there.

    The context is handed in at every call, so that a strategy's state is free of it.

    Attributes:
        visited: What has been proposed.
    """

    def __init__(self, size: int) -> None:
        self.visited: set[Architecture] = set()
        self._order = LazyShuffle(size)

    def draw(self, context: SearchContext, rng: np.random.Generator) -> Architecture:
        """Draw an architecture that is new, uniformly, and mark it as visited.

        Raises:
            SearchExhausted: There is none left that is known to keep the limits.
        """
        for attempt in range(1, _FORBIDDEN_IN_A_ROW + 1):
            drawn = draw_architecture(self._order, context.space, rng)
            while drawn in self.visited:
                drawn = draw_architecture(self._order, context.space, rng)
            if drawn is None:
                break
            if context.permits(drawn) or attempt == _FORBIDDEN_IN_A_ROW:
                self.visited.add(drawn)
                return drawn
        raise SearchExhausted(
            f"all of {context.space.name} that keeps the limits has been proposed"
        )

    def breed(
        self,
        context: SearchContext,
        rng: np.random.Generator,
        child: Callable[[], Architecture],
    ) -> Architecture:
        """Return the first of some children that is new, or else a random draw.

        Raises:
            SearchExhausted: Neither is there.
        """
        for _ in range(_BREEDING_ATTEMPTS):
            bred = child()
            if bred not in self.visited and context.permits(bred):
                self.visited.add(bred)
                return bred
        return self.draw(context, rng)


def changed(
    context: SearchContext,
    architecture: Architecture,
    rate: float,
    rng: np.random.Generator,
) -> Architecture:
    """Change every decision with probability `rate`, to another of its options.

    Where no valid combination comes out in 100 attempts, it is `architecture`.
    """
    radices = context.space.radices
    for _ in range(_BREEDING_ATTEMPTS):
        child = list(architecture)
        for decision in np.flatnonzero(rng.random(len(child)) < rate).tolist():
            if radices[decision] > 1:
                option = int(rng.integers(radices[decision] - 1))
                child[decision] = option + (option >= child[decision])
        if context.space.is_valid(tuple(child)):
            return tuple(child)
    return architecture
