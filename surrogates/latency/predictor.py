"""Latency predictors by name, and the choice of the graph that a target runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architectures, TopologyCell
from surrogates.gaussian_process import GaussianProcess
from surrogates.latency.features import FeatureSet, GraphKind, LatencyFeatures
from surrogates.latency.ridge import Ridge
from surrogates.mlp_ensemble import MLPEnsemble
from surrogates.model import Model
from surrogates.xgboost_model import XGBoost

Floats: TypeAlias = NDArray[np.float64]

GraphChoice: TypeAlias = Literal["pruned", "reaching", "whole", "auto"]

GRAPHS: tuple[GraphKind, ...] = get_args(GraphKind)

FOLDS = 5
LARGEST_TRIED = 300
"""Samples that the choice of the graph looks at; more do not change it."""


@dataclass(frozen=True)
class Recipe:
    """What a predictor is made of.

    Attributes:
        features: What it sees.
        model: Makes the model from a seed.
        summary: What it is, in words.
    """

    features: FeatureSet
    model: Callable[[int], Model]
    summary: str


RECIPES: Mapping[str, Recipe] = {
    "macs": Recipe("macs", lambda seed: Ridge(seed), "a line over multiply-adds"),
    "operations": Recipe(
        "operations", lambda seed: Ridge(seed), "a sum over how often operations run"
    ),
    "look-up": Recipe(
        "positions",
        lambda seed: Ridge(seed),
        "a sum over operations and their places",
    ),
    "boosting": Recipe(
        "all",
        lambda seed: XGBoost(seed, target="log", members=1, folds=0),
        "gradient-boosted trees",
    ),
    "gaussian-process": Recipe(
        "all",
        lambda seed: GaussianProcess(seed, target="log"),
        "a Gaussian process, absolute differences",
    ),
    "network": Recipe(
        "all", lambda seed: MLPEnsemble(seed, target="log"), "five small networks"
    ),
}
"""The predictors by name, from the simplest to the most flexible."""


class LatencyPredictor:
    """Predicts the latency of any architecture of a space on one target.

    Attributes:
        recipe: What it is made of.
        features: What it sees, with the graph that was chosen.
        choice: Which graph was asked for.
        errors: Median relative errors of all graphs in cross-validation; empty where
            the graph was given.
    """

    def __init__(
        self,
        recipe: Recipe,
        features: LatencyFeatures,
        choice: GraphChoice = "pruned",
        seed: int = 0,
    ) -> None:
        self.recipe = recipe
        self.features = features
        self.choice = choice
        self.errors: dict[GraphKind, float] = {}
        self._seed = seed

    def fit(self, architectures: Architectures, latency_ms: Floats) -> Self:
        """Learn from measurements; return the predictor itself.

        With the choice ``auto`` all graphs are tried by 5-fold cross-validation: some
        published tables time dead branches, our own targets do not.

        Args:
            architectures: ``(n, decisions) uint8``.
            latency_ms: ``(n,)``, positive and finite.

        Raises:
            NasbenchError: Latencies are not positive, or too few.
        """
        batch = np.asarray(architectures, np.uint8)
        values = np.asarray(latency_ms, np.float64)
        if not (np.isfinite(values).all() and (values > 0).all()):
            raise NasbenchError(
                "a predictor learns from positive latencies; leave out what is missing "
                "and constant networks that cost nothing"
            )
        graph = self.features.graph if self.choice == "auto" else self.choice
        if self.choice == "auto" and isinstance(self.features.space, TopologyCell):
            graph = self._chosen(batch, values)
        self.features = self._seeing(graph)
        self._model = self.recipe.model(self._seed)
        self._model.fit(self.features.rows(batch, self.recipe.features), values)
        # A line may fall below zero; nothing runs in less than half of the fastest.
        self._least = float(values.min()) / 2
        return self

    def predict(self, architectures: Architectures) -> Floats:
        """Return ``(n,)`` milliseconds.

        Raises:
            NasbenchError: The predictor is not fitted.
        """
        model: Model | None = getattr(self, "_model", None)
        if model is None:
            raise NasbenchError("the latency predictor is not fitted; call fit first")
        rows = self.features.rows(architectures, self.recipe.features)
        return np.asarray(np.maximum(model.predict(rows), self._least))

    def _seeing(self, graph: GraphKind) -> LatencyFeatures:
        seen = self.features
        if seen.graph == graph:
            return seen
        return LatencyFeatures(seen.space, seen.skeleton, graph)

    def _chosen(self, batch: Architectures, values: Floats) -> GraphKind:
        rng = np.random.default_rng(self._seed)
        tried = rng.permutation(len(batch))[:LARGEST_TRIED]
        folds = np.arange(len(tried)) % FOLDS
        for graph in GRAPHS:
            rows = self._seeing(graph).rows(batch[tried], self.recipe.features)
            wrong = np.empty(len(tried))
            for fold in range(FOLDS):
                out = folds == fold
                model = self.recipe.model(self._seed)
                model.fit(rows[~out], values[tried][~out])
                said = model.predict(rows[out])
                wrong[out] = np.abs(said / values[tried][out] - 1)
            self.errors[graph] = float(np.median(wrong))
        return min(GRAPHS, key=lambda graph: self.errors[graph])


def predictor_names() -> list[str]:
    """Return the names of all predictors, from simple to flexible."""
    return list(RECIPES)


def make_predictor(
    name: str,
    features: LatencyFeatures,
    graph: GraphChoice = "pruned",
    seed: int = 0,
) -> LatencyPredictor:
    """Return a new predictor.

    Args:
        name: One of `predictor_names`.
        features: Space and skeleton of the networks.
        graph: Which graph the target runs; ``auto`` to find out.
        seed: Seeds models that draw.

    Raises:
        NasbenchError: The name or the graph is not known.
    """
    check_names([name], graph)
    return LatencyPredictor(RECIPES[name], features, graph, seed)


def check_names(predictors: Sequence[str], graph: str) -> GraphChoice:
    """Return the choice of the graph, having looked at all names.

    Raises:
        NasbenchError: A name is not known; near matches are named.
    """
    for name in predictors:
        if name not in RECIPES:
            raise NasbenchError(unknown("latency predictor", name, RECIPES))
    choices: tuple[GraphChoice, ...] = get_args(GraphChoice)
    for choice in choices:
        if choice == graph:
            return choice
    raise NasbenchError(unknown("graph", graph, choices))
