"""Gradients of the loss on one batch: what grad_norm, snip, plain and fisher read."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from surrogates.proxies.specimen import Batch, Specimen
from surrogates.proxies.undisturbed import tapped, undisturbed


@dataclass(frozen=True, eq=False)
class LossGradients:
    """One backward pass of the mean cross-entropy, batch norm in train mode.

    Attributes:
        weights: The weights of every convolution and linear layer.
        gradients: The loss's gradients at them, in the same shapes.
        activations: The outputs of those layers, ``(n, channels, ...)``.
        activation_gradients: The loss's gradients at them.
    """

    weights: list[Tensor]
    gradients: list[Tensor]
    activations: list[Tensor]
    activation_gradients: list[Tensor]


def loss_gradients(specimen: Specimen, batch: int = 0) -> LossGradients:
    """Return the gradients on one of the specimen's batches, computed once each."""
    return specimen.shared(
        f"loss gradients of batch {batch}",
        lambda given: _backward(given.network, given.batches[batch]),
    )


def _backward(network: nn.Module, batch: Batch) -> LossGradients:
    activations: list[Tensor] = []
    with undisturbed(network, train=True) as layers:
        seen = tapped(layers, lambda _, __, output: activations.append(output))
        with torch.enable_grad(), seen:
            loss = nn.functional.cross_entropy(network(batch.images), batch.labels)
        weights: list[Tensor] = [layer.weight for layer in layers]
        # By autograd.grad: nothing is added to the `grad` of anything.
        found = gradients_at(loss, [*weights, *activations])
    return LossGradients(
        weights=[weight.detach() for weight in weights],
        gradients=found[: len(weights)],
        activations=[activation.detach() for activation in activations],
        activation_gradients=found[len(weights) :],
    )


def gradients_at(total: Tensor, places: list[Tensor]) -> list[Tensor]:
    """Return the gradients of a number; zeros where it does not depend on a place."""
    if not places:
        return []
    found = torch.autograd.grad(total, places, allow_unused=True)
    return [
        torch.zeros_like(place) if gradient is None else gradient
        for place, gradient in zip(places, found, strict=True)
    ]
