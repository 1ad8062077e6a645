"""The network of an architecture: stem, cells built from its graph, classifier."""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from nasbench.networks.layer_network import layer_network
from nasbench.networks.operations import Reduction, make_operation
from nasbench.networks.skeleton import Skeleton
from nasbench.spaces import (
    Architecture,
    Graph,
    LayerSpace,
    SearchSpace,
    TopologyCell,
)


class Cell(nn.Module):
    """One cell: the graph's vertices as modules, each on the sum of its inputs."""

    def __init__(self, graph: Graph, channels: int) -> None:
        super().__init__()
        self.inputs = graph.inputs
        self.vertices = nn.ModuleList(
            make_operation(label, channels) for label in graph.operations
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to the same shape."""
        values = [x]
        sums: dict[tuple[int, ...], Tensor] = {}
        for inputs, vertex in zip(self.inputs[1:-1], self.vertices, strict=True):
            values.append(vertex(_sum(values, inputs, sums)))
        return _sum(values, self.inputs[-1], sums)


def _sum(
    values: list[Tensor], inputs: tuple[int, ...], sums: dict[tuple[int, ...], Tensor]
) -> Tensor:
    """Add the inputs in their order, once for all vertices that read the same sum."""
    if inputs not in sums:
        total = values[inputs[0]]
        for vertex in inputs[1:]:
            total = total + values[vertex]
        sums[inputs] = total
    return sums[inputs]


class CellNetwork(nn.Module):
    """The network of a graph in a skeleton; logits of (batch, channels, h, w)."""

    def __init__(self, graph: Graph, skeleton: Skeleton) -> None:
        super().__init__()
        first, *_, last = (channels for channels, _, _ in skeleton.stages())
        self.stem = nn.Sequential(
            nn.Conv2d(skeleton.image_channels, first, 3, padding=1, bias=False),
            nn.BatchNorm2d(first),
        )
        body: list[nn.Module] = []
        previous = 0
        for channels, _, _ in skeleton.stages():
            if previous:
                body.append(Reduction(previous, channels))
            body += [Cell(graph, channels) for _ in range(skeleton.cells_per_stage)]
            previous = channels
        self.body = nn.Sequential(*body)
        self.head = nn.Sequential(nn.BatchNorm2d(last), nn.ReLU())
        self.classifier = nn.Linear(last, skeleton.classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, (batch, classes)."""
        features = self.head(self.body(self.stem(images)))  # (batch, last, h/4, w/4)
        logits: Tensor = self.classifier(features.mean((2, 3)))
        return logits


class ConstantNetwork(nn.Module):
    """What a cell without a path from input to output leaves: one learned bias.

    Nothing of the image reaches the classifier, so nothing else is built.
    NAS-Bench-201 builds and trains such networks in full.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(skeleton.classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, (batch, classes)."""
        return self.bias.expand(len(images), -1)


@singledispatch
def build_network(
    space: SearchSpace, architecture: Architecture, skeleton: Skeleton
) -> nn.Module:
    """Return the network of `architecture`, with whatever weights torch gave it.

    A space of another kind registers its own builder:
    ``build_network.register(MySpace)``.

    Raises:
        NasbenchError: No builder is registered for this kind of space.
    """
    del architecture, skeleton
    raise NasbenchError(f"no network is registered for {type(space).__name__}")


@build_network.register
def _(space: TopologyCell, architecture: Architecture, skeleton: Skeleton) -> nn.Module:
    return graph_network(space.graph(architecture), skeleton)


@build_network.register
def _(space: LayerSpace, architecture: Architecture, skeleton: Skeleton) -> nn.Module:
    checked = space.check(architecture)
    return layer_network(space.layers(checked), skeleton, space.resolution(checked))


def graph_network(graph: Graph, skeleton: Skeleton) -> nn.Module:
    """Return the network whose cells compute `graph`; torch's generator stays put."""
    with torch.random.fork_rng(devices=[]):
        if graph.is_dead:
            return ConstantNetwork(skeleton)
        return CellNetwork(graph, skeleton)
