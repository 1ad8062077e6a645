"""A few measurements on a new target: what the other targets are worth then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from surrogates.latency.common_networks import common_latencies
from surrogates.latency.predictor import make_predictor
from surrogates.latency.timed import TimedArchitectures
from surrogates.latency.transfer import TargetTransfer, best_source
from surrogates.scoring.metrics import spearman

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class FewShotScores:
    """Spearman's rank correlation with a target, mean over draws.

    Attributes:
        target: The new target.
        macs: Of multiply-adds, which need no measurement.
        source: Of the one other target that orders the measured networks best.
        operations: Of a sum over operations, learned from the measurements alone.
        transfer: Of a sum over the logarithms of all other targets.
    """

    target: str
    macs: float
    source: float
    operations: float
    transfer: float


def score_few_shot(
    targets: Sequence[TimedArchitectures],
    size: int = 10,
    splits: int = 5,
    test: int = 2000,
    seed: int = 0,
) -> list[FewShotScores]:
    """Take every target for the new one in turn, and the others for known.

    Args:
        targets: Three or more, of one space; what all of them know is used.
        size: Measurements on the new target, 5 or more.
        splits: Draws of them.
        test: Networks to test on.
        seed: Seeds the draws.

    Raises:
        NasbenchError: There are too few targets or networks, or of several spaces.
    """
    if len(targets) < 3 or len({one.features.space for one in targets}) > 1:
        raise NasbenchError(
            f"transfer needs three targets or more of one space, not {len(targets)}"
        )
    latency, first = common_latencies(targets)
    if len(latency) < size + 2:
        raise NasbenchError(f"all targets know {len(latency)} networks, too few")
    found = []
    for number, target in enumerate(targets):
        others = np.delete(latency, number, axis=1)
        rows = []
        for split in range(splits):
            order = np.random.default_rng([seed, split]).permutation(len(latency))
            parts = order[:size], order[size : size + test]
            known = replace(first, latency_ms=latency[:, number], kind=target.kind)
            rows.append(_scores(known, others, parts))
        found.append(FewShotScores(target.target, *np.mean(rows, axis=0).tolist()))
    return found


def _scores(
    known: TimedArchitectures,
    others: Floats,
    parts: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> list[float]:
    learned, tested = parts
    cells, latency = known.architectures, known.latency_ms
    truth = latency[tested]
    own = make_predictor("operations", known.features, known.graph)
    own.fit(cells[learned], latency[learned])
    best = best_source(others[learned], latency[learned])
    transfer = TargetTransfer().fit(others[learned], latency[learned])
    said = (
        known.features.rows(cells[tested], "macs")[:, 0].astype(np.float64),
        others[tested, best],
        own.predict(cells[tested]),
        transfer.predict(others[tested]),
    )
    return [spearman(truth, one) for one in said]
