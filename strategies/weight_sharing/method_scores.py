"""What a table says of the searches of every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from strategies.weight_sharing.judgement import Judgement, TableOfAll, judge
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
    """The searches of one method on one table.

    Attributes:
        method: Its name.
        searches: How many there are.
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
    fitting = [trace for trace in traces if trace.fits(table.spec)]
    if not fitting:
        there = {trace.identity.differs(table.spec) for trace in traces}
        raise NasbenchError(
            f"no search fits {table.name}, of {table.spec.space} on "
            f"{table.spec.task}; there are some of {', '.join(sorted(there))}"
        )
    by_method: dict[str, list[Trace]] = {}
    for trace in fitting:
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
