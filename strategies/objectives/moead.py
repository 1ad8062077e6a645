"""MOEA/D: as many single-objective searches as weights, helping their neighbours."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.unvisited import Unvisited, changed
from strategies.objectives.dominance import Floats, Outcome, outcome_of
from strategies.settings import Count, Share, Within
from strategies.strategy import Strategy

SMALLEST_WEIGHT = 1e-6
"""A weight of 0 would make Tchebycheff blind for an objective."""


class MOEAD(Strategy):
    """Split the front by weights; breed within a neighbourhood of weights.

    Zhang & Li, IEEE TEC 2007, with the replacement limit of Li & Zhang (MOEA/D-DE),
    IEEE TEC 2009. Every weight vector is a subproblem: minimise the largest weighted
    distance to the ideal point in any objective (Tchebycheff), where each objective
    is scaled by its range over the incumbents. A child is bred from the incumbents of
    two neighbouring subproblems, or in one case of ten of any two, by uniform
    crossover and mutation, and takes the place of at most two incumbents there that
    it equals or betters. An incumbent that breaks a limit gives way to any that
    breaks it less.

    What we changed: crossover and mutation for categorical decisions; nothing is
    proposed twice, and nothing that breaks a limit which is free to check.

    Workers that ask early get children of the incumbents there are.

    Args:
        context: What to search, with one or more objectives.
        subproblems: At least so many weight vectors, evenly spread (Das & Dennis,
            SIAM J. Optimization 1998); exactly so many with two objectives. 20 for
            budgets of some hundred evaluations; the paper has 100 to 300.
        neighbours: Subproblems whose weights are nearest, itself among them; a fifth
            of all, as in the paper (20 of 100).
        mating_nearby: Probability to breed among neighbours only.
        replaced: Most incumbents that a child replaces.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        subproblems: Annotated[int, Within(2, 1000)] = 20,
        neighbours: Annotated[int, Within(2, 1000)] = 4,
        mating_nearby: Share = 0.9,
        replaced: Count = 2,
    ) -> None:
        super().__init__(context)
        if neighbours > subproblems:
            raise NasbenchError(
                "MOEA/D takes at most all of its subproblems as neighbours, not "
                f"{neighbours} of {subproblems}"
            )
        self.weights = weight_vectors(len(context.objectives), subproblems)
        squared = ((self.weights[:, None] - self.weights[None, :]) ** 2).sum(axis=2)
        self.nearest = np.argsort(squared, axis=1, kind="stable")[:, :neighbours]
        self.mating_nearby = mating_nearby
        self.replaced = replaced
        self.unvisited = Unvisited(self.space.size)
        self.incumbents: list[Outcome] = []
        self.ideal = np.full(len(context.objectives), np.inf)
        self.turns: list[int] = []
        self.pools: dict[Architecture, list[int]] = {}

    def ask(self) -> Proposal:
        """Return a random founder, or a child for the next subproblem.

        Raises:
            SearchExhausted: Everything that may be worth something was proposed.
        """
        if len(self.unvisited.visited) < len(self.weights) or not self.incumbents:
            return self.propose(self.unvisited.draw(self.context, self.rng))
        if not self.turns:
            self.turns = self.rng.permutation(len(self.weights)).tolist()
        pool = list(range(len(self.weights)))
        if self.rng.random() < self.mating_nearby:
            pool = self.nearest[self.turns.pop()].tolist()
        there = [i for i in pool if i < len(self.incumbents)]
        parents = there if len(there) > 1 else list(range(len(self.incumbents)))
        child = self.unvisited.breed(
            self.context, self.rng, lambda: self._make_child(parents)
        )
        self.pools[child] = pool
        return self.propose(child)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Fill a place that is still empty, or challenge the incumbents of a pool."""
        outcome = outcome_of(self.context, proposal, evaluation)
        if np.isfinite(outcome.scores).all():
            self.ideal = np.minimum(self.ideal, -np.array(outcome.scores))
        everywhere = list(range(len(self.weights)))
        pool = self.pools.pop(proposal.architecture, everywhere)
        if len(self.incumbents) < len(self.weights):
            self.incumbents.append(outcome)
        else:
            self._replace(outcome, pool)

    def _make_child(self, parents: list[int]) -> Architecture:
        first, second = self.rng.choice(parents, 2, replace=len(parents) < 2)
        child = self.space.crossover(
            self.incumbents[first].architecture,
            self.incumbents[second].architecture,
            self.rng,
        )
        return changed(self.context, child, 1 / self.space.decisions, self.rng)

    def _replace(self, outcome: Outcome, pool: list[int]) -> None:
        """Give the newcomer the first places of a shuffled pool that it deserves."""
        scale = self._scale()
        places = self.rng.permutation(pool).tolist()
        won = 0
        for place in places:
            held = self.incumbents[place]
            weights = self.weights[place]
            if outcome.violation or held.violation:
                better = outcome.violation <= held.violation
            else:
                better = tchebycheff(
                    outcome.scores, weights, self.ideal, scale
                ) <= tchebycheff(held.scores, weights, self.ideal, scale)
            if better:
                self.incumbents[place] = outcome
                won += 1
            if won == self.replaced:
                return

    def _scale(self) -> Floats:
        """Return the range of each objective over the incumbents; 1 where none is."""
        costs = -np.array([one.scores for one in self.incumbents])
        finite = costs[np.isfinite(costs).all(axis=1)]
        if not len(finite):
            return np.ones(len(self.ideal))
        span = finite.max(axis=0) - self.ideal
        return np.where(span > 0, span, 1.0)


def tchebycheff(
    scores: tuple[float, ...], weights: Floats, ideal: Floats, scale: Floats
) -> float:
    """Return the largest weighted distance to the ideal point, smaller better.

    Args:
        scores: One per objective, larger better.
        weights: ``(objectives,)``.
        ideal: ``(objectives,)``, the best costs, which are minus the scores.
        scale: ``(objectives,)``, divides the distances.
    """
    return float(np.max(weights * (-np.array(scores) - ideal) / scale))


def weight_vectors(objectives: int, count: int) -> Floats:
    """Return ``(n, objectives)`` weights that sum to 1, n the least possible >= count.

    They are all multiples of 1/H that do (Das & Dennis 1998), with zeros lifted to
    1e-6. One objective has equal weights of 1, `count` times.
    """
    if objectives == 1:
        return np.ones((count, 1))
    parts = 1
    while comb(parts + objectives - 1, objectives - 1) < count:
        parts += 1
    places = parts + objectives - 1
    rows = [
        np.diff([-1, *bars, places]) - 1
        for bars in combinations(range(places), objectives - 1)
    ]
    return np.maximum(np.array(rows, np.float64) / parts, SMALLEST_WEIGHT)
