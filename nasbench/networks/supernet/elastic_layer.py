"""A layer of which smaller layers are parts: fewer filters, smaller kernels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbench.spaces.layer_space import Layer


class SlicedNorm(nn.BatchNorm2d):
    """Batch norm of the first channels, as many as arrive."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, c, height, width)`` to the same shape, c at most the width."""
        c = x.shape[1]
        mean, var, seen = self.running_mean, self.running_var, self.num_batches_tracked
        factor = self.momentum
        if self.training and seen is not None:
            seen.add_(1)
            if factor is None:  # a plain mean over all batches
                factor = 1.0 / float(seen)
        return functional.batch_norm(
            x,
            None if mean is None else mean[:c],
            None if var is None else var[:c],
            self.weight[:c],
            self.bias[:c],
            self.training or mean is None,
            0.0 if factor is None else factor,
            self.eps,
        )


class ElasticLayer(nn.Module):
    """The largest of a set of layers; the others are cut out of its weights.

    Cai et al., ICLR 2020 (Once-for-All): fewer filters are the first ones; a smaller
    kernel is the centre of the next larger one, times a matrix of its own that is
    learned and starts as the identity.

    Args:
        source: Channels of the widest input.
        filters: Channels of the widest output.
        kernels: Kernel widths, odd, ascending.
    """

    def __init__(self, source: int, filters: int, kernels: Sequence[int]) -> None:
        super().__init__()
        self.kernels = tuple(kernels)
        self.conv = nn.Conv2d(source, filters, kernels[-1], bias=False)
        self.norm = SlicedNorm(filters)
        self.matrices = nn.ParameterList(
            nn.Parameter(torch.eye(size * size)) for size in self.kernels[:-1]
        )

    def forward(self, x: Tensor, layer: Layer) -> Tensor:
        """Map ``(batch, c, h, w)`` to ``(batch, filters, h/stride, w/stride)``."""
        weight = self.weight(layer, x.shape[1])
        y = functional.conv2d(x, weight, stride=layer.stride, padding=layer.kernel // 2)
        return functional.relu(self.norm(y))

    def weight(self, layer: Layer, source: int) -> Tensor:
        """Return the ``(filters, source, kernel, kernel)`` weights of a smaller layer.

        Args:
            layer: Its kernel is one of the layer's, its filters at most the layer's.
            source: Channels that arrive.
        """
        weight = self.conv.weight[: layer.filters, :source]
        smaller = list(zip(self.kernels[:-1], self.matrices, strict=True))
        for size, matrix in reversed(smaller):
            if size < layer.kernel:
                break
            edge = (weight.shape[-1] - size) // 2
            inner = weight[:, :, edge : edge + size, edge : edge + size]
            flat = inner.reshape(*inner.shape[:2], size * size)
            weight = (flat @ matrix).reshape(inner.shape)
        return weight
