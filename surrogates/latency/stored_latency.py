"""Measured latencies beyond what was measured: predicted, stored, and called so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nasbench.spaces import Architectures
from surrogates.encodings import make_encoding
from surrogates.latency.protocol import halves
from surrogates.latency.scores import LatencyScores, score_latency
from surrogates.latency.timed import TimedArchitectures
from surrogates.model import Floats
from surrogates.store import Arrays
from surrogates.surrogate import Surrogate
from surrogates.xgboost_model import XGBoost

FEWEST = 20
"""Measured networks below which nothing is fitted."""


@dataclass(frozen=True, eq=False)
class StoredLatency:
    """A predictor of one measured target, with what it is worth.

    Attributes:
        target: The target that was measured.
        surrogate: Predicts milliseconds.
        measured: Networks that it learned from.
        held_out: Its scores where it learned from one half and was asked for the other.
    """

    target: str
    surrogate: Surrogate
    measured: int
    held_out: LatencyScores

    @classmethod
    def fit(cls, timed: TimedArchitectures, encoding: str, seed: int = 0) -> Self:
        """Learn from all measurements of a target; score on halves of its classes.

        Args:
            timed: What was measured.
            encoding: Name of the encoding; one of the pruned graph, as our targets run.
            seed: Of model and halves.

        Raises:
            NasbenchError: Too few networks, or the encoding is not defined.
        """
        cells, latency = timed.architectures, timed.latency_ms
        parts = halves(timed.classes, np.random.default_rng(seed))
        learned, tested = parts
        half = _model(timed, encoding, seed).fit(cells[learned], latency[learned])
        return cls(
            timed.target,
            _model(timed, encoding, seed).fit(cells, latency),
            len(timed),
            score_latency(latency[tested], half.predict(cells[tested])),
        )

    def predict(self, architectures: Architectures) -> Floats:
        """Return ``(n,)`` milliseconds."""
        return self.surrogate.predict(architectures)

    def sentence(self) -> str:
        """Return what a reader has to know of the numbers."""
        found = self.held_out
        return (
            f"predicted, from {self.measured:,} measured networks; from half of them "
            f"for the other half: tau {found.kendall:.3f}, "
            f"{100 * found.within_10:.0f} % within 10 %"
        )

    def describe(self) -> dict[str, Any]:
        """Return what a header says; `rebuild` takes it."""
        found = self.held_out
        return {
            "target": self.target,
            "measured": self.measured,
            "held_out": [
                found.kendall,
                found.median_error,
                found.within_5,
                found.within_10,
            ],
            "surrogate": self.surrogate.describe(),
        }

    @classmethod
    def rebuild(cls, described: dict[str, Any], arrays: Arrays) -> Self:
        """Return the predictor that was described, with what it had learned.

        Raises:
            NasbenchError: Description and arrays are not those of a surrogate.
        """
        return cls(
            described["target"],
            Surrogate.rebuild(described["surrogate"], arrays),
            described["measured"],
            LatencyScores(*described["held_out"]),
        )


def fit_measured(
    targets: Sequence[TimedArchitectures], encoding: str, seed: int = 0
) -> tuple[StoredLatency, ...]:
    """Return a predictor of every target that was measured on enough networks."""
    return tuple(
        StoredLatency.fit(one, encoding, seed)
        for one in targets
        if one.kind == "measured" and len(one) >= FEWEST
    )


def _model(timed: TimedArchitectures, encoding: str, seed: int) -> Surrogate:
    # The logarithm: errors of a share are what matters, and nothing takes less than
    # no time. Settings as for the seconds of trainings (`surrogates.runtime`).
    model = XGBoost(
        seed=seed, target="log", rounds=300, depth=4, members=1, row_share=0.8
    )
    return Surrogate(timed.features.space, make_encoding(encoding), model)
