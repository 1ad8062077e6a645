"""Net2Wider: a wider network of layers that computes what the narrow one did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from nasbench.networks.layer_network import LayerNetwork

Units = NDArray[np.int64]
"""``(new,)``: for every new unit the old one that it copies."""


def replicated(old: int, new: int, rng: np.random.Generator) -> Units:
    """Return which unit each of `new` units copies: all old ones, then drawn ones.

    Raises:
        NasbenchError: There would be fewer units than before.
    """
    if new < old:
        raise NasbenchError(
            f"a layer of {old} filters cannot become one of {new}: the function would "
            "not stay the same; take as many or more"
        )
    return np.concatenate((np.arange(old), rng.integers(old, size=new - old)))


def morph_layers(
    source: LayerNetwork,
    target: LayerNetwork,
    rng: np.random.Generator,
    noise: float = 0.0,
) -> None:
    """Fill `target` so that it computes what `source` does, in evaluation mode.

    Net2WiderNet (Chen, Goodfellow & Shlens, ICLR 2016), for all layers in one go: a new
    unit copies an old one, its batch norm and its statistics included, and whatever
    reads a unit that now stands k times divides its weights by k. A larger kernel is
    the old one with zeros around it (network morphism, Wei et al., ICML 2016).

    In training mode the outputs agree as well, but for rounding, since copies have
    equal batch statistics.

    Args:
        source: A trained network.
        target: As many layers of equal strides; filters and kernels as large or larger.
        rng: Draws which units are copied.
        noise: Deviation of what is added to the weights of copies, relative to the
            layer's own; without it copies have equal gradients but for their share
            and stay near each other. 0 preserves the function exactly.

    Raises:
        NasbenchError: A layer is smaller, or has another stride.
    """
    before = np.arange(_convolutions(source)[0].in_channels)
    for number, (old, new) in enumerate(
        zip(_blocks(source), _blocks(target), strict=True)
    ):
        convolution: nn.Conv2d = old[0]  # type: ignore[assignment]
        wider: nn.Conv2d = new[0]  # type: ignore[assignment]
        if convolution.stride != wider.stride:
            raise NasbenchError(
                f"layer {number + 1} has stride {wider.stride[0]}, not "
                f"{convolution.stride[0]} as before"
            )
        units = replicated(convolution.out_channels, wider.out_channels, rng)
        weight = _shared(enlarged(convolution.weight, wider.kernel_size[0]), before)
        with torch.no_grad():
            wider.weight.copy_(weight[units])
            _disturb(wider.weight, convolution.out_channels, noise, rng)
        copy_norm(old[1], new[1], units)
        before = units
    with torch.no_grad():
        target.classifier.weight.copy_(_shared(source.classifier.weight, before))
        target.classifier.bias.copy_(source.classifier.bias)


def enlarged(weight: Tensor, kernel: int) -> Tensor:
    """Return a ``(out, in, k, k)`` kernel in the middle of a larger one of zeros.

    Raises:
        NasbenchError: The kernel would be smaller.
    """
    border, odd = divmod(kernel - weight.shape[-1], 2)
    if border < 0 or odd:
        raise NasbenchError(
            f"a kernel of {weight.shape[-1]} cannot become one of {kernel}: take one "
            "that is larger by an even number"
        )
    return nn.functional.pad(weight, (border,) * 4)


def copy_norm(old: nn.Module, new: nn.Module, units: Units) -> None:
    """Copy scale, offset and running statistics of the units that are copied."""
    picked = torch.from_numpy(units)
    state = old.state_dict()
    new.load_state_dict(
        {name: v if v.ndim == 0 else v[picked] for name, v in state.items()}
    )


def _shared(weight: Tensor, units: Units) -> Tensor:
    """Return the columns of copied units, divided by how often each was copied."""
    counts = np.bincount(units)[units]
    share = torch.from_numpy(1 / counts).to(weight.dtype)
    columns = weight[:, torch.from_numpy(units)]
    return columns * share.reshape(1, -1, *[1] * (weight.ndim - 2))


def _disturb(weight: Tensor, kept: int, noise: float, rng: np.random.Generator) -> None:
    """Add noise to the weights of the units from `kept` on."""
    if noise and len(weight) > kept:
        copies = weight[kept:]
        drawn = rng.standard_normal(tuple(copies.shape)).astype(np.float32)
        copies += noise * float(weight.std()) * torch.from_numpy(drawn)


def _blocks(network: LayerNetwork) -> Sequence[nn.Sequential]:
    stem = [part for part in network.stem if isinstance(part, nn.Sequential)]
    return [*stem, *network.body]


def _convolutions(network: LayerNetwork) -> list[nn.Conv2d]:
    return [block[0] for block in _blocks(network)]  # type: ignore[misc]
