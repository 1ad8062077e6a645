"""Gumbel-softmax: differentiable draws from a softmax."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def gumbel_noise(shape: torch.Size, rng: np.random.Generator) -> Tensor:
    """Return float32 noise whose argmax with logits is a draw from their softmax."""
    return torch.from_numpy(rng.gumbel(size=tuple(shape)).astype(np.float32))


def soft_sample(logits: Tensor, temperature: float, rng: np.random.Generator) -> Tensor:
    """Return ``(decisions, options)`` relaxed draws of every row.

    Jang et al. and Maddison et al., ICLR 2017. They are softmax((log p +
    Gumbel noise) / temperature), one-hot as the temperature goes to 0.
    """
    noisy = logits.log_softmax(1) + gumbel_noise(logits.shape, rng)
    return (noisy / temperature).softmax(1)


def straight_through(soft: Tensor) -> Tensor:
    """Return the one-hot argmax of every row; its gradient goes to `soft` unchanged.

    The often seen ``onehot - soft.detach() + soft`` is one-hot up to rounding; this is
    one-hot, so that what runs gives exactly its own output.
    """
    hard: Tensor = _StraightThrough.apply(soft)  # type: ignore[no-untyped-call]
    return hard


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, soft: Tensor) -> Tensor:
        del ctx
        return torch.zeros_like(soft).scatter_(1, soft.argmax(1, keepdim=True), 1.0)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        del ctx
        return gradient
