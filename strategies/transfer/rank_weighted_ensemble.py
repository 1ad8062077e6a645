"""RGPE: Gaussian processes of the sources, believed by how they rank the target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture, Architectures
from strategies.bayesian.acquisition import argmax_at_random, expected_improvement
from strategies.bayesian.enumeration import enumeration_of
from strategies.bayesian.features import (
    Features,
    Floats,
    features_of,
    features_of_all,
)
from strategies.bayesian.hyperparameters import most_probable
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.posterior import JITTER, Posterior
from strategies.bayesian.unproposed import Unproposed, mutations_and_random
from strategies.settings import Within
from strategies.strategy import Strategy
from strategies.transfer.ranking_weights import (
    left_out_predictions,
    misordered_pairs,
    ranking_weights,
)
from strategies.transfer.source import ReadsSources, Sources, load_sources
from strategies.transfer.source_model import (
    SourceModel,
    predictions_of_all,
    source_model,
)

FEWEST = 3
"""Outcomes before the sources are weighed; until then they count alike."""

PARENTS = 10
POOL = 1000

Points: TypeAlias = Annotated[int, Within(2, 2000)]
"""Outcomes of a source that its model is fitted to; fits take their cube."""

Draws: TypeAlias = Annotated[int, Within(1, 10_000)]
"""Draws of the bootstrap that weighs the sources."""


class RankWeightedEnsemble(ReadsSources, Strategy):
    """Maximise the expected improvement of a weighted ensemble of processes.

    Feurer, Letham & Bakshy, "Scalable meta-learning for Bayesian optimization using
    ranking-weighted Gaussian process ensembles", AutoML workshop at ICML 2018. Every
    source has a Gaussian process of its own, and so has the target. At the target's
    observations each model draws predictions, the target's own by leaving one out; a
    model's weight is the share of draws in which it misorders the fewest pairs. Means
    add up by weight, variances by its square. What improves is measured against the
    largest ensemble mean among the observations.

    The first proposal is what the sources think best. A source that misleads misorders
    pairs, and after some observations it has no weight: the search is then Bayesian
    optimisation, a few evaluations late.

    What we changed: draws are independent from observation to observation, not joint;
    models see normal scores of ranks; source models are fitted to `points`
    architectures, half of them the source's best; weights and the target's
    hyperparameters are renewed each time a tenth more has been observed. A failed
    training ranks lowest. Outstanding trainings are not proposed again.

    The expected improvement is computed for all classes of a space that can be
    listed, else for a pool of mutations of the best and random architectures.

    Args:
        context: What to search.
        sources: What was trained elsewhere; see `strategies.transfer.source`.
        points: Architectures that each source's model is fitted to.
        draws: Draws that the weights are shares of; 256 as in BoTorch's tutorial.
    """

    slow: ClassVar[bool] = True

    # In a slot and not in `__dict__`, which `Strategy.state` copies.
    __slots__ = ("models",)

    models: tuple[SourceModel, ...]

    def __init__(
        self,
        context: SearchContext,
        *,
        sources: Sources,
        points: Points = 200,
        draws: Draws = 256,
    ) -> None:
        super().__init__(context)
        self.draws = draws
        loaded = load_sources(sources, context)
        self.models = tuple(source_model(source, points) for source in loaded)
        self.left = Unproposed(context)
        self.told: list[Architecture] = []
        self.scores: list[float] = []
        self.parameters: Floats | None = None
        self.weights = np.append(np.full(len(loaded), 1 / len(loaded)), 0.0)
        self.next_fit = FEWEST

    def ask(self) -> Proposal:
        """Return what may improve most, by all models together.

        Raises:
            SearchExhausted: All functions of the space have been proposed.
        """
        field = self._field()
        if not field.is_open.any():
            return self.propose(self.left.draw(self.context, self.rng))
        means, variances = self._predict(field)
        mean = self.weights @ means
        deviation = np.sqrt(self.weights**2 @ variances)
        worth = mean
        if self.told:
            best = float(mean[field.told].max())
            worth = expected_improvement(mean, deviation, best)
        worth = np.where(field.is_open, worth, -np.inf)
        row = field.rows[argmax_at_random(worth, self.rng)]
        chosen: Architecture = tuple(row.tolist())
        self.left.take(self.context, chosen)
        return self.propose(chosen)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the outcome; the models take it in at the next `ask`."""
        self.left.take(self.context, proposal.architecture)
        self.told.append(proposal.architecture)
        self.scores.append(self.score(evaluation))

    def _field(self) -> _Field:
        """Return all classes, or what was told and a pool of candidates."""
        everything = enumeration_of(self.space)
        if everything is not None and self.left.open is not None:
            told = [everything.position(each) for each in self.told]
            positions = np.array(told, np.int64)
            return _Field(everything.architectures, positions, self.left.open)
        order = np.argsort(-np.array(self.scores), kind="stable")[:PARENTS]
        best = [self.told[i] for i in order]
        if not best:
            best = [one for model in self.models for one in model.source.ranking[:5]]
        pool = mutations_and_random(self.context, best, POOL, self.rng)
        rows = np.array([*self.told, *best, *pool], np.uint8)
        is_open = [self.left.holds(self.context, each) for each in [*best, *pool]]
        known = np.zeros(len(self.told), np.bool_)
        return _Field(rows, np.arange(len(known)), np.append(known, is_open))

    def _predict(self, field: _Field) -> tuple[Floats, Floats]:
        """Return ``(models, rows)`` means and variances; the target's is the last."""
        listed = enumeration_of(self.space) is not None
        found = [
            predictions_of_all(model) if listed else model.predict(field.rows)
            for model in self.models
        ]
        means = np.array([*(mean for mean, _ in found), np.zeros(len(field.rows))])
        deviations = np.array([*(one for _, one in found), np.ones(len(field.rows))])
        if len(self.told) < FEWEST:
            return means, deviations**2
        values = normal_scores(self.scores)
        features = (
            features_of_all(self.space, "hamming")
            if listed
            else features_of(self.space, field.rows, "hamming")
        )
        if self.parameters is None or len(self.told) >= self.next_fit:
            self.parameters = most_probable(
                features, field.told, values, self.parameters
            )
            self._weigh(features, field, (means, deviations))
            self.next_fit = math.ceil(1.1 * len(self.told))
        if self.weights[-1] > 0:
            posterior = Posterior(features, self.parameters, field.told)
            means[-1] = posterior.mean(values)
            deviations[-1] = np.sqrt(np.maximum(posterior.variance, 0.0))
        return means, deviations**2

    def _weigh(
        self, features: Features, field: _Field, predicted: tuple[Floats, Floats]
    ) -> None:
        """Renew the weights by the pairs that each model misorders."""
        values = normal_scores(self.scores)
        covariance = covariance_of(features, field.told, self.parameters)
        own = left_out_predictions(covariance, values)
        losses = []
        for number in range(len(self.weights)):
            is_target = number == len(self.models)
            mean, deviation = (
                own if is_target else (one[number, field.told] for one in predicted)
            )
            noise = self.rng.standard_normal((self.draws, len(values)))
            losses.append(misordered_pairs(mean + deviation * noise, values))
        self.weights = ranking_weights(np.array(losses))


@dataclass(frozen=True, eq=False)
class _Field:
    """Among what the next proposal is chosen.

    Attributes:
        rows: ``(m, decisions) uint8``.
        told: ``(n,)``, where in `rows` the observations are.
        is_open: ``(m,)``, what may be proposed.
    """

    rows: Architectures
    told: NDArray[np.int64]
    is_open: NDArray[np.bool_]


def covariance_of(
    features: Features, positions: NDArray[np.int64], parameters: Floats | None
) -> Floats:
    """Return the ``(n, n)`` covariance of noisy observations at some rows."""
    if parameters is None:
        raise RuntimeError("the hyperparameters are fitted before they are used")
    signal, noise = np.exp(parameters[:2])
    total = np.zeros((len(positions), len(positions)))
    weights = np.exp(parameters[2:])
    for weight, distance in zip(weights, features.distances(positions), strict=True):
        total += weight * distance
    covariance = signal * np.exp(-total)
    covariance[np.diag_indices(len(positions))] += noise + JITTER
    return np.asarray(covariance)
