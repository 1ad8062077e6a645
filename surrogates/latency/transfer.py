"""A new target from a few measurements and what is known of other targets."""

from __future__ import annotations

from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from surrogates.latency.ridge import Ridge

Floats: TypeAlias = NDArray[np.float64]


class TargetTransfer:
    """The logarithm of a latency as a sum of those on other targets.

    Ridge regression over the logarithms of the sources' latencies, which every
    architecture has, as few-shot predictors take them for features (HELP, Lee et al.,
    NeurIPS 2021, learns an embedding instead). With extra rows, such as counts of
    operations, the sum goes over them as well.
    """

    def fit(
        self, sources_ms: Floats, latency_ms: Floats, extra: Floats | None = None
    ) -> Self:
        """Learn from a few measurements; return the transfer itself.

        Args:
            sources_ms: ``(n, sources)``, positive latencies of the same networks.
            latency_ms: ``(n,)``, positive, on the new target.
            extra: ``(n, k)`` further numbers of these networks.

        Raises:
            NasbenchError: Values are not positive, or too few.
        """
        rows = self._rows(sources_ms, extra)
        if not (np.asarray(latency_ms) > 0).all():
            raise NasbenchError("transfer learns from positive latencies")
        self._model = Ridge(target="log").fit(rows, latency_ms)
        return self

    def predict(self, sources_ms: Floats, extra: Floats | None = None) -> Floats:
        """Return ``(n,)`` milliseconds on the new target.

        Raises:
            NasbenchError: The transfer is not fitted, or values are not positive.
        """
        if not hasattr(self, "_model"):
            raise NasbenchError("the transfer is not fitted; call fit first")
        return self._model.predict(self._rows(sources_ms, extra))

    def _rows(self, sources_ms: Floats, extra: Floats | None) -> Floats:
        sources = np.asarray(sources_ms, np.float64)
        if sources.ndim != 2 or not (sources > 0).all():
            raise NasbenchError(
                "sources are positive latencies of the shape (n, sources)"
            )
        logs = np.log(sources)
        return logs if extra is None else np.hstack([logs, np.asarray(extra)])


def best_source(sources_ms: Floats, latency_ms: Floats) -> int:
    """Return which single source orders the measured networks best, by Spearman.

    The baseline that a transfer has to beat: ``sources_ms[:, best]`` as it is.

    Args:
        sources_ms: ``(n, sources)`` latencies of the measured networks.
        latency_ms: ``(n,)`` on the new target.
    """
    from surrogates.scoring.metrics import spearman

    values = [
        spearman(np.asarray(latency_ms), column) for column in np.asarray(sources_ms).T
    ]
    return int(np.nanargmax(values))
