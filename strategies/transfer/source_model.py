"""A Gaussian process of a source, fitted once for all runs of a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nasbench.spaces import Architectures
from strategies.bayesian.enumeration import enumeration_of
from strategies.bayesian.features import Floats, features_of
from strategies.bayesian.hyperparameters import most_probable
from strategies.bayesian.normal_scores import normal_scores
from strategies.bayesian.posterior import Posterior
from strategies.transfer.source import Source


@dataclass(frozen=True, eq=False)
class SourceModel:
    """What a source says of any architecture of its space.

    Attributes:
        source: The source.
        rows: ``(k, decisions) uint8``, the architectures that it was fitted to.
        values: ``(k,)`` normal scores of their ranks.
        parameters: The hyperparameters.
    """

    source: Source
    rows: Architectures
    values: Floats
    parameters: Floats

    def predict(self, architectures: Architectures) -> tuple[Floats, Floats]:
        """Return ``(n,)`` means and deviations for ``(n, decisions)``."""
        count = len(self.rows)
        both = np.concatenate((self.rows, architectures))
        features = features_of(self.source.space, both, "hamming")
        posterior = Posterior(features, self.parameters, np.arange(count))
        deviation = np.sqrt(np.maximum(posterior.variance[count:], 0.0))
        return posterior.mean(self.values)[count:], deviation


@lru_cache(maxsize=8)
def source_model(source: Source, points: int) -> SourceModel:
    """Fit the model of a source to `points` of its architectures.

    Half of them are its best, half are spread evenly over the ranks of the rest: no
    draw of chance, so that all runs share one fit.
    """
    order = np.argsort(-source.accuracies, kind="stable")
    best, rest = order[: points // 2], order[points // 2 :]
    spread = np.linspace(0, len(rest) - 1, min(points - len(best), len(rest)))
    chosen = np.concatenate((best, rest[spread.round().astype(int)]))
    # Ranks are taken within the whole source: half of the points are its best.
    values = normal_scores(source.accuracies.tolist())[chosen]
    rows = source.architectures[chosen]
    features = features_of(source.space, rows, "hamming")
    parameters = most_probable(features, np.arange(len(rows)), values, None)
    return SourceModel(source, rows, values, parameters)


@lru_cache(maxsize=8)
def predictions_of_all(model: SourceModel) -> tuple[Floats, Floats]:
    """Return means and deviations for all classes of a space that can be listed."""
    everything = enumeration_of(model.source.space)
    if everything is None:
        raise ValueError(f"{model.source.space!r} is too large to list")
    return model.predict(everything.architectures)
