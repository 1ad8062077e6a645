"""The gradient of DARTS' second order: through one step of the weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

PERTURBATION = 0.01
"""The finite difference moves the weights by so much in norm (Liu et al., 2019)."""

Loss = Callable[[], Tensor]
"""Computes a loss from the weights and parameters as they are at the moment."""


def unrolled_gradient(
    parameters: Tensor,
    weights: Sequence[Tensor],
    losses: tuple[Loss, Loss],
    directions: Callable[[Sequence[Tensor]], Sequence[Tensor]],
    step: float,
) -> Tensor:
    """Return the gradient of the validation loss after one step of the weights.

    With w' = w - step * direction(training gradient), it is the gradient by the
    parameters of valid(w'(parameters), parameters). The part that goes through w' takes
    a product of the second derivative of the training loss with v, the gradient of
    valid by w'; two more training gradients at w +- e v, e = 0.01 / |v|, stand for it.

    The weights are put back bit for bit, whatever happens.

    Args:
        parameters: Architecture parameters, a leaf.
        weights: The shared weights, leaves.
        losses: Training loss and validation loss.
        directions: Makes of the training gradients what the step would follow, momentum
            and weight decay put in.
        step: Its length.
    """
    training, validation = losses
    kept = [w.detach().clone() for w in weights]
    try:
        gradients = torch.autograd.grad(training(), weights, allow_unused=True)
        _move(weights, directions(_filled(gradients, weights)), -step)
        first, *by_weights = torch.autograd.grad(
            validation(), [parameters, *weights], allow_unused=True
        )
        vector = _filled(by_weights, weights)
        _restore(weights, kept)
        norm = torch.sqrt(sum((v.square().sum() for v in vector), torch.zeros(())))
        if not norm > 0:
            return first
        epsilon = PERTURBATION / float(norm)
        _move(weights, vector, epsilon)
        above = torch.autograd.grad(training(), parameters)[0]
        _restore(weights, kept)
        _move(weights, vector, -epsilon)
        below = torch.autograd.grad(training(), parameters)[0]
        return first - step * (above - below) / (2 * epsilon)
    finally:
        _restore(weights, kept)


def _filled(
    gradients: Sequence[Tensor | None], weights: Sequence[Tensor]
) -> list[Tensor]:
    """Return zeros for weights that the loss did not touch."""
    return [
        torch.zeros_like(w) if g is None else g
        for g, w in zip(gradients, weights, strict=True)
    ]


def _move(weights: Sequence[Tensor], along: Sequence[Tensor], by: float) -> None:
    with torch.no_grad():
        for weight, direction in zip(weights, along, strict=True):
            weight.add_(direction, alpha=by)


def _restore(weights: Sequence[Tensor], kept: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for weight, old in zip(weights, kept, strict=True):
            weight.copy_(old)
