"""Bayesian optimisation with an exact Gaussian process."""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.bayesian.acquisition import (
    AcquisitionName,
    argmax_at_random,
    expected_improvement,
    independent_draws,
    upper_confidence_bound,
)
from strategies.bayesian.enumeration import enumeration_of
from strategies.bayesian.features import (
    Features,
    Floats,
    KernelName,
    features_of,
    features_of_all,
)
from strategies.bayesian.hyperparameters import most_probable
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.posterior import Posterior
from strategies.bayesian.unproposed import Unproposed, mutations_and_random
from strategies.settings import MOST, Weight, Within
from strategies.strategy import Strategy
from strategies.untrained.proxy_scores import scores_to_ask, standardised

POOL, PARENTS = 1000, 10
"""Draws per pool where a space cannot be listed; of how many of the best."""

Initial: TypeAlias = Annotated[int, Within(2, MOST)]
"""Outcomes before the first fit; one shows no spread."""

LAST_FIT = 320
"""With so many outcomes the hyperparameters are known well enough."""


class GaussianProcessSearch(Strategy):
    """Model all outcomes by a Gaussian process; try what may improve the best.

    Jones, Schonlau & Welch, Journal of Global Optimization 1998; on architectures,
    Kandasamy et al. (NASBOT, NeurIPS 2018) and Ru et al. (NAS-BOWL, ICLR 2021). After
    `initial` random proposals each next one maximises an acquisition function:

        ei   E[max(f - best, 0)]          ucb   mean + confidence * deviation
        its  a draw from the marginal posterior of every candidate

    The process is exact. Where a space has at most 16,384 classes, the acquisition is
    computed for every class that was not proposed, so its maximum is exact too, and
    the posterior grows by one row per outcome (see `Posterior`); in larger spaces it is
    maximised over a pool of mutations of the best and random architectures.

    The process sees normal scores of the ranks, so that no outcome at chance level
    and no scale of the objective matters; a failed training ranks lowest. Its
    hyperparameters are refitted each time the number of outcomes has doubled. While
    trainings are outstanding they count as observed at their mean (the kriging
    believer of Ginsbourger et al., 2010), which lowers the variance around them.

    Args:
        context: What to search.
        kernel: ``hamming`` with a weight per decision, ``path``, or ``wl``; see
            `strategies.bayesian.features`.
        acquisition: What is maximised.
        initial: Random outcomes before the first fit; NAS-BOWL's 10.
        confidence: Deviations of ``ucb``.
        proxies: Proxy scores to take as features, such as ``nwot+synflow``, ``all``
            or ``free``; see `strategies.untrained.proxy_scores`. They are asked of all
            candidates, and charged.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        kernel: KernelName = "hamming",
        acquisition: AcquisitionName = "ei",
        initial: Initial = 10,
        confidence: Weight = 2.0,
        proxies: str | None = None,
    ) -> None:
        super().__init__(context)
        self.kernel: KernelName = kernel
        self.acquisition: AcquisitionName = acquisition
        self.initial = initial
        self.confidence = confidence
        self.proxies = proxies
        self.left = Unproposed(context)
        self.told: list[Architecture] = []
        self.positions: list[int] = []
        self.scores: list[float] = []
        self.pending: list[Architecture] = []
        self.parameters: Floats | None = None
        self.posterior: Posterior | None = None
        self.next_fit = initial
        self.columns: Floats | None = None

    def ask(self) -> Proposal:
        """Return the class of largest acquisition, or a random one at the beginning.

        Raises:
            SearchExhausted: All classes of the space have been proposed.
        """
        chosen = None
        if len(self.told) >= self.initial:
            chosen = self._best_of_all() if self._listed else self._best_of_pool()
        if chosen is None:
            chosen = self.left.draw(self.context, self.rng)
        else:
            self.left.take(self.context, chosen)
        self.pending.append(chosen)
        return self.propose(chosen)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome; the posterior takes it in at the next `ask`."""
        if proposal.architecture in self.pending:
            self.pending.remove(proposal.architecture)
        self.left.take(self.context, proposal.architecture)
        self.told.append(proposal.architecture)
        everything = enumeration_of(self.space)
        if everything is not None:
            self.positions.append(everything.position(proposal.architecture))
        self.scores.append(self.score(evaluation))

    @property
    def _listed(self) -> bool:
        return enumeration_of(self.space) is not None

    def _best_of_all(self) -> Architecture | None:
        """Maximise the acquisition over all classes that are left."""
        everything = enumeration_of(self.space)
        if everything is None or self.left.open is None or not self.left.open.any():
            return None
        told = np.array(self.positions)
        values = normal_scores(self.scores)
        if self._fit_is_due() or self.posterior is None:
            features = self._with_proxies(
                features_of_all(self.space, self.kernel), everything.architectures
            )
            self._fit(features, told, values)
            self.posterior = Posterior(features, self._fitted(), told)
        for position in self.positions[len(self.posterior.observed) :]:
            self.posterior.observe(position)
        pending = [everything.position(each) for each in self.pending]
        worth = self._worth(self.posterior, values, pending)
        worth[~self.left.open] = -np.inf
        return everything.architecture(argmax_at_random(worth, self.rng))

    def _best_of_pool(self) -> Architecture | None:
        """Maximise the acquisition over mutations of the best and random ones."""
        values = normal_scores(self.scores)
        order = np.argsort(-values, kind="stable")[:PARENTS]
        best = [self.told[i] for i in order]
        pool = mutations_and_random(self.context, best, POOL, self.rng)
        rows = np.array([*self.told, *self.pending, *pool], np.uint8)
        features = features_of(self.space, rows, self.kernel)
        features = self._with_proxies(features, rows)
        told = np.arange(len(self.told))
        if self._fit_is_due():
            self._fit(features, told, values)
        posterior = Posterior(features, self._fitted(), told)
        known = len(told) + len(self.pending)
        pending = list(range(len(told), known))
        worth = self._worth(posterior, values, pending)[known:]
        for position in np.argsort(-worth, kind="stable").tolist():
            if self.left.holds(self.context, pool[position]):
                found: Architecture = pool[position]
                return found
        return None

    def _worth(
        self, posterior: Posterior, values: Floats, pending: list[int]
    ) -> Floats:
        mean = posterior.mean(values)
        variance = posterior.variance_with(pending) if pending else posterior.variance
        deviation = np.sqrt(np.maximum(variance, 0.0))
        if self.acquisition == "ei":
            return expected_improvement(mean, deviation, float(values.max()))
        if self.acquisition == "ucb":
            return upper_confidence_bound(mean, deviation, self.confidence)
        return independent_draws(mean, deviation, self.rng)

    def _fit_is_due(self) -> bool:
        due = len(self.told) >= self.next_fit and len(self.told) <= LAST_FIT
        return due or self.parameters is None

    def _fit(self, features: Features, told: NDArray[np.int64], values: Floats) -> None:
        self.parameters = most_probable(features, told, values, self.parameters)
        self.next_fit = math.ceil(2 * len(told))

    def _fitted(self) -> Floats:
        if self.parameters is None:
            raise RuntimeError("the hyperparameters are fitted before they are used")
        return self.parameters

    def _with_proxies(self, features: Features, rows: NDArray[np.uint8]) -> Features:
        if self.proxies is None:
            return features
        columns = self.columns
        if columns is None:
            columns = standardised(scores_to_ask(self.context, rows, self.proxies))
            if self._listed:
                self.columns = columns  # paid for once
        return features.beside(columns)


class PathKernelSearch(GaussianProcessSearch):
    """`GaussianProcessSearch` with the path kernel, under a name of its own."""

    def __init__(self, context: SearchContext, *, initial: Initial = 10) -> None:
        super().__init__(context, kernel="path", initial=initial)


class WeisfeilerLehmanSearch(GaussianProcessSearch):
    """`GaussianProcessSearch` with the Weisfeiler-Lehman kernel (NAS-BOWL)."""

    def __init__(self, context: SearchContext, *, initial: Initial = 10) -> None:
        super().__init__(context, kernel="wl", initial=initial)
