"""A graph hypernetwork's reading of an architecture: messages along its edges."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nasbench.networks.supernet.supernet import Supernet
from nasbench.spaces import Architecture, Graph, SearchSpace, TopologyCell
from strategies.hypernetworks.generated_supernet import (
    WIDTH,
    Slot,
    SlotEncoder,
    slots_of,
)

PASSES = 2
"""Forward and backward sweeps over the graph (Zhang et al. have 4 at most)."""


class GraphEncoder(SlotEncoder):
    """Give every convolution the state of its vertex after messages went to and fro.

    Zhang, Ren & Urtasun, ICLR 2019 (GHN), reduced. Every vertex starts from a vector of
    its operation; a sweep visits the vertices from input to output, each taking the sum
    of messages of its inputs into a gated unit; the next goes back. A vertex's state
    and a vector of its cell are what its weights are written from.

    The graph is the pruned one in canonical order: members of a class are written the
    same weights, and relabelling the vertices of a graph permutes the states.
    """

    def __init__(self, space: SearchSpace, supernet: Supernet) -> None:
        super().__init__()
        self.space = space
        labels = sorted({label for one in _probes(space) for label in one.labels})
        self.labels = {label: number for number, label in enumerate(labels)}
        self.operations = nn.Embedding(len(labels), WIDTH)
        places = 1 + max(slot.place for slot in slots_of(supernet))
        self.places = nn.Embedding(places, WIDTH)
        self.message = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(2))
        self.gate = nn.GRUCell(WIDTH, WIDTH)

    def forward(self, architecture: Architecture, slots: list[Slot]) -> Tensor:
        """Return ``(slots, WIDTH)``; zeros and the cell's vector off the graph."""
        graph: Graph = self.space.graph(architecture)  # type: ignore[attr-defined]
        states = self.states(graph)
        vertices = self._vertices(architecture)
        rows = []
        for slot in slots:
            vertex = vertices[slot.decision]
            state = states[0] * 0 if vertex is None else states[vertex]
            rows.append(state + self.places.weight[slot.place])
        return torch.stack(rows)

    def states(self, graph: Graph) -> Tensor:
        """Return the ``(vertices, WIDTH)`` states after all sweeps."""
        names = torch.tensor([self.labels[label] for label in graph.labels])
        states = list(self.operations(names))
        readers: list[list[int]] = [[] for _ in graph.labels]
        for vertex, inputs in enumerate(graph.inputs):
            for source in inputs:
                readers[source].append(vertex)
        for _ in range(PASSES):
            for vertex, sources in enumerate(graph.inputs):
                states[vertex] = self._heard(states, vertex, sources, 0)
            for vertex in reversed(range(len(states))):
                states[vertex] = self._heard(states, vertex, tuple(readers[vertex]), 1)
        return torch.stack(states)

    def _heard(
        self, states: list[Tensor], vertex: int, sources: tuple[int, ...], way: int
    ) -> Tensor:
        if not sources:
            return states[vertex]
        message = sum(self.message[way](states[source]) for source in sources)
        updated: Tensor = self.gate(message[None], states[vertex][None])[0]
        return updated

    def _vertices(self, architecture: Architecture) -> tuple[int | None, ...]:
        if isinstance(self.space, TopologyCell):
            return self.space.vertex_of_edges(architecture)
        return tuple(range(1, self.space.decisions + 1))


def _probes(space: SearchSpace) -> list[Graph]:
    """Return graphs in which every operation of the space stands somewhere."""
    most = max(space.radices)
    architectures = [
        tuple(min(option, radix - 1) for radix in space.radices)
        for option in range(most)
    ]
    return [space.graph(one) for one in architectures]  # type: ignore[attr-defined]
