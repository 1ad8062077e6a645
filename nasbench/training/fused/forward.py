"""Plans the forward pass: one or two kernel calls for every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from nasbench.training.fused.kernels.batch_norm import batch_statistics, running_affine
from nasbench.training.fused.kernels.convolution import convolve
from nasbench.training.fused.kernels.head import classify, cross_entropy
from nasbench.training.fused.kernels.lanes import LANES
from nasbench.training.fused.kernels.pooling import average
from nasbench.training.fused.kernels.sums import combine
from nasbench.training.fused.memory import Tensor
from nasbench.training.fused.network import (
    Convolution,
    Images,
    Node,
    Pooling,
    Sum,
    consumers,
)
from nasbench.training.fused.parameters import Parameters
from nasbench.training.fused.program import Call, Grouped, Program, parameters_of
from nasbench.training.fused.taps import Shrinking, Window


@dataclass(frozen=True)
class Norm:
    """Places of a batch norm's numbers, each ``(2, channels)``.

    Attributes:
        scales: Learned scales and offsets, among the parameters.
        running: Running mean and variance.
        moments: Mean and 1 / standard deviation of the batch.
        affine: Slope and shift that the sums apply.
    """

    scales: int
    running: int
    moments: int
    affine: int


@dataclass(frozen=True)
class Head:
    """Places of what the classifier computes."""

    norm: Norm
    features: int
    logits: int
    result: int
    labels: int


class Forward:
    """The forward pass of a network, as calls in a program.

    Attributes:
        nodes: The network.
        parameters: Offsets of what is learned.
        images: Images per batch.
        blocks: Blocks of 16 images.
        program: Holds the calls.
        weights: Place of the parameters; gradients and velocities follow.
        masks: Place of ``(blocks, 16)``, 1 where there is an image.
        values: The tensor of every node: of a convolution before its batch norm, of a
            sum before its ReLU.
        rectified: The tensor of a sum after its ReLU, where a convolution reads it.
        norms: The batch norm of every convolution that has one.
        head: Places of what the classifier computes.
        readers: Who reads each node.
    """

    def __init__(
        self, nodes: Sequence[Node], parameters: Parameters, images: int
    ) -> None:
        self.nodes = tuple(nodes)
        self.parameters = parameters
        self.images = images
        self.blocks = -(-images // LANES)
        self.program = Program()
        self.weights = self.program.layout.reserve(3 * parameters.padded)
        mask = np.arange(self.blocks * LANES) < images
        self.masks = self.program.constant(mask.astype(np.float32))
        self.readers = consumers(self.nodes)
        self.values: dict[Node, Tensor] = {}
        self.rectified: dict[Node, Tensor] = {}
        self.norms: dict[Node, Norm] = {}
        for node in self.nodes:
            if isinstance(node, Images):
                self.values[node] = self.tensor(node)
            elif isinstance(node, Convolution):
                self._convolution(node)
            elif isinstance(node, Pooling):
                self._pooling(node)
            elif isinstance(node, Sum):
                self._sum(node)
        self.head = self._classify()

    def tensor(self, like: Node) -> Tensor:
        """Return a new tensor of a node's shape."""
        return Tensor(like.channels, prod(like.pixels), self.blocks)

    def combine(
        self,
        terms: Sequence[tuple[Tensor, int]],
        plain: Tensor | None,
        rectified: Tensor | None = None,
    ) -> None:
        """Sum tensors, each through the affine map at the place beside it."""
        like = terms[0][0]
        place = len(self.program.tables)
        for term in terms:
            self.program.tables += term
        self.program.call(
            combine,
            also=tuple(tensor for tensor, _ in terms),
            terms=place,
            count=len(terms),
            channels=like.channels,
            pixels=like.pixels,
            blocks=self.blocks,
            plain=-1 if plain is None else plain,
            rectified=-1 if rectified is None else rectified,
        )

    def identity(self, channels: int) -> int:
        """Return the place of slopes of 1 and shifts of 0."""
        return self.program.constant(np.repeat(np.array([1, 0], np.float32), channels))

    def taps(self, window: Window) -> int:
        """Return the place of what every output pixel reads: input pixel and tap."""

        def make() -> Grouped:
            output, source, tap = window.reads().T
            return output, np.stack([source * LANES, tap], axis=1)

        return self.program.grouped(("taps", window), prod(window.outputs), make)

    def _convolution(self, node: Convolution) -> None:
        source = (self.rectified if node.rectified else self.values)[node.source]
        slot = self.parameters.slots[node]
        output = self.values[node] = self.tensor(node)
        self.program.call(
            convolve,
            x=source,
            sources=source.channels,
            x_pixels=source.pixels,
            y=output,
            targets=output.channels,
            y_pixels=output.pixels,
            weights=self.weights + slot.weights,
            transposed=0,
            taps=self.taps(node.window),
            blocks=self.blocks,
            mask=-1,
            add=0,
        )
        if node.normalised:
            self.norms[node] = self._normalise(output, slot.scales)

    def _normalise(self, x: Tensor, scales: int) -> Norm:
        reserve = self.program.layout.reserve
        running = reserve(2 * x.channels)
        start = np.repeat(np.array([0, 1], np.float32), x.channels)
        self.program.constants[running] = start
        norm = Norm(
            scales=self.weights + scales,
            running=running,
            moments=reserve(2 * x.channels),
            affine=reserve(2 * x.channels),
        )
        self.program.call(
            batch_statistics,
            x=x,
            channels=x.channels,
            pixels=x.pixels,
            blocks=self.blocks,
            images=self.images,
            masks=self.masks,
            scales=norm.scales,
            running=norm.running,
            moments=norm.moments,
            affine=norm.affine,
        )
        return norm

    def _pooling(self, node: Pooling) -> None:
        window = node.window
        source = self.values[node.source]
        output = self.values[node] = self.tensor(node)

        def make() -> Grouped:
            pixel, read, _ = window.reads().T
            return pixel, np.stack([read * LANES, self.shares(window)], axis=1)

        self.program.call(
            average,
            x=source,
            x_pixels=source.pixels,
            y=output,
            y_pixels=output.pixels,
            channels=output.channels,
            blocks=self.blocks,
            taps=self.program.grouped(("pool", window), output.pixels, make),
            add=0,
        )

    def shares(self, window: Window | Shrinking) -> NDArray[np.int64]:
        """Return for every read of a pooling the place of its weight."""
        pixel, _, _ = window.reads().T
        shares = (1 / np.bincount(pixel)).astype(np.float32)
        places: NDArray[np.int64] = self.program.constant(shares) + pixel
        return places

    def _sum(self, node: Sum) -> None:
        readers = self.readers[node]
        rectified = [r for r in readers if isinstance(r, Convolution) and r.rectified]
        if rectified:
            self.rectified[node] = self.tensor(node)
        if len(rectified) < len(readers) or node is self.nodes[-1]:
            self.values[node] = self.tensor(node)
        terms = [
            (
                self.values[term],
                self.norms[term].affine
                if term in self.norms
                else self.identity(term.channels),
            )
            for term in node.terms
        ]
        self.combine(terms, self.values.get(node), self.rectified.get(node))

    def _classify(self) -> Head:
        """Add the classifier; nothing of a dead cell reaches it but its biases."""
        parameters, reserve = self.parameters, self.program.layout.reserve
        last = self.values[self.nodes[-1]]
        norm = Norm(0, 0, 0, 0)
        if parameters.features:
            norm = self._normalise(last, parameters.head_scales)
        head = Head(
            norm=norm,
            features=reserve(self.blocks * LANES * parameters.features),
            logits=reserve(self.blocks * LANES * parameters.classes),
            result=reserve(2),
            labels=len(self.program.tables),
        )
        self.program.tables += [-1] * (self.blocks * LANES)
        self.program.call(
            classify,
            x=last,
            channels=parameters.features,
            pixels=last.pixels,
            blocks=self.blocks,
            affine=norm.affine,
            features=head.features,
            classifier=self.weights + parameters.classifier,
            classes=parameters.classes,
            logits=head.logits,
        )
        self.program.call(
            cross_entropy,
            logits=head.logits,
            classes=parameters.classes,
            blocks=self.blocks,
            images=self.images,
            labels=head.labels,
            result=head.result,
        )
        return head


def with_running_statistics(calls: Sequence[Call]) -> list[Call]:
    """Return the calls of a forward pass as evaluation makes them."""
    return [
        _evaluated(call) if call.kernel is batch_statistics else call for call in calls
    ]


def _evaluated(call: Call) -> Call:
    given = dict(zip(parameters_of(call.kernel), call.arguments, strict=True))
    return Call(
        running_affine,
        tuple(given[name] for name in parameters_of(running_affine)),
    )
