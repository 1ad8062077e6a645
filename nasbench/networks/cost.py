"""Parameters, FLOPs and depth in closed form, from the graph; nothing is built."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

from nasbench.benchmark import StaticCosts
from nasbench.errors import NasbenchError
from nasbench.networks.skeleton import Skeleton
from nasbench.spaces import (
    Architecture,
    Graph,
    Layer,
    LayerSpace,
    SearchSpace,
    TopologyCell,
)
from nasbench.spaces.operations import NOR_CONV_1X1, NOR_CONV_3X3

KERNEL = {NOR_CONV_1X1: 1, NOR_CONV_3X3: 3}
"""Kernel width of the operations that learn a convolution."""


@singledispatch
def count_costs(
    space: SearchSpace, architecture: Architecture, skeleton: Skeleton
) -> StaticCosts:
    """Return the static costs of the network of `architecture` in `skeleton`.

    A multiplication with its addition counts as two FLOPs, as in PyTorch's own
    counter (NAS-Bench-201 prints half of that as FLOPs). Convolutions and the
    classifier count; sums, pooling, batch norm and ReLU do not.

    A space of another kind registers its own count:
    ``count_costs.register(MySpace)``.

    Raises:
        NasbenchError: No count is registered for this kind of space.
    """
    del architecture, skeleton
    raise NasbenchError(f"no cost count is registered for {type(space).__name__}")


@count_costs.register
def _(
    space: TopologyCell, architecture: Architecture, skeleton: Skeleton
) -> StaticCosts:
    return graph_costs(space.graph(architecture), skeleton)


@count_costs.register
def _(space: LayerSpace, architecture: Architecture, skeleton: Skeleton) -> StaticCosts:
    checked = space.check(architecture)
    return layer_costs(space.layers(checked), skeleton, space.resolution(checked))


def graph_costs(graph: Graph, skeleton: Skeleton) -> StaticCosts:
    """Return the static costs of the network whose cells compute `graph`."""
    if graph.is_dead:
        return StaticCosts(parameters=skeleton.classes, flops=0, depth=0)
    stages = skeleton.stages()
    count = _Count()
    count.convolution(skeleton.image_channels, stages[0], 3)
    for number, shape in enumerate(stages):
        channels, _, _ = shape
        if number:
            previous = stages[number - 1][0]
            count.convolution(previous, shape, 3)
            count.convolution(channels, shape, 3)
            count.convolution(previous, shape, 1, batch_norm=False)
        for operation in graph.operations:
            if operation in KERNEL:
                for _ in range(skeleton.cells_per_stage):
                    count.convolution(channels, shape, KERNEL[operation])
    last = stages[-1][0]
    parameters = count.parameters + 2 * last + (last + 1) * skeleton.classes
    flops = count.flops + 2 * last * skeleton.classes
    return StaticCosts(parameters, flops, graph.depth)


def layer_costs(
    layers: Sequence[Layer], skeleton: Skeleton, resolution: float = 1.0
) -> StaticCosts:
    """Return the static costs of layers in sequence; the depth is their number.

    Args:
        layers: The layers.
        skeleton: The image and the classes; nothing else of it plays a part.
        resolution: Part of the image's side that the first layer sees, in (0, 1].
    """
    channels = skeleton.image_channels
    height = math.ceil(skeleton.height * resolution)
    width = math.ceil(skeleton.width * resolution)
    count = _Count()
    for layer in layers:
        height, width = -(-height // layer.stride), -(-width // layer.stride)
        shape = (layer.filters, height, width)
        count.convolution(channels, shape, layer.kernel)
        channels = layer.filters
    parameters = count.parameters + (channels + 1) * skeleton.classes
    flops = count.flops + 2 * channels * skeleton.classes
    return StaticCosts(parameters, flops, len(layers))


@dataclass
class _Count:
    parameters: int = 0
    flops: int = 0

    def convolution(
        self,
        source: int,
        target: tuple[int, int, int],
        kernel: int,
        batch_norm: bool = True,
    ) -> None:
        channels, height, width = target
        weights = source * channels * kernel**2
        self.parameters += weights + (2 * channels if batch_norm else 0)
        self.flops += 2 * weights * height * width


@dataclass(frozen=True)
class SkeletonCosts:
    """The cost model of every architecture of a space in one skeleton."""

    space: SearchSpace
    skeleton: Skeleton

    def __call__(self, architecture: Architecture) -> StaticCosts:
        """Return the static costs of `architecture`."""
        return count_costs(self.space, architecture, self.skeleton)
