"""The labelled graph that an architecture computes, in a canonical order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

INPUT = "input"
OUTPUT = "output"


@dataclass(frozen=True)
class Graph:
    """A directed acyclic graph with operations on its vertices.

    Vertex 0 is the input and the last vertex the output. Every other vertex applies
    its operation to the sum of its inputs; the output is the sum of its inputs. A
    vertex that stands twice among the inputs is added twice.

    Attributes:
        labels: The operation of every vertex; `INPUT` first and `OUTPUT` last.
        inputs: For every vertex the earlier vertices that it sums, ascending.
    """

    labels: tuple[str, ...]
    inputs: tuple[tuple[int, ...], ...]

    @property
    def is_dead(self) -> bool:
        """Whether the output receives nothing: a constant function."""
        return not self.inputs[-1]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations between input and output, in topological order."""
        return self.labels[1:-1]

    @property
    def depth(self) -> int:
        """The number of operations on the longest path from input to output."""
        depths: list[int] = []
        for vertex, inputs in enumerate(self.inputs):
            step = 0 < vertex < len(self.labels) - 1
            depths.append(max((depths[i] for i in inputs), default=0) + step)
        return depths[-1]


def canonical_graph(
    labels: Sequence[str], inputs: Sequence[Sequence[int]], output: Sequence[int]
) -> tuple[Graph, list[int]]:
    """Bring a graph into the one order that all its isomorphic copies share.

    Vertices are placed one at a time; of those whose inputs are all placed, the one
    with the smallest (label, positions of its inputs) comes first. Among vertices
    that tie, each is tried and the smallest complete graph wins, so the result is
    exact for every graph, and fast where ties are few, as in cells.

    Args:
        labels: Operations of the vertices 1..k, so ``labels[v - 1]`` is vertex v's.
        inputs: Inputs of the vertices 1..k, as vertex numbers; 0 is the graph's input.
        output: The vertices that the output sums.

    Returns:
        The graph, and for every vertex 0..k its position in it.
    """
    count = len(labels) + 1
    best: tuple[tuple[object, ...], list[int]] | None = None

    def place(positions: list[int], placed: list[tuple[str, tuple[int, ...]]]) -> None:
        nonlocal best
        if len(placed) == count - 1:
            end = tuple(sorted(positions[v] for v in output))
            candidate = (tuple(placed), end)
            if best is None or candidate < best[0]:
                best = (candidate, positions)
            return
        ready: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        for vertex in range(1, count):
            sources = [positions[v] for v in inputs[vertex - 1]]
            if positions[vertex] < 0 and min(sources, default=0) >= 0:
                key = (labels[vertex - 1], tuple(sorted(sources)))
                ready.setdefault(key, []).append(vertex)
        smallest = min(ready)
        for vertex in ready[smallest]:
            following = positions.copy()
            following[vertex] = len(placed) + 1
            place(following, [*placed, smallest])

    place([0] + [-1] * (count - 1), [])
    if best is None:
        raise ValueError("the graph has a cycle")
    (placed, end), positions = best
    vertices: tuple[tuple[str, tuple[int, ...]], ...] = placed  # type: ignore[assignment]
    graph = Graph(
        labels=(INPUT, *(label for label, _ in vertices), OUTPUT),
        inputs=((), *(sources for _, sources in vertices), end),  # type: ignore[arg-type]
    )
    return graph, positions
