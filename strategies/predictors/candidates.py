"""What a predictor ranks, and which of it is proposed: nothing twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from nasbench.search import SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.drawing.unvisited import Unvisited

SMALL_ENOUGH_TO_LIST = 20_000


class Shortlist:
    """Takes the best of a ranking that are new; knows all that was proposed.

    Architectures of one function are one candidate: a second one is taken only where
    a ranking holds nothing else that is new.

    Attributes:
        unvisited: What was proposed, and draws of what was not.
        functions: The functions of all that was proposed.
    """

    def __init__(self, size: int) -> None:
        self.unvisited = Unvisited(size)
        self.functions: set[Hashable] = set()

    def draw(self, context: SearchContext, rng: np.random.Generator) -> Architecture:
        """Draw what is new, uniformly, and count it as proposed.

        Raises:
            SearchExhausted: There is none left that is known to keep the limits.
        """
        drawn = self.unvisited.draw(context, rng)
        self.functions.add(context.space.canonical(drawn))
        return drawn

    def take(
        self, context: SearchContext, ranked: Iterable[Architecture], count: int
    ) -> list[Architecture]:
        """Return up to `count` of `ranked`, best first, and count them as proposed."""
        taken: list[Architecture] = []
        repeats: list[Architecture] = []
        for candidate in ranked:
            if len(taken) == count:
                break
            if candidate in self.unvisited.visited or not context.permits(candidate):
                continue
            function = context.space.canonical(candidate)
            if function in self.functions:
                repeats.append(candidate)
                continue
            self._count_in(candidate, function)
            taken.append(candidate)
        for candidate in repeats:
            if len(taken) == count:
                break
            if candidate not in self.unvisited.visited:
                self._count_in(candidate, context.space.canonical(candidate))
                taken.append(candidate)
        return taken

    def _count_in(self, architecture: Architecture, function: Hashable) -> None:
        self.unvisited.visited.add(architecture)
        self.functions.add(function)


def pool_of(
    context: SearchContext, size: int, rng: np.random.Generator
) -> list[Architecture]:
    """Return the whole space where it can be listed, else `size` different draws."""
    space = context.space
    if space.size <= SMALL_ENOUGH_TO_LIST:
        return list(space)
    order = LazyShuffle(space.size)
    drawn = (draw_architecture(order, space, rng) for _ in range(size))
    return [one for one in drawn if one is not None]


def best_first(
    architectures: list[Architecture],
    scores: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> list[Architecture]:
    """Return the architectures, the largest score first; ties stay in their order."""
    return [architectures[i] for i in np.argsort(-scores, kind="stable").tolist()]
