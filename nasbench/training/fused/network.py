"""A network as a list of nodes: everything in one flat graph, no modules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import singledispatch

from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton
from nasbench.networks.cost import KERNEL
from nasbench.spaces import (
    Architecture,
    Graph,
    Layer,
    LayerSpace,
    SearchSpace,
    TopologyCell,
)
from nasbench.training.fused.taps import Shrinking, Window


@dataclass(eq=False)
class Node:
    """A value of the network, (batch, channels, height, width).

    Attributes:
        channels: Its channels.
        pixels: Its (height, width).
    """

    channels: int
    pixels: tuple[int, int]


@dataclass(eq=False)
class Images(Node):
    """The normalised images."""


@dataclass(eq=False)
class Convolution(Node):
    """A convolution without bias, perhaps after a ReLU, perhaps before a batch norm.

    Attributes:
        source: What it reads.
        window: Its kernel.
        rectified: Whether a ReLU comes first.
        normalised: Whether a batch norm comes after.
    """

    source: Node
    window: Window
    rectified: bool
    normalised: bool

    @property
    def weights(self) -> int:
        """Number of weights of the kernel."""
        return self.window.width**2 * self.source.channels * self.channels


@dataclass(eq=False)
class Pooling(Node):
    """The average over a window; the border divides by the pixels that are there.

    Attributes:
        source: What it reads.
        window: Its window.
    """

    source: Node
    window: Window | Shrinking


@dataclass(eq=False)
class Sum(Node):
    """The sum of other nodes; one that stands twice counts twice.

    Attributes:
        terms: The nodes.
    """

    terms: tuple[Node, ...] = field(default=())


@singledispatch
def network_nodes(
    space: SearchSpace, architecture: Architecture, skeleton: Skeleton
) -> list[Node]:
    """Return the nodes of the network of `architecture`, in topological order.

    Convolutions stand in the order of the torch network's modules, so that weights
    drawn one after the other are the same. The last node is what the classifier's
    batch norm reads.

    A space of another kind, made of nodes that the engine knows, registers its own
    list: ``network_nodes.register(MySpace)``.

    Raises:
        NasbenchError: None is registered for this kind of space.
    """
    del architecture, skeleton
    raise NasbenchError(f"the fused engine {cannot_build(space)}; use the torch engine")


def cannot_build(space: SearchSpace) -> str | None:
    """Say why there are no nodes of a space, as in "it trains ..."; None: there are."""
    if network_nodes.dispatch(type(space)) is not network_nodes.dispatch(object):
        return None
    return f"trains topology cells and layer spaces, and {space.name} is neither"


@network_nodes.register
def _(
    space: TopologyCell, architecture: Architecture, skeleton: Skeleton
) -> list[Node]:
    return flatten(space.graph(architecture), skeleton)


@network_nodes.register
def _(space: LayerSpace, architecture: Architecture, skeleton: Skeleton) -> list[Node]:
    checked = space.check(architecture)
    return layer_nodes(space.layers(checked), skeleton, space.resolution(checked))


def flatten(graph: Graph, skeleton: Skeleton) -> list[Node]:
    """Return the nodes of the network whose cells compute `graph`.

    A dead cell leaves the images alone.
    """
    stages = skeleton.stages()
    images = Images(skeleton.image_channels, (skeleton.height, skeleton.width))
    if graph.is_dead:
        return [images]
    nodes: list[Node] = [images]
    nodes.append(_convolution(images, stages[0][0], 3, rectified=False))
    for number, (channels, _, _) in enumerate(stages):
        if number:
            nodes += _reduction(nodes[-1], channels)
        for _ in range(skeleton.cells_per_stage):
            nodes += _cell(nodes[-1], graph)
    return nodes


def layer_nodes(
    layers: Sequence[Layer], skeleton: Skeleton, resolution: float = 1.0
) -> list[Node]:
    """Return the nodes of layers in sequence.

    Batch norm and ReLU of the last layer are those of the classifier.

    Args:
        layers: The layers.
        skeleton: The image and the classes; nothing else of it plays a part.
        resolution: Part of the image's side that the first layer sees, in (0, 1].
    """
    height, width = skeleton.height, skeleton.width
    nodes: list[Node] = [Images(skeleton.image_channels, (height, width))]
    if resolution < 1:
        seen = math.ceil(height * resolution), math.ceil(width * resolution)
        shrinking = Shrinking((height, width), seen)
        nodes.append(Pooling(skeleton.image_channels, seen, nodes[0], shrinking))
    for number, layer in enumerate(layers, start=1):
        if number > 1:
            last = nodes[-1]
            nodes.append(Sum(last.channels, last.pixels, (last,)))
        window = Window(layer.kernel, layer.stride, nodes[-1].pixels)
        nodes.append(
            Convolution(
                layer.filters,
                window.outputs,
                nodes[-1],
                window,
                rectified=number > 1,
                normalised=number < len(layers),
            )
        )
    return nodes


def sees_images_alone(node: Node) -> bool:
    """Return whether nothing learned lies before a node: its gradient is not needed."""
    while isinstance(node, Pooling):
        node = node.source
    return isinstance(node, Images)


def consumers(nodes: Sequence[Node]) -> dict[Node, list[Node]]:
    """Return who reads each node, in topological order; sums as often as they do."""
    readers: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node in nodes:
        if isinstance(node, Sum):
            for term in node.terms:
                readers[term].append(node)
        elif isinstance(node, Convolution | Pooling):
            readers[node.source].append(node)
    return readers


def _convolution(
    source: Node, channels: int, width: int, stride: int = 1, *, rectified: bool = True
) -> Convolution:
    window = Window(width, stride, source.pixels)
    return Convolution(channels, window.outputs, source, window, rectified, True)


def _pooling(source: Node, width: int, stride: int) -> Pooling:
    window = Window(width, stride, source.pixels)
    return Pooling(source.channels, window.outputs, source, window)


def _reduction(source: Node, channels: int) -> list[Node]:
    """Return the residual block between two stages; see `networks.Reduction`."""
    first = _convolution(source, channels, 3, stride=2)
    inner = Sum(channels, first.pixels, (first,))
    second = _convolution(inner, channels, 3)
    pooled = _pooling(source, 2, 2)
    window = Window(1, 1, pooled.pixels)
    shortcut = Convolution(channels, pooled.pixels, pooled, window, False, False)
    output = Sum(channels, first.pixels, (shortcut, second))
    return [first, inner, second, pooled, shortcut, output]


def _cell(source: Node, graph: Graph) -> list[Node]:
    """Return one cell: its vertices and the sums that they read."""
    nodes: list[Node] = []
    values: list[Node] = [source]
    sums: dict[tuple[int, ...], Node] = {}

    def summed(inputs: tuple[int, ...]) -> Node:
        if inputs not in sums:
            terms = tuple(values[vertex] for vertex in inputs)
            if len(terms) == 1 and isinstance(terms[0], Sum):
                sums[inputs] = terms[0]
            else:
                sums[inputs] = Sum(source.channels, source.pixels, terms)
                nodes.append(sums[inputs])
        return sums[inputs]

    for inputs, operation in zip(graph.inputs[1:-1], graph.operations, strict=True):
        read = summed(inputs)
        if operation in KERNEL:
            values.append(_convolution(read, source.channels, KERNEL[operation]))
        else:
            values.append(_pooling(read, 3, 1))
        nodes.append(values[-1])
    summed(graph.inputs[-1])
    return nodes
