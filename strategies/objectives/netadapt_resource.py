"""A resource that only shows when a network is evaluated: a look-up table of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architecture, SearchSpace, TopologyCell

SAMPLES = 20
"""Random networks that are evaluated before the first way; as many give a table of
five operations its order (ONNX Runtime, float32: tau 0.95)."""

PENALTY = 0.1
"""Of the ridge regression, on columns of zeros and ones."""


class LookUpTable:
    """What a network takes as a sum of what its options take where they stand.

    NetAdapt (Yang et al., ECCV 2018) sums tables of measured layers instead of timing
    every proposal. Here the entries are learned from whole networks that were
    evaluated, by ridge regression; of topology cells dead edges count nothing. What
    was evaluated is known exactly, and its neighbours are judged by how the sums differ
    from there. The space is handed in at every call, so that it is no part of a state.

    Attributes:
        known: The numbers of what was evaluated; inf where it has none.
    """

    def __init__(self) -> None:
        self.known: dict[Architecture, float] = {}
        self._weights: NDArray[np.float64] = np.zeros(1)

    @property
    def ready(self) -> bool:
        """Whether enough was evaluated to learn from."""
        return len(self.known) >= SAMPLES

    def tell(self, architecture: Architecture, value: float | None) -> None:
        """Take the number of an evaluated network; None or NaN where it has none."""
        self.known[architecture] = inf if value is None or value != value else value

    def fit(self, space: SearchSpace) -> None:
        """Learn the table from all that is known; without any number it is zero."""
        told = [(one, value) for one, value in self.known.items() if isfinite(value)]
        if not told:
            return
        rows = marks(space, [one for one, _ in told])
        values = np.array([value for _, value in told])
        centre, level = rows.mean(axis=0), values.mean()
        shifted = rows - centre
        squares = shifted.T @ shifted + PENALTY * np.eye(rows.shape[1])
        weights = np.linalg.solve(squares, shifted.T @ (values - level))
        self._weights = np.append(weights, level - centre @ weights)

    def near(
        self, space: SearchSpace, origin: Architecture, there: Sequence[Architecture]
    ) -> list[float]:
        """Return what some networks take, judged from `origin`, which was evaluated.

        Returns:
            The known numbers; for others that of the origin, and by how much the sums
            differ.
        """
        sums = self.sums(space, [origin, *there])
        base = self.known.get(origin, inf)
        offset = base - sums[0] if isfinite(base) else 0.0
        return [
            self.known.get(one, float(value + offset))
            for one, value in zip(there, sums[1:], strict=True)
        ]

    def sums(
        self, space: SearchSpace, architectures: Sequence[Architecture]
    ) -> NDArray[np.float64]:
        """Return ``(n,)`` sums over the table."""
        if len(self._weights) == 1:
            return np.zeros(len(architectures))
        rows = marks(space, architectures)
        return np.asarray(rows @ self._weights[:-1] + self._weights[-1])


def marks(
    space: SearchSpace, architectures: Sequence[Architecture]
) -> NDArray[np.float64]:
    """Return ``(n, options)``: 1 where an option is chosen, and of cells is alive."""
    batch = np.array(architectures, np.uint8)
    marked = space.one_hot(batch).astype(np.float64)
    if isinstance(space, TopologyCell):
        # Imported when asked for: other spaces need nothing of it.
        from surrogates.latency.features import LiveEdges

        live = LiveEdges.of(space, batch).live
        marked *= np.repeat(live, space.radices, axis=1)
    return marked
