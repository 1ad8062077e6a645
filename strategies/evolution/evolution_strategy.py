"""Evolution strategies: the best of parents and children, steps that adapt."""

from __future__ import annotations

import math
from typing import NamedTuple

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.permitted import ATTEMPTS, draw_permitted, sample_permitted
from strategies.settings import Count, Weight
from strategies.strategy import Strategy

SMALLEST_STEP = 0.05
"""Below it, every child would change a single decision for good."""


class Individual(NamedTuple):
    """An architecture with the step that made it, and its score."""

    score: float
    architecture: Architecture
    step: float


class EvolutionStrategy(Strategy):
    """Mutate random parents; the best of a generation are the next parents.

    Rechenberg 1973; Schwefel 1977; Beyer & Schwefel, Natural Computing 2002. In
    (mu + lambda) parents and children compete for the mu places, so nothing good is
    lost; in (mu, lambda) the children alone do, so every parent dies after one
    generation and the best so far may be lost to the search (not to its result).

    On categorical decisions a child changes 1 + Poisson(step) of them, each to another
    option, so it never equals its parent. Every individual has its own step; before it
    changes the architecture it changes itself,

        step <- step exp(N(0, 1) / sqrt(2 decisions)),

    and steps that lead to good children live on with them: Schwefel's log-normal
    self-adaptation. Several Gaussian coordinates with one standard deviation became
    a number of decisions with one expectation.

    Parents are never evaluated again. Workers that run in parallel breed from the last
    complete generation; a generation is complete as soon as enough outcomes are told,
    whichever they are, and late ones count for the next.

    Args:
        context: What to search.
        parents: mu; 5 leaves nine generations to 200 evaluations.
        children: lambda; the usual four times mu or more.
        plus: Whether parents compete with their children.
        step: The first step of all; 0 changes one decision of every child, and stays.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        parents: Count = 5,
        children: Count = 20,
        plus: bool = True,
        step: Weight = 0.5,
    ) -> None:
        super().__init__(context)
        if not plus and children < parents:
            raise NasbenchError(
                f"{children} children cannot replace {parents} parents; take more "
                "children, or plus=True"
            )
        self.parent_count = parents
        self.child_count = children
        self.plus = plus
        self.first_step = step
        self.parents: list[Individual] = []
        self.children: list[Individual] = []
        # The steps of what was asked and not yet told.
        self.steps: dict[Architecture, list[float]] = {}

    def ask(self) -> Proposal:
        """Return a random founder, or a mutation of a random parent."""
        if not self.parents:
            return self.propose(sample_permitted(self.context, self.rng))
        parent = self.parents[self.rng.integers(len(self.parents))]
        step = self._changed(parent.step)
        child = draw_permitted(
            self.context, lambda: self._mutate(parent.architecture, step)
        )
        self.steps.setdefault(child, []).append(step)
        return self.propose(child)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Add a child; with the last of its generation, select the next parents."""
        steps = self.steps.get(proposal.architecture, [self.first_step])
        step = steps.pop(0)
        if not steps:
            self.steps.pop(proposal.architecture, None)
        score = self.score(evaluation)
        self.children.append(Individual(score, proposal.architecture, step))
        wanted = self.child_count if self.parents else self.parent_count
        if len(self.children) == wanted:
            # Children first: of equals, the younger stays, which crosses plateaus.
            ranked = self.children + (self.parents if self.plus else [])
            ranked.sort(key=lambda one: one.score, reverse=True)
            self.parents = ranked[: self.parent_count]
            self.children = []

    def _changed(self, step: float) -> float:
        """Return the step after log-normal mutation; at most all decisions."""
        if self.first_step == 0:
            return 0.0
        rate = 1 / math.sqrt(2 * self.space.decisions)
        step *= math.exp(rate * self.rng.standard_normal())
        return min(max(step, SMALLEST_STEP), float(self.space.decisions))

    def _mutate(self, architecture: Architecture, step: float) -> Architecture:
        """Change 1 + Poisson(step) decisions, each to another option."""
        radices = self.space.radices
        free = [i for i, radix in enumerate(radices) if radix > 1]
        for _ in range(ATTEMPTS):
            changes = min(1 + int(self.rng.poisson(step)), len(free))
            child = list(architecture)
            for decision in self.rng.permutation(free)[:changes].tolist():
                option = int(self.rng.integers(radices[decision] - 1))
                child[decision] = option + (option >= child[decision])
            if changes and self.space.is_valid(tuple(child)):
                return tuple(child)
        return self.space.mutate(architecture, self.rng)
