"""A cell with the branches that pruning drops, as some published tables time it."""

from __future__ import annotations

from nasbench.spaces import Architecture, Graph, TopologyCell
from nasbench.spaces.graph import INPUT, OUTPUT
from nasbench.spaces.operations import EFFECTS, Effect


def unpruned_graph(space: TopologyCell, architecture: Architecture) -> Graph:
    """Return the cell as it is written: every operation of every edge is a vertex.

    Nothing that we build: our networks are those of `TopologyCell.graph`. The code
    of NAS-Bench-201 builds all edges, and a device without a compiler that drops them
    runs them too. Operations whose node receives nothing read an empty sum, and two
    equal poolings of one node are two.

    Args:
        space: The space.
        architecture: A member of it.
    """
    labels = [INPUT]
    inputs: list[tuple[int, ...]] = [()]
    nodes: list[list[int]] = [[0]] + [[] for _ in range(1, space.nodes)]
    checked = space.check(architecture)
    for (source, target), option in zip(space.edges, checked, strict=True):
        operation = space.operations[option]
        effect = EFFECTS[operation]
        if effect is Effect.IDENTITY:
            nodes[target].extend(nodes[source])
        elif effect is not Effect.NOTHING:
            labels.append(operation)
            inputs.append(tuple(sorted(nodes[source])))
            nodes[target].append(len(labels) - 1)
    output = tuple(sorted(nodes[-1]))
    return Graph((*labels, OUTPUT), (*inputs, output))


def reaching_graph(space: TopologyCell, architecture: Architecture) -> Graph:
    """Return the cell without what nothing reads, but with what is fed with zeros.

    What a compiler leaves that drops unused outputs and does not know that a
    multiplication by zero is zero: NAS-Bench-201 writes ``none`` as one. The published
    latencies of the Jetson TX2 under TensorRT are of this kind.

    Args:
        space: The space.
        architecture: A member of it.
    """
    whole = unpruned_graph(space, architecture)
    read = set(whole.inputs[-1])
    for vertex in range(len(whole.labels) - 2, 0, -1):
        if vertex in read:
            read.update(whole.inputs[vertex])
    kept = [0, *(v for v in range(1, len(whole.labels) - 1) if v in read)]
    place = {vertex: position for position, vertex in enumerate(kept)}
    inputs = [
        tuple(place[v] for v in whole.inputs[vertex])
        for vertex in (*kept, len(whole.labels) - 1)
    ]
    return Graph((*(whole.labels[v] for v in kept), OUTPUT), tuple(inputs))
