"""Graph statistics: paths and degrees, for every set of operations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import combinations
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces import Architectures, Graph, SearchSpace
from nasbench.spaces.operations import EFFECTS, Effect
from surrogates.encodings.encoding import Encoding, Features
from surrogates.encodings.rows_by_graph import RowsByGraph, why_no_graph

ALL_SUBSETS_UP_TO = 4
"""With more operations than that, only single ones, pairs and all of them are sets."""

NO_PATH = -1.0
"""A length or a share where there is no path; a direct connection has length 0."""


@runtime_checkable
class _HasOperations(Protocol):
    @property
    def operations(self) -> tuple[str, ...]: ...


class GraphStatistics(Encoding):
    """Describe a graph by counts, path lengths and degrees per set of operations.

    After GRAF (Kadlecova et al., ICML 2024, "Surprisingly strong performance
    prediction with neural graph features"), who take the cell's edges as they stand;
    we take the pruned and flattened graph, so that members of a class are described
    alike, and add the number and the mean of paths. For every set of operations, with
    "inside" for vertices that carry one of them:

    vertices inside; fewest, most and mean inside vertices on a path from input to
    output; number, shortest and longest length of the paths that run inside alone (-1
    where there is none, 0 for a direct connection); inside vertices that read the
    input; those that the output reads. Then of the whole graph: direct connections
    from input to output, paths, edges, and the largest in-degree.
    """

    name = "graph"

    def is_defined_on(self, space: SearchSpace) -> str | None:
        """Say why not: the space has to have graphs of named operations."""
        if not isinstance(space, _HasOperations):
            return "its architectures have no graph of named operations"
        return why_no_graph(space)

    def encode(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return ``(n, 9 x sets + 4) float32``.

        Raises:
            ArchitectureError: An option is out of range, or the shape is wrong.
            NasbenchError: The space has no graphs of named operations.
        """
        self.require(space)
        described = _described(space)
        used, back = np.unique(described.rows(architectures), return_inverse=True)
        if not len(used):
            return np.empty((0, 9 * len(operation_sets(space)) + 4), np.float32)
        return np.stack([described.values[row] for row in used])[back]


@lru_cache(maxsize=16)
def _described(space: SearchSpace) -> RowsByGraph[NDArray[np.float32]]:
    """Return what is known of a space's graphs; encodings of one process share it."""
    return RowsByGraph(space, partial(describe, sets=operation_sets(space)))


def operation_sets(space: SearchSpace) -> list[frozenset[str]]:
    """Return the sets of operations by which graphs of `space` are described."""
    named = space.operations if isinstance(space, _HasOperations) else ()
    passing = (Effect.NOTHING, Effect.IDENTITY)
    labels = [name for name in named if EFFECTS.get(name) not in passing]
    count = len(labels)
    sizes = range(1, count + 1) if count <= ALL_SUBSETS_UP_TO else (1, 2, count)
    return [frozenset(c) for size in sizes for c in combinations(labels, size)]


def describe(graph: Graph, sets: Sequence[frozenset[str]]) -> NDArray[np.float32]:
    """Return the ``(9 x sets + 4,) float32`` statistics of a graph.

    Paths are counted vertex by vertex, never listed: there may be very many.
    """
    end = graph.inputs[-1]
    statistics: list[float] = []
    for each in sets:
        inside = [label in each for label in graph.labels]
        reads_input = (
            graph.inputs[v].count(0) for v in range(1, len(inside) - 1) if inside[v]
        )
        statistics += [
            sum(inside),
            *_through(graph, inside),
            *_within(graph, inside),
            sum(reads_input),
            sum(inside[vertex] for vertex in end),
        ]
    everywhere = [True] * len(graph.labels)
    statistics += [
        end.count(0),
        _within(graph, everywhere)[0],
        sum(len(inputs) for inputs in graph.inputs),
        max(len(inputs) for inputs in graph.inputs),
    ]
    return np.array(statistics, np.float32)


def _through(graph: Graph, inside: Sequence[bool]) -> tuple[float, float, float]:
    """Return fewest, most and mean inside vertices on a path to the output."""
    paths, total, fewest, most = [1], [0], [0], [0]
    for vertex, sources in enumerate(graph.inputs[1:], start=1):
        step = inside[vertex]
        reached = [source for source in sources if paths[source]]
        paths.append(sum(paths[source] for source in reached))
        total.append(sum(total[source] for source in reached) + paths[-1] * step)
        fewest.append(min((fewest[source] for source in reached), default=0) + step)
        most.append(max((most[source] for source in reached), default=0) + step)
    if not paths[-1]:
        return NO_PATH, NO_PATH, NO_PATH
    return fewest[-1], most[-1], total[-1] / paths[-1]


def _within(graph: Graph, inside: Sequence[bool]) -> tuple[float, float, float]:
    """Return number, shortest and longest length of the paths of inside vertices."""
    last = len(graph.labels) - 1
    paths, shortest, longest = [1], [0], [0]
    for vertex, sources in enumerate(graph.inputs[1:], start=1):
        step = vertex < last
        reached = [source for source in sources if paths[source]]
        if step and not inside[vertex]:
            reached = []
        paths.append(sum(paths[source] for source in reached))
        shortest.append(min((shortest[s] for s in reached), default=0) + step)
        longest.append(max((longest[s] for s in reached), default=0) + step)
    if not paths[-1]:
        return 0, NO_PATH, NO_PATH
    return paths[-1], shortest[-1], longest[-1]
