"""Weisfeiler-Lehman histograms: how often each neighbourhood occurs in a graph."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError
from nasbench.spaces import Architectures, Graph, SearchSpace
from surrogates.encodings.encoding import Encoding, Features
from surrogates.encodings.rows_by_graph import RowsByGraph, why_no_graph

DEEPEST = 3
VOCABULARY = "vocabulary"


class WLHistogram(Encoding):
    """Count the Weisfeiler-Lehman labels of a graph (Shervashidze et al., JMLR 2011).

    The graph is that of `TopologyCell.graph`: operations are its vertices (the line
    graph of the cell), edges that do nothing are gone, and all members of a class have
    one graph. In round 0 a vertex's label is its operation; in every further round it
    is its last label with those of its predecessors and of its successors. The
    histogram counts the labels of all rounds. `fit` takes its columns from the
    training architectures; labels that it has not seen have no column.

    Ru et al. (NAS-BOWL, ICLR 2021) use these histograms on cells.

    Args:
        rounds: How far a neighbourhood reaches, 0 to 3.

    Raises:
        NasbenchError: There are no such rounds.
    """

    def __init__(self, rounds: int) -> None:
        if not 0 <= rounds <= DEEPEST:
            raise NasbenchError(
                f"a WL histogram has 0 to {DEEPEST} rounds, not {rounds}"
            )
        self.name = f"wl-{rounds}"
        self._rounds = rounds
        self._columns: dict[str, int] | None = None

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why not: the space has to have graphs."""
        return why_no_graph(space)

    def fit(self, space: SearchSpace, architectures: Architectures) -> Self:
        """Return a copy whose columns are the labels of these architectures.

        Raises:
            NasbenchError: The space has no graphs.
        """
        counted = self._count(space)
        used = np.unique(counted.rows(architectures))
        labels = {label for row in used for label in counted.values[row]}
        return self._of(sorted(labels))

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the ``(n, vocabulary) float32`` counts.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space has no graphs, or the encoding is not fitted.
        """
        counted = self._count(space)
        columns = self._fitted()
        used, back = np.unique(counted.rows(architectures), return_inverse=True)
        histogram = np.zeros((len(used), len(columns)), np.float32)
        for position, row in enumerate(used):
            for label, count in counted.values[row].items():
                column = columns.get(label)
                if column is not None:
                    histogram[position, column] = count
        return histogram[back]

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the vocabulary, as ``(labels,)`` text; nothing before `fit`."""
        if self._columns is None:
            return {}
        return {VOCABULARY: np.array(list(self._columns), dtype=np.str_)}

    def restore(self, state: dict[str, NDArray[Any]]) -> Self:
        """Return a copy with the vocabulary of `state`.

        Raises:
            NasbenchError: The state holds no vocabulary.
        """
        if not state:
            return self
        if set(state) != {VOCABULARY}:
            raise NasbenchError(
                f"encoding {self.name!r} learns a {VOCABULARY}, but is given "
                f"{', '.join(sorted(state))}"
            )
        return self._of([str(label) for label in state[VOCABULARY]])

    def _fitted(self) -> dict[str, int]:
        if self._columns is None:
            raise NasbenchError(
                f"encoding {self.name!r} has no vocabulary yet; fit it to the training "
                "architectures first"
            )
        return self._columns

    def _count(self, space: SearchSpace) -> RowsByGraph[Counter[str]]:
        self.require(space)
        return _counted(space, self._rounds)

    def _of(self, labels: Sequence[str]) -> Self:
        made = copy.copy(self)
        made._columns = {label: column for column, label in enumerate(labels)}
        return made


@lru_cache(maxsize=16)
def _counted(space: SearchSpace, rounds: int) -> RowsByGraph[Counter[str]]:
    """Return what is known of a space's graphs; encodings of one process share it."""
    return RowsByGraph(space, partial(wl_labels, rounds=rounds))


def wl_labels(graph: Graph, rounds: int) -> Counter[str]:
    """Count the labels of all vertices in rounds 0 to `rounds`.

    Labels of later rounds are digests, so that they stay short; they begin with
    their round.
    """
    readers: list[list[int]] = [[] for _ in graph.labels]
    for vertex, inputs in enumerate(graph.inputs):
        for source in inputs:
            readers[source].append(vertex)
    labels = list(graph.labels)
    counts = Counter(f"0:{label}" for label in labels)
    for depth in range(1, rounds + 1):
        labels = [
            _digest(
                labels[vertex],
                sorted(labels[source] for source in graph.inputs[vertex]),
                sorted(labels[reader] for reader in readers[vertex]),
            )
            for vertex in range(len(labels))
        ]
        counts.update(f"{depth}:{label}" for label in labels)
    return counts


def _digest(own: str, before: list[str], after: list[str]) -> str:
    text = repr((own, before, after))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
