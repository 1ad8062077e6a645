"""Architectures as rows between which squared distances mean something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures, SearchSpace
from strategies.bayesian.enumeration import enumeration_of

Floats: TypeAlias = NDArray[np.float64]
KernelName: TypeAlias = Literal["hamming", "path", "wl"]

WL_ROUNDS = 1
"""In `cell201` one round has 304 labels; two have 17,134, most of one class each."""


@dataclass(frozen=True, eq=False)
class Features:
    """Rows of features, in groups of columns that share a weight.

    The kernels of this folder are exp(-sum over groups of weight times squared
    distance between the group's columns), a product of one kernel per group, which is
    positive definite whatever the rows.

    Attributes:
        rows: ``(n, columns)``, an array, or a sparse array of scipy.
        group: ``(columns,) int64``, ascending from 0.
    """

    rows: Any
    group: NDArray[np.int64]

    def scaled(self, weights: Floats) -> Any:
        """Return rows whose squared distances are the weighted sums over groups."""
        root = np.sqrt(weights)[self.group]
        if isinstance(self.rows, np.ndarray):
            return self.rows * root
        scaled = self.rows.copy()
        scaled.data = scaled.data * root[scaled.indices]
        return scaled

    def distances(self, positions: NDArray[np.int64]) -> list[Floats]:
        """Return for every group the ``(k, k)`` squared distances of some rows."""
        chosen = dense(self.rows[positions])
        found = []
        for group in range(int(self.group[-1]) + 1):
            columns = chosen[:, self.group == group]
            length = (columns**2).sum(axis=1)
            squared = length[:, None] + length - 2 * columns @ columns.T
            found.append(np.maximum(squared, 0.0))
        return found

    def beside(self, columns: Floats) -> Features:
        """Return the features with dense columns more, which are one more group."""
        group = np.append(self.group, np.full(columns.shape[1], self.group[-1] + 1))
        if isinstance(self.rows, np.ndarray):
            return Features(np.hstack((self.rows, columns)), group)
        from scipy.sparse import csr_array, hstack

        return Features(hstack((self.rows, csr_array(columns)), format="csr"), group)


def dense(rows: Any) -> Floats:
    """Return the rows as an array."""
    return np.asarray(rows if isinstance(rows, np.ndarray) else rows.toarray())


def features_of(
    space: SearchSpace, architectures: Architectures, kernel: KernelName
) -> Features:
    """Return the features of architectures for a kernel.

    ``hamming`` has a group per decision, whose distance is 1 where the options differ:
    the product kernel of categorical decisions, with a weight for each (automatic
    relevance determination). ``path`` has one group, whose distance is the number of
    paths from input to output that only one of two cells has (the path encoding of
    BANANAS, White et al., AAAI 2021). ``wl`` has one group, whose distance is
    2 - 2 cos between Weisfeiler-Lehman histograms (NAS-BOWL, Ru et al., ICLR 2021).

    A space without paths or graphs has its options in their place: one path, or one
    vertex, per decision.
    """
    one_hot = space.one_hot(architectures).astype(np.float64) / np.sqrt(2)
    if kernel == "hamming":
        return Features(one_hot, np.repeat(np.arange(space.decisions), space.radices))
    from scipy.sparse import csr_array

    counts = _path_marks(space, architectures) if kernel == "path" else None
    if kernel == "wl":
        counts = _unit(_wl_counts(space, architectures))
    rows = csr_array(one_hot if counts is None else counts)
    return Features(rows, np.zeros(rows.shape[1], np.int64))


@lru_cache(maxsize=16)
def features_of_all(space: SearchSpace, kernel: KernelName) -> Features:
    """Return the features of all classes of an enumerable space, computed once."""
    enumeration = enumeration_of(space)
    if enumeration is None:
        raise ValueError(f"{space!r} is too large to list")
    return features_of(space, enumeration.architectures, kernel)


def _path_marks(space: SearchSpace, architectures: Architectures) -> Floats | None:
    from surrogates.encodings.path import Path

    path = Path()
    if path.is_defined_on(space) is not None:
        return None
    return path.encode(space, architectures).astype(np.float64)


def _wl_counts(space: SearchSpace, architectures: Architectures) -> Floats:
    from surrogates.encodings.wl_histogram import WLHistogram

    histogram = WLHistogram(WL_ROUNDS)
    if histogram.is_defined_on(space) is not None:
        return space.one_hot(architectures).astype(np.float64)
    fitted = histogram.fit(space, architectures)
    return fitted.encode(space, architectures).astype(np.float64)


def _unit(counts: Floats) -> Floats:
    length = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.asarray(counts / np.where(length > 0, length, 1.0))
