"""What a network computes on one image, step by step, with exact shapes."""

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

Shape = tuple[int, int, int]
"""Channels, height and width."""


@dataclass(frozen=True)
class Gemm:
    """A product of an ``(m, k)`` and a ``(k, n)`` matrix, as a convolution is one.

    Attributes:
        m: Pixels of the output.
        n: Channels of the output.
        k: Channels of the input times the area of the kernel.
    """

    m: int
    n: int
    k: int

    @property
    def macs(self) -> int:
        """Multiplications with their additions."""
        return self.m * self.n * self.k


@dataclass(frozen=True)
class Step:
    """One operation of a network: it reads some values and writes a new one.

    Batch norm is folded into the convolution before it, and ReLU is done by whatever
    reads or writes the value, as inference runtimes do; neither is a step.

    Attributes:
        operation: ``convolution``, ``pooling``, ``add``, ``head`` (the last batch norm,
            ReLU and the average over the image), ``classifier``, ``resize``, and
            ``zeros`` where a dead branch was not pruned.
        reads: The numbers of the values that it reads; a value may stand twice.
        writes: The number of the value that it writes.
        gemm: The matrix product, where it is one.
        weights: Learned numbers that it reads, folded biases included.
    """

    operation: str
    reads: tuple[int, ...]
    writes: int
    gemm: Gemm | None = None
    weights: int = 0


@dataclass(frozen=True)
class Schedule:
    """The steps of a network in the order in which they are run, for one image.

    The order is that of our torch modules: cell after cell; in a cell the vertices of
    the pruned graph in their canonical order, each sum just before its first reader
    and kept for the others, sums of more than two added one by one.

    Attributes:
        steps: The steps; none for a constant network.
        elements: How many numbers every value has; value 0 is the image, the last one
            the logits.
    """

    steps: tuple[Step, ...]
    elements: tuple[int, ...]

    @property
    def macs(self) -> int:
        """Multiplications with their additions, classifier included."""
        return sum(gemm.macs for gemm in self.gemms())

    def gemms(self) -> list[Gemm]:
        """Return the matrix products in order: convolutions, then the classifier."""
        return [step.gemm for step in self.steps if step.gemm is not None]

    def activations(self, step: Step) -> int:
        """Return how many numbers a step reads and writes, weights apart."""
        read = sum(self.elements[value] for value in step.reads)
        return read + self.elements[step.writes]

    @property
    def moved(self) -> int:
        """Numbers that all steps read and write, weights included."""
        return sum(self.activations(step) + step.weights for step in self.steps)


@singledispatch
def network_schedule(
    space: SearchSpace, architecture: Architecture, skeleton: Skeleton
) -> Schedule:
    """Return the steps of the network of `architecture` in `skeleton`.

    A space of another kind registers its own:
    ``network_schedule.register(MySpace)``.

    Raises:
        NasbenchError: None is registered for this kind of space.
    """
    del architecture, skeleton
    raise NasbenchError(f"no layer shapes are registered for {type(space).__name__}")


@network_schedule.register
def _(space: TopologyCell, architecture: Architecture, skeleton: Skeleton) -> Schedule:
    graph = space.graph(architecture)
    if graph.is_dead:
        return Schedule((), (skeleton.classes,))
    return graph_schedule(graph, skeleton)


@network_schedule.register
def _(space: LayerSpace, architecture: Architecture, skeleton: Skeleton) -> Schedule:
    checked = space.check(architecture)
    return layer_schedule(space.layers(checked), skeleton, space.resolution(checked))


def graph_schedule(graph: Graph, skeleton: Skeleton) -> Schedule:
    """Return the steps of the network whose cells compute `graph`.

    The graph may hold vertices that read nothing, or that nothing reads: those of
    `nasbench.hardware.dead_branches`. Of a dead graph everything around the cells is
    left, which our networks do not build.
    """
    stages = skeleton.stages()
    made = _Steps([skeleton.image_channels * skeleton.height * skeleton.width])
    value = made.convolution(0, skeleton.image_channels, stages[0], 3)
    for number, shape in enumerate(stages):
        if number:
            value = made.reduction(value, stages[number - 1][0], shape)
        for _ in range(skeleton.cells_per_stage):
            value = made.cell(value, graph, shape)
    last = stages[-1][0]
    return made.finish(value, last, skeleton.classes, norm=2 * last)


def layer_schedule(
    layers: Sequence[Layer], skeleton: Skeleton, resolution: float = 1.0
) -> Schedule:
    """Return the steps of layers in sequence.

    Args:
        layers: The layers.
        skeleton: The image and the classes; nothing else of it plays a part.
        resolution: Part of the image's side that the first layer sees, in (0, 1].
    """
    channels = skeleton.image_channels
    height = math.ceil(skeleton.height * resolution)
    width = math.ceil(skeleton.width * resolution)
    made = _Steps([channels * skeleton.height * skeleton.width])
    value = 0
    if resolution < 1:
        value = made.step("resize", (value,), channels * height * width)
    for layer in layers:
        height, width = -(-height // layer.stride), -(-width // layer.stride)
        shape = (layer.filters, height, width)
        value = made.convolution(value, channels, shape, layer.kernel)
        channels = layer.filters
    return made.finish(value, channels, skeleton.classes)


@dataclass
class _Steps:
    """A schedule that is being written."""

    elements: list[int]
    steps: list[Step] = field(default_factory=list)

    def step(
        self,
        operation: str,
        reads: tuple[int, ...],
        elements: int,
        gemm: Gemm | None = None,
        weights: int = 0,
    ) -> int:
        self.steps.append(Step(operation, reads, len(self.elements), gemm, weights))
        self.elements.append(elements)
        return len(self.elements) - 1

    def convolution(
        self, value: int, source: int, target: Shape, kernel: int, bias: bool = True
    ) -> int:
        channels, height, width = target
        gemm = Gemm(height * width, channels, source * kernel**2)
        weights = gemm.n * gemm.k + (channels if bias else 0)
        return self.step("convolution", (value,), gemm.m * gemm.n, gemm, weights)

    def reduction(self, value: int, source: int, target: Shape) -> int:
        """Write the residual block between two stages."""
        channels, height, width = target
        pooled = self.step("pooling", (value,), source * height * width)
        shortcut = self.convolution(pooled, source, target, 1, bias=False)
        first = self.convolution(value, source, target, 3)
        second = self.convolution(first, channels, target, 3)
        return self.step("add", (shortcut, second), channels * height * width)

    def cell(self, value: int, graph: Graph, shape: Shape) -> int:
        """Write one cell; all its values have the same shape."""
        channels, height, width = shape
        elements = channels * height * width
        values = [value]
        sums: dict[tuple[int, ...], int] = {}

        def total(inputs: tuple[int, ...]) -> int:
            if inputs not in sums:
                if not inputs:
                    sums[inputs] = self.step("zeros", (), elements)
                    return sums[inputs]
                running = values[inputs[0]]
                for vertex in inputs[1:]:
                    running = self.step("add", (running, values[vertex]), elements)
                sums[inputs] = running
            return sums[inputs]

        for label, inputs in zip(graph.operations, graph.inputs[1:-1], strict=True):
            read = total(inputs)
            if label in KERNEL:
                written = self.convolution(read, channels, shape, KERNEL[label])
            else:
                written = self.step("pooling", (read,), elements)
            values.append(written)
        return total(graph.inputs[-1])

    def finish(
        self, value: int, channels: int, classes: int, norm: int = 0
    ) -> Schedule:
        """Write head and classifier, and return the schedule."""
        pooled = self.step("head", (value,), channels, weights=norm)
        gemm = Gemm(1, classes, channels)
        self.step("classifier", (pooled,), classes, gemm, (channels + 1) * classes)
        return Schedule(tuple(self.steps), tuple(self.elements))
