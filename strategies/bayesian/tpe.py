"""Tree-structured Parzen estimator, for categorical decisions."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.bayesian.parzen import CategoricalParzen
from strategies.bayesian.unproposed import Unproposed
from strategies.settings import Count, Within
from strategies.strategy import Strategy

GOOD_SHARE, MOST_GOOD = 0.1, 25
"""A tenth of the outcomes is good, 25 at most, as in Optuna."""

ROUNDS = 10
"""How often candidates are drawn anew when all are repeats or not valid."""


class TPE(Strategy):
    """Propose what is likely among the good outcomes and unlikely among the others.

    Bergstra, Bardenet, Bengio & Kegl, NeurIPS 2011. Outcomes are split into the best
    tenth and the rest; of both, a density is estimated, l and g. Of 24 draws from l
    the one with the largest l / g is proposed, which orders like expected improvement.

    ``multivariate`` estimates joint densities, with kernels of Aitchison and Aitken
    (Falkner et al., BOHB, ICML 2018, and Optuna 5's default); otherwise each decision
    has a density and draws of its own, as in the first paper. Numbers and kernels are
    those of Optuna 5 (see `CategoricalParzen`). Only the order of outcomes matters.

    Optuna proposes architectures again and again, up to half of its budget in a small
    space. Here a function is proposed once: of the draws the best new one is taken,
    in ten rounds of draws, then a random one. ``repeats=True`` does as Optuna does.

    While trainings are outstanding they count among the rest (a constant liar), so
    that parallel workers spread.

    Args:
        context: What to search.
        multivariate: Whether decisions are modelled together.
        initial: Random outcomes before the first split; Optuna's 10.
        candidates: Draws from l; 24 in hyperopt and Optuna.
        repeats: Whether a function may be proposed again.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        multivariate: bool = True,
        initial: Count = 10,
        candidates: Annotated[int, Within(1, 10_000)] = 24,
        repeats: bool = False,
    ) -> None:
        super().__init__(context)
        self.multivariate = multivariate
        self.initial = initial
        self.candidates = candidates
        self.repeats = repeats
        self.left = Unproposed(context)
        self.told: list[Architecture] = []
        self.scores: list[float] = []
        self.pending: list[Architecture] = []

    def ask(self) -> Proposal:
        """Return the best of some draws from the good, or a random architecture.

        Raises:
            SearchExhausted: All functions of the space have been proposed.
        """
        chosen = None
        if len(self.told) >= self.initial:
            chosen = self._likely_good()
        if chosen is None and self.repeats:
            chosen = self.space.sample(self.rng)
        elif chosen is None:
            chosen = self.left.draw(self.context, self.rng)
        self.left.take(self.context, chosen)
        self.pending.append(chosen)
        return self.propose(chosen)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome; a failed training is never among the good while others are.

        The densities are estimated anew at every `ask`.
        """
        if proposal.architecture in self.pending:
            self.pending.remove(proposal.architecture)
        self.left.take(self.context, proposal.architecture)
        self.told.append(proposal.architecture)
        self.scores.append(self.score(evaluation))

    def _likely_good(self) -> Architecture | None:
        good, rest = self._split()
        for _ in range(ROUNDS):
            drawn = self._ranked_draws(good, rest)
            for architecture in map(tuple, drawn.tolist()):
                if not self.space.is_valid(architecture):
                    continue
                if self.repeats or self.left.holds(self.context, architecture):
                    return architecture
        return None

    def _split(self) -> tuple[CategoricalParzen, CategoricalParzen]:
        """Return the densities of the good and of the rest, oldest first in each."""
        count = min(math.ceil(GOOD_SHARE * len(self.told)), MOST_GOOD)
        is_good = np.zeros(len(self.told), np.bool_)
        is_good[np.argsort(-np.array(self.scores), kind="stable")[:count]] = True
        rows = np.array(self.told, np.int64)
        rest = rows[~is_good]
        if self.pending:
            rest = np.concatenate((rest, np.array(self.pending, np.int64)))
        radices = self.space.radices
        return CategoricalParzen(rows[is_good], radices), CategoricalParzen(
            rest, radices
        )

    def _ranked_draws(
        self, good: CategoricalParzen, rest: CategoricalParzen
    ) -> NDArray[np.int64]:
        """Return draws from the good, those most typical of them first."""
        if self.multivariate:
            drawn = good.draw(self.candidates, self.rng)
            ratio = good.log_density(drawn) - rest.log_density(drawn)
            return np.asarray(drawn[np.argsort(-ratio, kind="stable")])
        columns = []
        for decision, options in enumerate(self.space.radices):
            likely = good.marginal(decision)
            drawn = self.rng.choice(
                options, size=self.candidates, p=likely / likely.sum()
            )
            ratio = likely / rest.marginal(decision)
            columns.append(drawn[np.argsort(-ratio[drawn], kind="stable")])
        return np.column_stack(columns)


class UnivariateTPE(TPE):
    """`TPE` with a density per decision, under a name of its own."""

    def __init__(self, context: SearchContext, *, initial: Count = 10) -> None:
        super().__init__(context, multivariate=False, initial=initial)
