"""Bayesian optimisation with a random forest, in the manner of SMAC."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture, Architectures
from strategies.bayesian.acquisition import argmax_at_random, expected_improvement
from strategies.bayesian.enumeration import enumeration_of
from strategies.bayesian.features import Floats
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.unproposed import Unproposed, mutations_and_random
from strategies.settings import MOST, Count, Share, Within
from strategies.strategy import Strategy
from surrogates.random_forest import RandomForest

PARENTS = 10
"""Of so many of the best a pool holds mutations."""


class RandomForestSearch(Strategy):
    """Model outcomes by a random forest; propose the largest expected improvement.

    Hutter, Hoos & Leyton-Brown, LION 2011 (SMAC). After `initial` random proposals
    every fifth one is random still; the others maximise expected improvement, whose
    deviation is that between and within the trees. The numbers are those of SMAC3's
    facade for hyperparameters: 10 trees on bootstrap samples, 5/6 of the columns at
    each split, leaves of 3 or more. The forest sees one column per option and normal
    scores of ranks, where SMAC has a column per decision and log costs.

    The acquisition is maximised over all classes that are left where a space has at
    most 16,384, where SMAC climbs from random starts; in larger spaces over a pool of
    mutations of the best and random architectures. Outcomes that are outstanding are
    imputed by the forest's mean of the last fit (the kriging believer), so that
    parallel workers do not crowd.

    Args:
        context: What to search.
        initial: Random outcomes before the first fit.
        trees: How many.
        random_share: The chance that a proposal is random; SMAC3's 0.2.
        pool_size: Draws per pool, in spaces that are too large to list.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        initial: Annotated[int, Within(5, MOST)] = 10,
        trees: Annotated[int, Within(2, 500)] = 10,
        random_share: Share = 0.2,
        pool_size: Count = 1000,
    ) -> None:
        super().__init__(context)
        self.initial = initial
        self.trees = trees
        self.random_share = random_share
        self.pool_size = pool_size
        self.left = Unproposed(context)
        self.told: list[Architecture] = []
        self.scores: list[float] = []
        self.pending: list[Architecture] = []

    def ask(self) -> Proposal:
        """Return the architecture of largest expected improvement, or a random one.

        Raises:
            SearchExhausted: All classes of the space have been proposed.
        """
        chosen = None
        if len(self.told) >= self.initial and self.rng.random() >= self.random_share:
            chosen = self._most_promising()
        if chosen is None:
            chosen = self.left.draw(self.context, self.rng)
        else:
            self.left.take(self.context, chosen)
        self.pending.append(chosen)
        return self.propose(chosen)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome; the forest is grown anew at the next `ask`."""
        if proposal.architecture in self.pending:
            self.pending.remove(proposal.architecture)
        self.left.take(self.context, proposal.architecture)
        self.told.append(proposal.architecture)
        self.scores.append(self.score(evaluation))

    def _most_promising(self) -> Architecture | None:
        candidates = self._candidates()
        if not len(candidates):
            return None
        values = normal_scores(self.scores)
        forest = self._grow(self.told, values)
        if self.pending:
            believed = forest.predict(self._rows(self.pending))
            everything = np.concatenate((values, believed))
            forest = self._grow([*self.told, *self.pending], everything)
        mean, deviation = forest.predict(self._rows(candidates), return_std=True)
        worth = expected_improvement(mean, deviation, float(values.max()))
        chosen = candidates[argmax_at_random(worth, self.rng)]
        return tuple(chosen.tolist())

    def _candidates(self) -> Architectures:
        """Return the ``(n, decisions)`` architectures to choose from."""
        everything = enumeration_of(self.space)
        if everything is not None and self.left.open is not None:
            return everything.architectures[self.left.open]
        order = np.argsort(-np.array(self.scores), kind="stable")[:PARENTS]
        best = [self.told[i] for i in order]
        pool = mutations_and_random(self.context, best, self.pool_size, self.rng)
        new = [each for each in pool if self.left.holds(self.context, each)]
        return np.array(new, np.uint8).reshape(-1, self.space.decisions)

    def _grow(self, architectures: list[Architecture], values: Floats) -> RandomForest:
        forest = RandomForest(
            seed=int(self.rng.integers(2**31)),
            target="plain",
            trees=self.trees,
            column_share=5 / 6,
            min_leaf=3,
        )
        return forest.fit(self._rows(architectures), values)

    def _rows(self, architectures: list[Architecture] | Architectures) -> Architectures:
        return self.space.one_hot(np.asarray(architectures, np.uint8))
