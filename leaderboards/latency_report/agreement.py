"""How alike targets order the same networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surrogates.latency.common_networks import common_latencies
from surrogates.latency.timed import TimedArchitectures
from tabular.analysis.kendall import kendall

MACS = "multiply-adds"
"""The name of the row that needs no target."""


@dataclass(frozen=True, eq=False)
class TargetAgreement:
    """Kendall's tau-b between all targets, and with multiply-adds.

    Attributes:
        names: Multiply-adds first, then the targets.
        networks: How many networks all targets know.
        tau: ``(names, names)``, symmetric, 1 on the diagonal.
    """

    names: tuple[str, ...]
    networks: int
    tau: NDArray[np.float64]

    @classmethod
    def of(cls, targets: Sequence[TimedArchitectures]) -> TargetAgreement:
        """Compare targets on the networks that all of them know."""
        latency, shared = common_latencies(targets)
        macs = shared.features.rows(shared.architectures, "macs")
        columns = np.column_stack([macs.astype(np.float64), latency])
        size = columns.shape[1]
        tau = np.eye(size)
        for row in range(size):
            for column in range(row):
                value = kendall(columns[:, row], columns[:, column])
                tau[row, column] = tau[column, row] = value
        names = (MACS, *(one.target for one in targets))
        return cls(names, len(latency), tau)

    def between_targets(self) -> NDArray[np.float64]:
        """Return the taus of all pairs of targets, multiply-adds left out."""
        return self.tau[1:, 1:][np.tril_indices(len(self.names) - 1, -1)]
