"""All that a latency report says, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leaderboards.latency_report.agreement import TargetAgreement
from leaderboards.latency_report.macs_line import MacsLine
from surrogates.latency.few_shot import FewShotScores, score_few_shot
from surrogates.latency.protocol import (
    LatencyProtocol,
    PredictorScore,
    score_predictors,
)
from surrogates.latency.timed import TimedArchitectures

FEWEST = 30
"""Networks with which predictors and transfer are scored at all."""

FEW = 10
"""Measurements on a new target."""

Step = Callable[[int, int, str], None]
"""Called with the parts done, their number, and what comes next."""


@dataclass(frozen=True, eq=False)
class LatencyFacts:
    """What a table's latencies say.

    Attributes:
        table: The name of the table.
        targets: What is known of every target.
        lines: Latency against multiply-adds, by target.
        agreement: Kendall's tau between all targets; None of a single one.
        predictors: Scores of predictors, target after target; empty where they were
            not asked for.
        few_shot: What ten measurements on every target are worth beside all others.
    """

    table: str
    targets: tuple[TimedArchitectures, ...]
    lines: Mapping[str, MacsLine]
    agreement: TargetAgreement | None
    predictors: tuple[PredictorScore, ...]
    few_shot: tuple[FewShotScores, ...]


def latency_facts(
    path: Path,
    targets: Sequence[TimedArchitectures],
    protocol: LatencyProtocol | None = None,
    report: Step | None = None,
) -> LatencyFacts:
    """Compute all numbers of a report.

    Predictors and transfer are scored on what was measured; nobody has to predict what
    a formula says. Where nothing was measured they are scored on the formulas.

    Args:
        path: The table, for its name.
        targets: One target or more, of one space.
        protocol: How predictors are scored; None leaves them out. The graph that it
            names holds for published targets; that of ours is known.
        report: Shows how far the work is.

    Raises:
        NasbenchError: The targets are of several spaces, or a predictor is unknown.
    """
    step = report or _silent
    judged = learned_targets(targets) if protocol is not None else ()
    scores: list[PredictorScore] = []
    for number, one in enumerate(judged):
        step(number, len(judged) + 1, one.target)
        if protocol is not None and len(one) >= FEWEST:
            graph = protocol.graph if one.graph == "auto" else one.graph
            scores += score_predictors(one, replace(protocol, graph=graph))
    step(len(judged), len(judged) + 1, "agreement and transfer")
    several = len(targets) > 1
    facts = LatencyFacts(
        table=path.name.removesuffix(".h5"),
        targets=tuple(targets),
        lines={one.target: MacsLine.of(one) for one in targets},
        agreement=TargetAgreement.of(targets) if several else None,
        predictors=tuple(scores),
        few_shot=_few_shot(targets, judged),
    )
    step(len(judged) + 1, len(judged) + 1, "")
    return facts


def _silent(done: int, total: int, note: str) -> None:
    del done, total, note


def learned_targets(
    targets: Sequence[TimedArchitectures],
) -> tuple[TimedArchitectures, ...]:
    """Return those that were measured or published; all, where none was."""
    measured = tuple(one for one in targets if one.kind != "simulated")
    return measured or tuple(targets)


def _few_shot(
    targets: Sequence[TimedArchitectures], judged: Sequence[TimedArchitectures]
) -> tuple[FewShotScores, ...]:
    if len(targets) < 3 or not judged or min(map(len, targets)) < FEWEST:
        return ()
    wanted = {one.target for one in judged}
    found = score_few_shot(targets, size=FEW)
    return tuple(one for one in found if one.target in wanted)
