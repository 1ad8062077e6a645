"""What a table says of the searches of every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from strategies.weight_sharing.judgement import (
    Judgement,
    TableOfAll,
    judge,
    rank_correlations,
)
from strategies.weight_sharing.trace import Trace, by_settings


@dataclass(frozen=True)
class Spread:
    """A mean over searches, and their standard deviation; NaN where there is none.

    Attributes:
        mean: NaN over nothing.
        deviation: Of the sample, n - 1 in the divisor; NaN below two.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of the values that are finite."""
        finite = [value for value in values if isfinite(value)]
        return cls(
            float(np.mean(finite)) if finite else nan,
            float(np.std(finite, ddof=1)) if len(finite) > 1 else nan,
        )


@dataclass(frozen=True)
class MethodScore:
    """The searches of one method on one table, or a baseline that needs none.

    Attributes:
        method: Its name.
        searches: How many there are; 0 for a baseline.
        failed: How many of them failed; they have no accuracy and are in no mean.
        test_accuracy: Of the returned architectures, in [0, 1].
        test_regret: Below the best of the space.
        rank: 1 and how many architectures are better by test.
        estimate: The supernet's own accuracy on what it returned, in [0, 1].
        tau: Kendall's tau-b of estimates and table; see `Judgement`.
        tau_live: The same without architectures whose output is constant.
        sampled: The fewest architectures that a tau stands on; 0 without one.
        cost_seconds: CPU seconds of a search.
    """

    method: str
    searches: int
    failed: int
    test_accuracy: Spread
    test_regret: Spread
    rank: Spread
    estimate: Spread
    tau: Spread
    tau_live: Spread
    sampled: int
    cost_seconds: Spread


def score_methods(traces: Sequence[Trace], table: TableOfAll) -> list[MethodScore]:
    """Return the scores of all methods, the least regret first.

    Searches of other spaces, tasks or recipes are left out. Searches of one method by
    different settings have a score each, and the name says in what they differ.

    Raises:
        NasbenchError: None fits the table.
    """
    by_method: dict[str, list[Trace]] = {}
    for trace in _fitting(traces, table):
        by_method.setdefault(trace.identity.method, []).append(trace)
    scores = [
        _score(f"{name}({kind})" if kind else name, own, table)
        for name, all_own in by_method.items()
        for kind, own in by_settings(all_own).items()
    ]
    return sorted(
        scores,
        key=lambda s: (s.test_regret.mean != s.test_regret.mean, s.test_regret.mean),
    )


def score_costs(traces: Sequence[Trace], table: TableOfAll) -> list[MethodScore]:
    """Return how well counting parameters or FLOPs orders, as scores of two baselines.

    An estimate that costs a search should order architectures better than their size
    does (White et al., "A deeper look at zero-cost proxies", ICLR blog track 2022). The
    architectures are those that the searches estimated at their ends; a sample that
    several have in common counts once. Of a baseline only tau and the number of
    architectures are known; where nothing was sampled, there is none.

    Raises:
        NasbenchError: No search fits the table.
    """
    samples = {
        trace.sampled.tobytes(): trace.sampled
        for trace in _fitting(traces, table)
        if trace.status is Status.COMPLETE and len(trace.sampled)
    }
    if not samples:
        return []
    parameters: list[tuple[float, float]] = []
    flops: list[tuple[float, float]] = []
    for sampled in samples.values():
        costs = [table.cost_model(tuple(row)) for row in sampled.tolist()]
        for taus, counted in (
            (parameters, [cost.parameters for cost in costs]),
            (flops, [cost.flops for cost in costs]),
        ):
            scores = np.array(counted, np.float64)
            taus.append(rank_correlations(scores, sampled, table))
    fewest = min(len(sampled) for sampled in samples.values())
    return [
        _baseline("number of parameters", parameters, fewest),
        _baseline("FLOPs", flops, fewest),
    ]


def _fitting(traces: Sequence[Trace], table: TableOfAll) -> list[Trace]:
    """Return the searches of the table's space, task and recipe.

    Raises:
        NasbenchError: There is none.
    """
    fitting = [trace for trace in traces if trace.fits(table.spec)]
    if not fitting:
        there = {trace.identity.differs(table.spec) for trace in traces}
        raise NasbenchError(
            f"no search fits {table.name}, of {table.spec.space} on "
            f"{table.spec.task}; there are some of {', '.join(sorted(there))}"
        )
    return fitting


def _baseline(
    name: str, taus: Sequence[tuple[float, float]], sampled: int
) -> MethodScore:
    nothing = Spread.of([])
    return MethodScore(
        method=name,
        searches=0,
        failed=0,
        test_accuracy=nothing,
        test_regret=nothing,
        rank=nothing,
        estimate=nothing,
        tau=Spread.of([tau for tau, _ in taus]),
        tau_live=Spread.of([live for _, live in taus]),
        sampled=sampled,
        cost_seconds=nothing,
    )


def _score(method: str, traces: list[Trace], table: TableOfAll) -> MethodScore:
    whole = [trace for trace in traces if trace.status is Status.COMPLETE]
    judged: list[Judgement] = [judge(trace, table) for trace in whole]
    counts = [len(trace.sampled) for trace in whole if len(trace.sampled)]
    return MethodScore(
        method=method,
        searches=len(traces),
        failed=len(traces) - len(whole),
        test_accuracy=Spread.of([one.test_accuracy[-1] for one in judged]),
        test_regret=Spread.of([one.test_regret[-1] for one in judged]),
        rank=Spread.of([float(one.rank[-1]) for one in judged]),
        estimate=Spread.of([float(trace.estimates[-1]) for trace in whole]),
        tau=Spread.of([one.tau for one in judged]),
        tau_live=Spread.of([one.tau_live for one in judged]),
        sampled=min(counts, default=0),
        cost_seconds=Spread.of([trace.cost_seconds for trace in whole]),
    )
