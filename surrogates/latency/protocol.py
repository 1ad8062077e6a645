"""Scores of latency predictors by how many measurements they were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from surrogates.latency.features import GraphKind
from surrogates.latency.predictor import GraphChoice, make_predictor, predictor_names
from surrogates.latency.scores import LatencyScores, mean_scores, score_latency
from surrogates.latency.timed import TimedArchitectures

Rows: TypeAlias = NDArray[np.int64]

SIZES = (10, 50, 200, 900)
"""Measurements to learn from."""


@dataclass(frozen=True)
class LatencyProtocol:
    """How predictors are judged.

    Attributes:
        predictors: Their names; all where none is given.
        sizes: Measurements to learn from; those that a target does not have are left
            out.
        splits: How often it is done, with other draws.
        test: Networks to test on, at most half of what is there.
        apart: Whether no network is tested of which another way to write the same
            function was learned. Published figures are of plain random draws; of a
            table of classes both are one.
        graph: Which graph the target runs; ``auto`` to choose by cross-validation.
        seed: Seeds all draws.
    """

    predictors: tuple[str, ...] = ()
    sizes: tuple[int, ...] = SIZES
    splits: int = 3
    test: int = 2000
    apart: bool = False
    graph: GraphChoice = "auto"
    seed: int = 0


@dataclass(frozen=True)
class PredictorScore:
    """One line of the result.

    Attributes:
        target: The target.
        predictor: The predictor.
        size: Measurements that it learned from.
        scores: Means over the splits.
        graphs: The graph that was chosen in every split.
    """

    target: str
    predictor: str
    size: int
    scores: LatencyScores
    graphs: tuple[GraphKind, ...]


def score_predictors(
    timed: TimedArchitectures, protocol: LatencyProtocol | None = None
) -> list[PredictorScore]:
    """Return the scores of all predictors at all sizes.

    All predictors learn from the same draws, and smaller draws are part of larger
    ones.

    Raises:
        NasbenchError: A predictor is not known, or there are too few networks.
    """
    rules = protocol or LatencyProtocol()
    names: Sequence[str] = rules.predictors or predictor_names()
    found: dict[tuple[str, int], list[tuple[LatencyScores, GraphKind]]] = {}
    for split in range(rules.splits):
        rng = np.random.default_rng([rules.seed, split])
        own = np.arange(len(timed))
        learned, tested = halves(timed.classes if rules.apart else own, rng)
        tested = tested[: rules.test]
        for name in names:
            for size in rules.sizes:
                if size > len(learned):
                    continue
                predictor = make_predictor(name, timed.features, rules.graph, split)
                chosen = learned[:size]
                predictor.fit(timed.architectures[chosen], timed.latency_ms[chosen])
                scores = score_latency(
                    timed.latency_ms[tested],
                    predictor.predict(timed.architectures[tested]),
                )
                graph = predictor.features.graph
                found.setdefault((name, size), []).append((scores, graph))
    return [
        PredictorScore(
            timed.target,
            name,
            size,
            mean_scores([scores for scores, _ in each]),
            tuple(graph for _, graph in each),
        )
        for (name, size), each in found.items()
    ]


def halves(classes: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Deal whole classes to two halves, and shuffle the members of each.

    No function is on both sides, and both have networks of all kinds. Drawing the
    networks to test on first, and learning from the classes that are left, would
    leave small classes alone to learn from: those without dead branches.

    Args:
        classes: ``(n,)``, equal for architectures that are one function.
        rng: Draws.

    Returns:
        Positions to learn from and to test on, each in random order.
    """
    distinct, number = np.unique(classes, return_inverse=True)
    first = rng.permutation(len(distinct)) < len(distinct) // 2
    order = rng.permutation(len(classes))
    return order[first[number[order]]], order[~first[number[order]]]
