"""Rows that are computed once per graph and remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architecture, Architectures, Graph, SearchSpace

DENSE_LIMIT = 2**20
"""Spaces up to this size get an array over all indices; larger ones a dictionary."""

Value = TypeVar("Value")


@runtime_checkable
class HasGraph(Protocol):
    """An ability of some spaces: to say what an architecture computes, as a graph."""

    def graph(self, architecture: Architecture) -> Graph:
        """Return the labelled graph, the same for all members of a class."""


class RowsByGraph(Generic[Value]):
    """What a function of the graph gives, remembered per architecture and per graph.

    Attributes:
        values: What the function gave, one entry per distinct graph seen so far.
    """

    def __init__(self, space: SearchSpace, compute: Callable[[Graph], Value]) -> None:
        self.values: list[Value] = []
        self._space = space
        self._compute = compute
        self._row_of_graph: dict[Graph, int] = {}
        dense = space.size <= DENSE_LIMIT
        self._dense = np.full(space.size if dense else 0, -1, np.int32)
        self._sparse: dict[int, int] = {}

    def rows(self, architectures: Architectures) -> NDArray[np.int32]:
        """Return the ``(n,) int32`` positions in `values` of ``(n, decisions)``.

        Raises:
            ArchitectureError: An architecture is not in the space.
        """
        indices = self._space.indices(architectures)
        if not len(self._dense):
            different, back = np.unique(indices, return_inverse=True)
            found = [self._row(int(index)) for index in different]
            return np.array(found, np.int32)[back]
        rows = self._dense[indices]
        if len(rows) and rows.min() < 0:
            for index in np.unique(indices[rows < 0]):
                self._dense[index] = self._row(int(index))
            rows = self._dense[indices]
        return rows

    def _row(self, index: int) -> int:
        known = self._sparse.get(index)
        if known is not None:
            return known
        architecture = self._space.architecture_at(index)
        if not isinstance(self._space, HasGraph):
            raise TypeError(f"{self._space!r} has no graphs")
        graph = self._space.graph(architecture)
        row = self._row_of_graph.setdefault(graph, len(self.values))
        if row == len(self.values):
            self.values.append(self._compute(graph))
        if not len(self._dense):
            self._sparse[index] = row
        return row


def why_no_graph(space: SearchSpace) -> str | None:
    """Say why graphs of `space` cannot be had, or None where they can."""
    if isinstance(space, HasGraph):
        return None
    return "its architectures have no graph"
