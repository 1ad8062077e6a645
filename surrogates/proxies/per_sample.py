"""Gradients of every image on its own, in one backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from surrogates.proxies.loss_gradients import gradients_at
from surrogates.proxies.undisturbed import Layer, tapped, undisturbed


def per_sample_gradients(
    network: nn.Module, images: Tensor, loss: Callable[[Tensor], Tensor]
) -> Iterator[Tensor]:
    """Yield for every layer the ``(n, weights)`` gradients of every image's loss.

    Batch norm is in eval mode: in train mode an image has no gradient of its own, and
    a batch of one cannot be normalised where a feature map is one pixel. The gradient
    of a layer is its input times the gradient at its output, which one backward pass
    gives for all images at once.

    Args:
        network: Where the weights are.
        images: ``(n, channels, height, width)``.
        loss: The sum over the images of what is differentiated, of ``(n, classes)``.
    """
    seen: list[tuple[Layer, Tensor, Tensor]] = []
    with undisturbed(network, train=False) as layers:
        taps = tapped(layers, lambda *tap: seen.append(tap))
        with torch.enable_grad(), taps:
            total = loss(network(images))
        places = [output for _, _, output in seen]
        found = gradients_at(total, places)
    by_layer: dict[Layer, Tensor] = {}
    for (layer, given, _), gradient in zip(seen, found, strict=True):
        values = _of_layer(layer, given.detach(), gradient)
        # A layer that is used twice has the sum of both.
        by_layer[layer] = by_layer[layer] + values if layer in by_layer else values
    yield from by_layer.values()


def _of_layer(layer: Layer, given: Tensor, gradient: Tensor) -> Tensor:
    if isinstance(layer, nn.Linear):
        return torch.einsum("n...o,n...i->noi", gradient, given).flatten(1)
    if isinstance(layer.padding, str):
        raise NasbenchError(
            f"no gradients of single images for {layer}: convolutions with padding in "
            "pixels, and linear layers, have them"
        )
    columns = nn.functional.unfold(
        given,
        layer.kernel_size,
        layer.dilation,
        layer.padding,
        layer.stride,
    )  # (n, in * kernel, places)
    images, _, places = columns.shape
    inputs = columns.reshape(images, layer.groups, -1, places)
    outputs = gradient.reshape(images, layer.groups, -1, places)
    return torch.einsum("ngol,ngil->ngoi", outputs, inputs).flatten(1)
