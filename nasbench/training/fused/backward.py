"""Plans the backward pass: nodes in reverse order, each with the gradient of its value.

A node's gradient is known once all its readers are done. Sums pass theirs on to every
term as it is; convolutions add theirs up in one tensor, through the ReLU's mask at the
last; poolings are added after that.
"""

from __future__ import annotations

from math import prod

import numpy as np

from nasbench.training.fused.forward import Forward, Norm
from nasbench.training.fused.kernels.batch_norm import batch_norm_gradient
from nasbench.training.fused.kernels.convolution import convolve, weight_gradient
from nasbench.training.fused.kernels.head import classifier_gradient
from nasbench.training.fused.kernels.lanes import LANES
from nasbench.training.fused.kernels.pooling import average
from nasbench.training.fused.memory import Tensor
from nasbench.training.fused.network import (
    Convolution,
    Node,
    Pooling,
    Sum,
    sees_images_alone,
)
from nasbench.training.fused.program import Grouped
from nasbench.training.fused.taps import Window


class Backward:
    """Adds the backward pass to the program of a forward pass."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._program = forward.program
        self._gradients: dict[Node, Tensor] = {}
        self._of_convolutions: dict[Node, Tensor] = {}
        last = forward.nodes[-1]
        if forward.parameters.features:
            self._gradients[last] = self._classifier(last)
        else:
            self._classifier(last)
            return
        for node in reversed(forward.nodes):
            if sees_images_alone(node):
                continue
            gradient = self._gradients[node] = self._gradient(node)
            if isinstance(node, Convolution):
                self._convolution(node, gradient)

    def _classifier(self, last: Node) -> Tensor:
        forward, parameters, head = (
            self._forward,
            self._forward.parameters,
            self._forward.head,
        )
        x = forward.values[last]
        d = forward.tensor(last)
        self._program.call(
            classifier_gradient,
            x=x,
            channels=parameters.features,
            pixels=x.pixels,
            blocks=forward.blocks,
            affine=head.norm.affine,
            features=head.features,
            classifier=forward.weights + parameters.classifier,
            classes=parameters.classes,
            d_logits=head.logits,
            gradient=forward.weights + parameters.padded + parameters.classifier,
            out=d,
        )
        if not parameters.features:
            return d
        return self._normalised(d, x, head.norm)

    def _normalised(self, d: Tensor, x: Tensor, norm: Norm) -> Tensor:
        """Return the gradient before a batch norm, of the gradient after it."""
        forward = self._forward
        out = Tensor(x.channels, x.pixels, x.blocks)
        self._program.call(
            batch_norm_gradient,
            d=d,
            x=x,
            channels=x.channels,
            pixels=x.pixels,
            blocks=forward.blocks,
            images=forward.images,
            masks=forward.masks,
            scales=norm.scales,
            moments=norm.moments,
            gradient=norm.scales + forward.parameters.padded,
            out=out,
        )
        return out

    def _gradient(self, node: Node) -> Tensor:
        """Return the gradient of a node's value, gathered from its readers."""
        if node in self._gradients:
            return self._gradients[node]
        forward = self._forward
        readers = forward.readers[node]
        passed = [self._gradients[r] for r in readers if isinstance(r, Sum)]
        own = self._of_convolutions.pop(node, None)
        for reader in readers:
            if isinstance(reader, Pooling):
                own = self._pooling(reader, own)
        if own is None and len(passed) == 1:
            return passed[0]
        if own is not None and not passed:
            return own
        terms = [*passed, own] if own is not None else passed
        total = own or forward.tensor(node)
        identity = forward.identity(node.channels)
        forward.combine([(term, identity) for term in terms], total)
        return total

    def _convolution(self, node: Convolution, d: Tensor) -> None:
        """Add the gradients of the weights, and of the source unless it is images."""
        forward, parameters = self._forward, self._forward.parameters
        if node in forward.norms:
            d = self._normalised(d, forward.values[node], forward.norms[node])
        source = (forward.rectified if node.rectified else forward.values)[node.source]
        weights = forward.weights + parameters.slots[node].weights
        window = node.window
        self._program.call(
            weight_gradient,
            x=source,
            sources=source.channels,
            x_pixels=source.pixels,
            d=d,
            targets=d.channels,
            d_pixels=d.pixels,
            gradient=weights + parameters.padded,
            pairs=self._pairs(window),
            kernel_taps=window.width**2,
            blocks=forward.blocks,
        )
        if sees_images_alone(node.source):
            return
        known = self._of_convolutions.get(node.source)
        out = known or forward.tensor(node.source)
        self._of_convolutions[node.source] = out
        # Nodes come in reverse: the first reader in order is the last one here.
        first = next(
            r for r in forward.readers[node.source] if isinstance(r, Convolution)
        )
        masked = node.rectified and node is first
        self._program.call(
            convolve,
            x=d,
            sources=d.channels,
            x_pixels=d.pixels,
            y=out,
            targets=out.channels,
            y_pixels=out.pixels,
            weights=weights,
            transposed=1,
            taps=self._reversed_taps(window),
            blocks=forward.blocks,
            mask=source if masked else -1,
            add=int(known is not None),
        )

    def _pooling(self, node: Pooling, own: Tensor | None) -> Tensor:
        """Add the gradient of what a pooling reads to `own`."""
        forward, window = self._forward, node.window
        d = self._gradients[node]
        out = own or forward.tensor(node.source)

        def make() -> Grouped:
            pixel, read, _ = window.reads().T
            return read, np.stack([pixel * LANES, forward.shares(window)], axis=1)

        self._program.call(
            average,
            x=d,
            x_pixels=d.pixels,
            y=out,
            y_pixels=out.pixels,
            channels=out.channels,
            blocks=forward.blocks,
            taps=self._program.grouped(("pool gradient", window), out.pixels, make),
            add=int(own is not None),
        )
        return out

    def _pairs(self, window: Window) -> int:
        """Return the place of the pixels of input and output that meet at each tap."""

        def make() -> Grouped:
            output, source, tap = window.reads().T
            return tap, np.stack([source, output], axis=1) * LANES

        return self._program.grouped(("pairs", window), window.width**2, make)

    def _reversed_taps(self, window: Window) -> int:
        """Return the place of what reads every input pixel: output pixel and tap."""

        def make() -> Grouped:
            output, source, tap = window.reads().T
            return source, np.stack([output * LANES, tap], axis=1)

        return self._program.grouped(
            ("reversed taps", window), prod(window.pixels), make
        )
