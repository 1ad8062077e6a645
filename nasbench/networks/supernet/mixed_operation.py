"""One decision of a supernet: all of its options side by side, mixed by weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nasbench.networks.operations import make_operation
from nasbench.spaces.operations import NONE, SKIP_CONNECT


class Nothing(nn.Module):
    """The option that passes nothing on."""

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros of the shape of `x`."""
        return torch.zeros_like(x)


def make_option(label: str, channels: int) -> nn.Module:
    """Return the module of an edge's option; those without parameters have modules too.

    Batch norm of an option has no scale and no offset, as in NAS-Bench-201's supernets:
    a scale would compete with the mixture's weights, and an offset would be emitted
    where nothing comes in.
    """
    if label == NONE:
        return Nothing()
    if label == SKIP_CONNECT:
        return nn.Identity()
    option = make_operation(label, channels)
    without_scale(option)
    return option


def without_scale(module: nn.Module) -> None:
    """Take scale and offset from every batch norm in `module`."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.affine = False
            part.weight = part.bias = None  # type: ignore[assignment]


class MixedOperation(nn.Module):
    """The options of one decision; all have outputs of one shape."""

    def __init__(self, options: Sequence[nn.Module]) -> None:
        super().__init__()
        self.options = nn.ModuleList(options)

    def forward(
        self, x: Tensor, active: Sequence[int], weights: Tensor | None = None
    ) -> Tensor:
        """Return the sum of the active options' outputs, each times its weight.

        Args:
            x: ``(batch, channels, height, width)``.
            active: The options that run.
            weights: ``(options,)``; None for weight 1. Options that do not run add
                their weight as a number.
        """
        if weights is None:
            return sum_of([self.options[option](x) for option in active])
        total = sum_of(
            [
                weights[option] * self.options[option](x)
                for option in active
                if not isinstance(self.options[option], Nothing)
            ]
            or [torch.zeros_like(x)]
        )
        idle = [weights[o] for o in range(len(self.options)) if o not in active]
        return total + sum_of(idle) if idle else total


def sum_of(terms: Sequence[Tensor]) -> Tensor:
    """Return the sum of at least one tensor, from left to right."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
