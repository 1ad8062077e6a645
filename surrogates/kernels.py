"""Kernels over encoded architectures, with the gradients of their logarithms."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown

Floats: TypeAlias = NDArray[np.float64]
KernelKind: TypeAlias = Literal["hamming", "rbf", "histogram"]


class Kernel:
    """A covariance of 1 on the diagonal that falls with a weighted distance.

    ``hamming`` is exp(-sum of weight times absolute difference): on one-hot rows the
    product kernel of categorical decisions, on path rows the path kernel, and with
    one weight per column automatic relevance determination. ``rbf`` takes the squares
    of the differences. ``histogram`` takes one weight and the distance 2 - 2 cos
    between count vectors, as the WL kernel of NAS-BOWL (Ru et al., ICLR 2021)
    normalises them.

    Args:
        kind: Which of them.
        relevance: One weight per column instead of one for all.

    Raises:
        NasbenchError: The kind is not known, or cannot weigh columns.
    """

    def __init__(self, kind: KernelKind, relevance: bool) -> None:
        if kind not in get_args(KernelKind):
            raise NasbenchError(unknown("kernel", kind, get_args(KernelKind)))
        if kind == "histogram" and relevance:
            raise NasbenchError("kernel 'histogram' weighs no columns; relevance=False")
        self.kind = kind
        self.relevance = relevance

    def distances(self, first: Floats, second: Floats) -> list[Floats]:
        """Return one ``(n, m)`` matrix of distances for every weight."""
        if self.kind == "histogram":
            cosine = _unit(first) @ _unit(second).T
            return [np.maximum(2 - 2 * cosine, 0.0)]
        columns = range(first.shape[1])
        per_column = (self._column(first[:, c], second[:, c]) for c in columns)
        if self.relevance:
            return list(per_column)
        if self.kind == "hamming":
            from scipy.spatial.distance import cdist

            return [cdist(first, second, "cityblock")]
        from scipy.spatial.distance import cdist

        return [cdist(first, second, "sqeuclidean")]

    def _column(self, first: Floats, second: Floats) -> Floats:
        difference = first[:, None] - second[None, :]
        return np.asarray(
            np.abs(difference) if self.kind == "hamming" else difference**2
        )

    @staticmethod
    def covariance(distances: list[Floats], log_weights: Floats) -> Floats:
        """Return ``(n, m)``: exp(-weighted distances).

        The derivative by a log weight is minus the covariance times the weight times
        its distances.
        """
        total = np.zeros_like(distances[0])
        for weight, distance in zip(np.exp(log_weights), distances, strict=True):
            total += weight * distance
        return np.asarray(np.exp(-total))


def _unit(counts: Floats) -> Floats:
    length = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.where(length > 0, length, 1.0))
