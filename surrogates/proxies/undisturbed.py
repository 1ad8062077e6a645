"""Look into a network and leave it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import torch
from torch import Tensor, nn

Layer: TypeAlias = nn.Conv2d | nn.Linear


@contextmanager
def undisturbed(network: nn.Module, train: bool) -> Iterator[list[Layer]]:
    """Put the network into a mode, with all weights to be differentiated; undo it.

    What a forward pass changes, the running statistics of batch norm, is put back,
    and so are modes and ``requires_grad``, however the block ends.

    Yields:
        The convolutions and linear layers: those whose weights proxies look at.
    """
    modes = [(module, module.training) for module in network.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    flags = [(weight, weight.requires_grad) for weight in network.parameters()]
    try:
        network.train(train).requires_grad_(True)
        yield weighted_layers(network)
    finally:
        for module, training in modes:
            module.training = training
        for weight, flag in flags:
            weight.requires_grad_(flag)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


def weighted_layers(network: nn.Module) -> list[Layer]:
    """Return the convolutions and linear layers, in the order of the modules."""
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


@contextmanager
def tapped(
    layers: Sequence[Layer], see: Callable[[Layer, Tensor, Tensor], object]
) -> Iterator[None]:
    """Call `see` with every layer's input and output while the block runs.

    The layer passes on a copy of its output: what follows may work in place.
    """

    def hook(module: Layer, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        see(module, inputs[0], output)
        return output.clone()

    handles = [module.register_forward_hook(hook) for module in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
