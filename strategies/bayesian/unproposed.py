"""Which functions of a space were not proposed yet."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from nasbench.search import SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.bayesian.enumeration import enumeration_of
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture

ATTEMPTS = 30
"""Draws from the whole space before what is left is looked for."""


class Unproposed:
    """What is left of a space, class by class, under the limits on free columns.

    A model-based strategy gains nothing by training the same function twice. In a
    space that can be enumerated this is a mask over classes, in others a set of what
    was proposed.

    Attributes:
        open: ``(classes,)``: what is left; None where the space is too large.
    """

    def __init__(self, context: SearchContext) -> None:
        everything = enumeration_of(context.space)
        self.open: NDArray[np.bool_] | None = None
        if everything is not None:
            self.open = everything.permitted(context)
        self._proposed: set[Hashable] = set()
        self._order = LazyShuffle(context.space.size)

    def draw(self, context: SearchContext, rng: np.random.Generator) -> Architecture:
        """Take out the function of a uniform draw from the architectures left.

        Where hardly any is left it is a class that is drawn, each equally likely.

        Raises:
            SearchExhausted: Nothing is left.
        """
        for _ in range(ATTEMPTS):
            drawn = context.space.sample(rng)
            if self.holds(context, drawn):
                self.take(context, drawn)
                return drawn
        everything = enumeration_of(context.space)
        if self.open is not None and everything is not None:
            left = np.flatnonzero(self.open)
            if len(left):
                chosen = int(left[rng.integers(len(left))])
                self.open[chosen] = False
                return everything.architecture(chosen)
        while self.open is None:
            other = draw_architecture(self._order, context.space, rng)
            if other is None:
                break
            if self.holds(context, other):
                self.take(context, other)
                return other
        raise SearchExhausted(f"all of {context.space.name} has been proposed")

    def holds(self, context: SearchContext, architecture: Architecture) -> bool:
        """Return whether this function is left."""
        everything = enumeration_of(context.space)
        if self.open is not None and everything is not None:
            return bool(self.open[everything.position(architecture)])
        known = context.space.canonical(architecture) in self._proposed
        return not known and context.permits(architecture)

    def take(self, context: SearchContext, architecture: Architecture) -> None:
        """Take out a function, whether it was left or not."""
        everything = enumeration_of(context.space)
        if self.open is not None and everything is not None:
            self.open[everything.position(architecture)] = False
        else:
            self._proposed.add(context.space.canonical(architecture))


def mutations_and_random(
    context: SearchContext,
    best: list[Architecture],
    size: int,
    rng: np.random.Generator,
) -> list[Architecture]:
    """Return distinct candidates of a space too large to score as a whole.

    Half of the draws are mutations of the best, one or two decisions away, half are
    uniform; repeats and what the limits on free columns forbid are left out.

    Args:
        context: What to search.
        best: What to mutate.
        size: How many draws.
        rng: Draws.
    """
    pool: dict[Architecture, None] = {}
    space = context.space
    for draw in range(size):
        if draw % 2 or not best:
            candidate = space.sample(rng)
        else:
            candidate = space.mutate(best[rng.integers(len(best))], rng)
            if rng.random() < 0.5:
                candidate = space.mutate(candidate, rng)
        if context.permits(candidate):
            pool[candidate] = None
    return list(pool)
