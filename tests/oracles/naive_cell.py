"""A cell evaluated straight from its definition, edge by edge, in float64.

It shares no code with the networks: no graph, no pruning, no canonical order. An edge
whose source received nothing is nothing, and so is a node without such an edge.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nasbench.spaces import Architecture, TopologyCell

Weights = dict[int, dict[str, Tensor]]
"""Kernel, scale and offset of every edge that carries a convolution."""


def draw_weights(
    space: TopologyCell, architecture: Architecture, channels: int, seed: int
) -> Weights:
    generator = torch.Generator().manual_seed(seed)
    weights: Weights = {}
    for edge, option in enumerate(architecture):
        kernel = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}.get(space.operations[option])
        if kernel is not None:
            shape = (channels, channels, kernel, kernel)
            weights[edge] = {
                "kernel": torch.randn(shape, generator=generator).double() / kernel,
                "scale": torch.rand(channels, generator=generator).double() + 0.5,
                "offset": torch.randn(channels, generator=generator).double(),
            }
    return weights


def evaluate(
    space: TopologyCell, architecture: Architecture, weights: Weights, x: Tensor
) -> Tensor | None:
    """Return the output of the cell; None where nothing arrives."""
    nodes: list[Tensor | None] = [x] + [None] * (space.nodes - 1)
    for edge, ((source, target), option) in enumerate(
        zip(space.edges, architecture, strict=True)
    ):
        value, operation = nodes[source], space.operations[option]
        if value is None or operation == "none":
            continue
        if operation == "avg_pool_3x3":
            value = functional.avg_pool2d(value, 3, 1, 1, count_include_pad=False)
        elif operation != "skip_connect":
            own = weights[edge]
            padding = own["kernel"].shape[-1] // 2
            value = functional.conv2d(value.relu(), own["kernel"], padding=padding)
            mean = value.mean((0, 2, 3), keepdim=True)
            variance = value.var((0, 2, 3), keepdim=True, unbiased=False)
            value = (value - mean) / (variance + 1e-5).sqrt()
            value = value * own["scale"][:, None, None] + own["offset"][:, None, None]
        before = nodes[target]
        nodes[target] = value if before is None else before + value
    return nodes[-1]
