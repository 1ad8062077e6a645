"""A trace, scored by the table."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from nasbench.benchmark import BenchmarkSpec, CostModel, Split
from nasbench.spaces import Architectures, SearchSpace
from strategies.weight_sharing.trace import Trace

LEAST_FOR_TAU = 10
"""Fewer architectures say nothing about a rank correlation."""


class TableOfAll(Protocol):
    """What a judge needs: the accuracies of every architecture of a space."""

    space: SearchSpace
    name: str

    @property
    def spec(self) -> BenchmarkSpec:
        """All that decides the numbers."""

    @property
    def cost_model(self) -> CostModel:
        """Parameters and FLOPs of every architecture."""

    def accuracies(
        self, architectures: Architectures | NDArray[np.int64], split: Split
    ) -> NDArray[np.float64]:
        """Return ``(n,)`` mean accuracies in [0, 1]; NaN where a training failed."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a table says of a search.

    Attributes:
        validation_accuracy: ``(epochs,)`` in [0, 1], of each epoch's architecture.
        test_accuracy: ``(epochs,)`` likewise.
        test_regret: ``(epochs,)``, below the best of the space.
        rank: ``(epochs,) int64``: 1 and how many architectures are better by test.
        tau: Kendall's tau-b of the supernet's estimates and the table's validation
            accuracies over the trace's random architectures; NaN below 10 of them.
        tau_live: The same without architectures whose output is constant.
    """

    validation_accuracy: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    test_regret: NDArray[np.float64]
    rank: NDArray[np.int64]
    tau: float
    tau_live: float


def judge(trace: Trace, table: TableOfAll) -> Judgement:
    """Score every epoch of a search by a table of the same task and recipe.

    Raises:
        NasbenchError: The table is of another space, task or recipe.
    """
    trace.check_same(table.spec)
    everything = table.accuracies(np.arange(table.space.size), "test")
    known = everything[~np.isnan(everything)]
    test = table.accuracies(trace.architectures, "test")
    tau, tau_live = rank_correlations(trace.sampled_estimates, trace.sampled, table)
    return Judgement(
        validation_accuracy=table.accuracies(trace.architectures, "validation"),
        test_accuracy=test,
        test_regret=known.max() - test if len(known) else np.full(len(test), nan),
        rank=np.array([1 + (known > one).sum() for one in test], np.int64),
        tau=tau,
        tau_live=tau_live,
    )


def rank_correlations(
    scores: NDArray[np.float64], architectures: Architectures, table: TableOfAll
) -> tuple[float, float]:
    """Return Kendall's tau-b with the validation accuracies: over all, and over live.

    Args:
        scores: ``(n,)``, of anything that is to order the architectures.
        architectures: ``(n, d) uint8``.
        table: Knows their accuracies.

    Returns:
        Over all of them, and over those whose output is not constant; NaN below 10.
    """
    truth = table.accuracies(architectures, "validation")
    # A constant network guesses one class: the table's least accuracy stands for it.
    least = np.nanmin(table.accuracies(np.arange(table.space.size), "validation"))
    live = truth > least
    return _tau(scores, truth), _tau(scores[live], truth[live])


def _tau(estimates: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    known = ~np.isnan(truth)
    if known.sum() < LEAST_FOR_TAU:
        return nan
    return float(kendalltau(estimates[known], truth[known]).statistic)
