"""BANANAS: an ensemble's predictions, drawn from, for mutations of the best."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.bayesian.acquisition import independent_draws
from strategies.bayesian.features import Floats
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.unproposed import Unproposed
from strategies.settings import MOST, Count, Within
from strategies.strategy import Strategy
from surrogates.mlp_ensemble import MLPEnsemble
from surrogates.model import Model
from surrogates.random_forest import RandomForest

EnsembleName: TypeAlias = Literal["networks", "forest"]

CANDIDATES = 100
"""Mutations per round, repeats among them; the authors' number."""

PATHS = 30
"""Columns of the truncated path encoding; the authors' number for NAS-Bench-201."""


class Bananas(Strategy):
    """Fit an ensemble, mutate the best, propose where a draw from it is largest.

    White, Neiswanger & Savani, AAAI 2021. After `initial` random outcomes, rounds of
    `batch` proposals: an ensemble is fitted to all outcomes; candidates are mutations
    of the best architectures, one decision away each; every candidate gets an
    independent draw from the normal distribution that the ensemble predicts
    (independent Thompson sampling), and the largest draws are proposed. A worker that
    asks when a round is proposed but not told begins the next one.

    Draws over many random candidates would be a trap: the largest of them is that of
    the most uncertain candidate, and the search no better than random. So are
    ensembles of one, whose members cannot disagree; two are the least.

    Cells are encoded by their first 30 paths as by the authors, other spaces by their
    options. The ensemble is one of five networks trained side by side, of two layers
    of 64 units (the authors have ten layers of 20 units), on normal scores of the
    ranks. ``ensemble="forest"`` takes a random forest on one column per option.

    Args:
        context: What to search.
        ensemble: What predicts.
        initial: Random outcomes before the first fit; the authors' 10.
        batch: Proposals per round; the authors' 10.
        parents: How many of the best are mutated; NASLib's 2.
        members: Networks, or trees, of the ensemble; None for 5 networks or 100 trees.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        ensemble: EnsembleName = "networks",
        initial: Annotated[int, Within(5, MOST)] = 10,
        batch: Count = 10,
        parents: Count = 2,
        members: Annotated[int, Within(2, 200)] | None = None,
    ) -> None:
        super().__init__(context)
        self.ensemble: EnsembleName = ensemble
        self.initial = initial
        self.batch = batch
        self.parents = parents
        self.members = members or (5 if ensemble == "networks" else 100)
        self.left = Unproposed(context)
        self.told: list[Architecture] = []
        self.scores: list[float] = []
        self.queue: list[Architecture] = []

    def ask(self) -> Proposal:
        """Return the next of the round.

        Raises:
            SearchExhausted: All functions of the space have been proposed.
        """
        if len(self.told) < self.initial:
            return self.propose(self.left.draw(self.context, self.rng))
        if not self.queue:
            self.queue = self._round()
        return self.propose(self.queue.pop())

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome; the next round is fitted to it."""
        self.left.take(self.context, proposal.architecture)
        self.told.append(proposal.architecture)
        self.scores.append(self.score(evaluation))

    def _round(self) -> list[Architecture]:
        """Return the proposals of a round, the first of them last."""
        pool = self.mutations()
        if not pool:
            return [self.left.draw(self.context, self.rng)]
        mean, deviation = self._predict(pool)
        drawn = independent_draws(mean, deviation, self.rng)
        chosen: list[Architecture] = []
        for position in np.argsort(-drawn, kind="stable"):
            # Two candidates of the pool may be one function.
            if self.left.holds(self.context, pool[position]):
                self.left.take(self.context, pool[position])
                chosen.append(pool[position])
            if len(chosen) == self.batch:
                break
        return chosen[::-1]

    def mutations(self) -> list[Architecture]:
        """Return distinct architectures one decision away from one of the best.

        Each is a mutation of a parent, never of another candidate.
        """
        order = np.argsort(-np.array(self.scores), kind="stable")
        pool: dict[Architecture, None] = {}
        # Where all around the best is known, the parents reach further down.
        for first in range(0, len(order), self.parents):
            parents = [self.told[i] for i in order[first : first + self.parents]]
            parents = [each for each in parents if self.space.neighbours(each)]
            for draw in range(CANDIDATES if parents else 0):
                child = self.space.mutate(parents[draw % len(parents)], self.rng)
                if self.left.holds(self.context, child):
                    pool[child] = None
            if len(pool) >= self.batch:
                break
        return list(pool)

    def _predict(self, pool: list[Architecture]) -> tuple[Floats, Floats]:
        model: Model
        seed = int(self.rng.integers(2**31))
        if self.ensemble == "networks":
            model = MLPEnsemble(seed=seed, target="plain", members=self.members)
        else:
            model = RandomForest(
                seed=seed,
                target="plain",
                trees=self.members,
                column_share=1.0,
                min_leaf=1,
            )
        model.fit(self._rows(self.told), normal_scores(self.scores))
        return model.predict(self._rows(pool), return_std=True)

    def _rows(self, architectures: list[Architecture]) -> Floats:
        from surrogates.encodings.path import Path

        batch = np.array(architectures, np.uint8)
        path = Path(PATHS)
        if self.ensemble == "networks" and path.is_defined_on(self.space) is None:
            return path.encode(self.space, batch).astype(np.float64)
        return self.space.one_hot(batch).astype(np.float64)
