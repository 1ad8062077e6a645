"""A layer in which every option runs, one convolution per size of kernel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nasbench.networks.supernet.mixed_operation import sum_of


def dense_layer(options: Sequence[Any], x: Tensor, weights: Tensor) -> Tensor:
    """Return the sum of all options' outputs, each times its weight.

    The value is that of the options one by one; batch norm takes the statistics of the
    batch. All read the same input, so that those of one kernel are one convolution with
    their filters stacked; narrow ones are added where they have channels, which spares
    the zeros.

    Args:
        options: A `PaddedLayer` for every option.
        x: ``(batch, channels, height, width)``.
        weights: ``(options,)``, or longer.
    """
    stacks: dict[tuple[int, int], list[int]] = {}
    for number, option in enumerate(options):
        conv = option.block[0]
        stacks.setdefault((conv.kernel_size[0], conv.stride[0]), []).append(number)
    widths = [option.block[0].out_channels for option in options]
    edges = [0, *sorted(set(widths))]
    segments: list[list[Tensor]] = [[] for _ in edges[1:]]
    for (kernel, stride), stack in stacks.items():
        filters = torch.cat([options[number].block[0].weight for number in stack])
        y = functional.conv2d(x, filters, stride=stride, padding=kernel // 2)
        eps = options[stack[0]].block[1].eps
        y = functional.batch_norm(y, None, None, None, None, True, 0.0, eps)
        scale = torch.cat([weights[number].expand(widths[number]) for number in stack])
        y = functional.relu(y) * scale[:, None, None]
        ends = [[edge for edge in edges if edge <= widths[n]] for n in stack]
        sizes = [b - a for own in ends for a, b in pairwise(own)]
        pieces = iter(torch.split(y, sizes, 1))
        for own in ends:
            for segment in range(len(own) - 1):
                segments[segment].append(next(pieces))
    return torch.cat([sum_of(terms) for terms in segments], 1)
