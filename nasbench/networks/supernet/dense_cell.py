"""A cell in which every option of every edge runs, in few large steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbench.networks.cost import KERNEL
from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import TopologyCell
from nasbench.spaces.operations import AVG_POOL_3X3, SKIP_CONNECT


def dense_nodes(
    space: TopologyCell, edges: nn.ModuleList, x: Tensor, mixture: Mixture
) -> Tensor:
    """Return the cell's output, all options running; batch norm without averages.

    The value is that of the options one by one. All convolutions of one kernel size
    that leave a node read the same ReLU, so they are one convolution with their filters
    stacked; batch norm then multiplies each edge's channels by its weight in the same
    pass. This is what makes a DARTS step a few large kernels instead of many small
    ones.

    Args:
        space: The cell.
        edges: A `MixedOperation` for every edge.
        x: ``(batch, channels, height, width)``, the cell's input.
        mixture: With weights for all options.
    """
    nodes: list[list[Tensor]] = [[x]] + [[] for _ in range(space.nodes - 1)]
    for source in range(space.nodes - 1):
        value = nodes[source][0]
        for term in nodes[source][1:]:
            value = value + term
        leaving = [e for e, (start, _) in enumerate(space.edges) if start == source]
        for edge, out in zip(
            leaving, _leave(space, edges, leaving, value, mixture), strict=True
        ):
            nodes[space.edges[edge][1]] += out
    total = nodes[-1][0]
    for term in nodes[-1][1:]:
        total = total + term
    return total


def _leave(
    space: TopologyCell,
    edges: nn.ModuleList,
    leaving: Sequence[int],
    x: Tensor,
    mixture: Mixture,
) -> list[list[Tensor]]:
    """Return the terms that every edge leaving one node sends to its target."""
    weights = torch.stack([_weights(mixture, edge) for edge in leaving])  # (k, options)
    terms: list[list[Tensor]] = [[] for _ in leaving]
    pooled: Tensor | None = None
    rectified: Tensor | None = None
    for option, label in enumerate(space.operations):
        if label == SKIP_CONNECT:
            for row, own in zip(weights, terms, strict=True):
                own.append(row[option] * x)
        elif label == AVG_POOL_3X3:
            if pooled is None:
                pooled = edges[leaving[0]].options[option](x)  # type: ignore[operator, index]
            for row, own in zip(weights, terms, strict=True):
                own.append(row[option] * pooled)
        elif label in KERNEL:
            rectified = functional.relu(x) if rectified is None else rectified
            blocks = [edges[edge].options[option] for edge in leaving]  # type: ignore[index]
            parts = _convolve(rectified, blocks, weights[:, option], KERNEL[label])
            for part, own in zip(parts, terms, strict=True):
                own.append(part)
    return terms


def _weights(mixture: Mixture, edge: int) -> Tensor:
    row = mixture.row(edge)
    if row is None:
        row = torch.ones(len(mixture.active[edge]))
    return row if mixture.edge_weights is None else mixture.edge_weights[edge] * row


def _convolve(
    x: Tensor, blocks: Sequence[Any], weights: Tensor, kernel: int
) -> tuple[Tensor, ...]:
    """Return weight times batch norm of convolution, for blocks that read the same."""
    filters = torch.cat([block[1].weight for block in blocks])
    norm = blocks[0][2]
    y = functional.conv2d(x, filters, padding=kernel // 2)
    scale = weights.repeat_interleave(y.shape[1] // len(blocks))
    shift = torch.zeros_like(scale)
    y = functional.batch_norm(y, None, None, scale, shift, True, 0.0, norm.eps)
    return y.chunk(len(blocks), 1)
