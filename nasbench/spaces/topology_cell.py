"""The topology cell of NAS-Bench-201: nodes that sum, edges that carry operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces.graph import Graph, canonical_graph
from nasbench.spaces.operations import EFFECTS, Effect
from nasbench.spaces.space import Architecture, ArchitectureError, SearchSpace

_EDGE = re.compile(r"([^|~]+)~(\d+)")


class TopologyCell(SearchSpace):
    """All cells of `nodes` nodes with one operation on every edge i -> j, i < j.

    A node is the sum of its edges' outputs; node 0 is the cell's input, the last one
    its output. With 4 nodes and 5 operations it is the space of NAS-Bench-201 (Dong &
    Yang, ICLR 2020) in its string order of edges, (0,1)(0,2)(1,2)(0,3)(1,3)(2,3).

    Two cells are one class when they compute the same family of functions: edges that
    carry nothing from the input, or nothing to the output, are dropped; sums are
    flattened through skip connections; a node with several readers stays one node;
    equal poolings of one input are one. NAS-Bench-201's own rule compares strings and
    is neither sound (it forgets which nodes are shared) nor complete. Average pooling
    is also linear, pool(a + b) = pool(a) + pool(b); cells that agree only by that are
    kept apart, because they are different computations with different roundings.

    Attributes:
        nodes: The number of nodes.
        operations: The operations of an edge, in the order of their integers.
        edges: The pairs (source, target), in the order of the decisions.
    """

    def __init__(self, name: str, nodes: int, operations: Sequence[str]) -> None:
        if not 2 <= nodes <= 8:
            raise NasbenchError(f"a topology cell has 2 to 8 nodes, not {nodes}")
        for operation in operations:
            if operation not in EFFECTS:
                raise NasbenchError(unknown("operation", operation, EFFECTS))
        if len(set(operations)) != len(operations):
            raise NasbenchError(f"an operation stands twice in {list(operations)}")
        self.nodes = nodes
        self.operations = tuple(operations)
        self.edges = tuple((i, j) for j in range(1, nodes) for i in range(j))
        super().__init__(name, [self.operations] * len(self.edges))

    def format(self, architecture: Architecture) -> str:
        """Return the NATS-Bench string, as in ``|none~0|+|none~0|skip_connect~1|``."""
        checked = self.check(architecture)
        terms: list[list[str]] = [[] for _ in range(1, self.nodes)]
        for (source, target), option in zip(self.edges, checked, strict=True):
            terms[target - 1].append(f"{self.operations[option]}~{source}")
        return "+".join("|" + "|".join(node) + "|" for node in terms)

    def parse(self, text: str) -> Architecture:
        """Return the architecture of a NATS-Bench string.

        Raises:
            ArchitectureError: The string has another form, or an unknown operation.

        >>> cell = TopologyCell("tiny", 3, ["none", "skip_connect"])
        >>> cell.parse("|skip_connect~0|+|none~0|skip_connect~1|")
        (1, 0, 1)
        """
        edges: list[int] = []
        groups = text.strip().split("+")
        for target, group in enumerate(groups, start=1):
            terms = group.strip("|").split("|")
            for source, term in enumerate(terms):
                match = _EDGE.fullmatch(term)
                if match is None or int(match[2]) != source or len(terms) != target:
                    raise self._malformed(text)
                if match[1] not in self.operations:
                    reason = unknown("operation", match[1], self.operations)
                    raise ArchitectureError(f"{reason} in {text!r}")
                edges.append(self.operations.index(match[1]))
        if len(groups) != self.nodes - 1:
            raise self._malformed(text)
        if (formatted := self.format(tuple(edges))) != text.strip():
            raise ArchitectureError(f"{text!r} is written {formatted!r}")
        return tuple(edges)

    def canonical(self, architecture: Architecture) -> Graph:
        """Return the pruned and flattened graph; equal graphs are equal functions."""
        return self.graph(architecture)

    def graph(self, architecture: Architecture) -> Graph:
        """Return what the cell computes, as a graph in canonical order.

        Networks, costs and kernels read this graph, so all architectures of a class
        are one network, weight for weight.

        >>> cell = TopologyCell("tiny", 3, ["none", "skip_connect", "nor_conv_3x3"])
        >>> cell.graph((2, 1, 1))  # output = input + convolution of the input
        Graph(labels=('input', 'nor_conv_3x3', 'output'), inputs=((), (0,), (0, 1)))
        """
        return _trace(self, self.check(architecture))[0]

    def vertex_of_edges(self, architecture: Architecture) -> tuple[int | None, ...]:
        """Return for every edge the vertex of `graph` that its operation became.

        None stands for edges without a vertex: skip connections, and edges that carry
        nothing from the input or nothing to the output.
        """
        return _trace(self, self.check(architecture))[1]

    def _malformed(self, text: str) -> ArchitectureError:
        example = self.format((0,) * self.decisions)
        return ArchitectureError(
            f"{text!r} is no architecture of {self.name}: expected the form {example!r}"
        )


@lru_cache(maxsize=2**16)
def _trace(
    space: TopologyCell, architecture: Architecture
) -> tuple[Graph, tuple[int | None, ...]]:
    """Build the graph of a cell, and say which vertex each edge became."""
    labels: list[str] = []
    inputs: list[tuple[int, ...]] = []
    pooled: dict[tuple[str, tuple[int, ...]], int] = {}
    vertex_of_edge: list[int | None] = []
    # A node is the multiset of vertices that it sums; 0 is the cell's input.
    nodes: list[list[int]] = [[0]] + [[] for _ in range(1, space.nodes)]
    for (source, target), option in zip(space.edges, architecture, strict=True):
        operation = space.operations[option]
        effect = EFFECTS[operation]
        arriving = tuple(sorted(nodes[source]))
        vertex: int | None = None
        if effect is Effect.IDENTITY:
            nodes[target].extend(arriving)
        elif effect is not Effect.NOTHING and arriving:
            known = pooled.get((operation, arriving))
            if effect is Effect.FIXED and known is not None:
                vertex = known
            else:
                labels.append(operation)
                inputs.append(arriving)
                vertex = len(labels)
                pooled[operation, arriving] = vertex
            nodes[target].append(vertex)
        vertex_of_edge.append(vertex)
    return _prune(labels, inputs, nodes[-1], vertex_of_edge)


def _prune(
    labels: list[str],
    inputs: list[tuple[int, ...]],
    output: list[int],
    vertex_of_edge: list[int | None],
) -> tuple[Graph, tuple[int | None, ...]]:
    """Drop the vertices that do not reach the output; order the rest canonically."""
    live = set(output)
    for vertex in range(len(labels), 0, -1):
        if vertex in live:
            live.update(inputs[vertex - 1])
    kept = [vertex for vertex in range(1, len(labels) + 1) if vertex in live]
    renumbered = {0: 0} | {vertex: i for i, vertex in enumerate(kept, start=1)}
    graph, positions = canonical_graph(
        [labels[v - 1] for v in kept],
        [[renumbered[s] for s in inputs[v - 1]] for v in kept],
        [renumbered[v] for v in output],
    )
    return graph, tuple(
        positions[renumbered[v]] if v in renumbered else None for v in vertex_of_edge
    )
