"""The zero-cost proxies of a table: scores per class and seed, beside the trials.

They stand outside the content digest. The digest says what was trained; a table with
proxies answers every query as the same table without, and boards that name the digest
stay valid. Every column has its own checksum, and the file's seal covers all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING, COMPLETE, FAILED, CONSTANT = 0, 1, 2, 3

GROUP = "proxies"

UNITS = {
    "score": "the proxy's own; NaN where the status is missing or failed",
    "status": "0 missing, 1 complete, 2 failed, 3 complete, of a constant network",
    "seconds": "CPU seconds",
}
"""The datasets of a proxy and their units."""


@dataclass(frozen=True, eq=False)
class ProxyColumns:
    """What one proxy says of every class.

    Attributes:
        seeds: The seeds of the first weights and of the batch, as of trials.
        score: ``(classes, seeds) float64``; NaN where missing or failed.
        status: ``(classes, seeds) uint8``.
        seconds: ``(classes, seeds) float32`` CPU seconds of a score on its own.
        provenance: What decided the scores, and where they were computed.
    """

    seeds: tuple[int, ...]
    score: NDArray[np.float64]
    status: NDArray[np.uint8]
    seconds: NDArray[np.float32]
    provenance: Mapping[str, str]

    def mean(self) -> NDArray[np.float64]:
        """Return ``(classes,)`` mean scores over the seeds; NaN where none is there."""
        there = np.isfinite(self.score)
        total = np.where(there, self.score, 0.0).sum(axis=1)
        count = there.sum(axis=1)
        mean: NDArray[np.float64] = np.full(len(total), np.nan)
        np.divide(total, count, out=mean, where=count > 0)
        return mean


def datasets_of(name: str, columns: ProxyColumns) -> dict[str, NDArray[Any]]:
    """Return the datasets of a proxy by their paths in the file."""
    return {f"{GROUP}/{name}/{field}": getattr(columns, field) for field in UNITS}
