"""Net2Deeper: one layer more that changes nothing."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from nasbench.errors import NasbenchError
from nasbench.networks.layer_network import ConvBNReLU, LayerNetwork
from nasbench.spaces.layer_space import Layer


def deepened(
    network: LayerNetwork, position: int, kernel: int, images: Tensor
) -> LayerNetwork:
    """Return a copy with an identity layer after layer `position`, counted from 0.

    Net2DeeperNet (Chen, Goodfellow & Shlens, ICLR 2016): the convolution passes every
    channel on, and batch norm undoes itself, with scale sqrt(variance + epsilon) and
    offset mean. The ReLU behind it changes nothing since what comes in went through
    one already; behind a tanh or a sigmoid this would not hold.

    Mean and variance are those of what arrives from `images`, so that in training mode
    as well the layer is close to the identity: exactly so on a batch of these
    statistics. With mean 0 and variance 1, as in a fresh layer, it would normalise
    everything that comes in as soon as it trains.

    Args:
        network: Any network of layers; it is left as it is.
        position: After which layer, 0 to its last.
        kernel: Kernel of the new layer, odd.
        images: ``(batch, channels, height, width)``, normalised.

    Raises:
        NasbenchError: There is no such layer, or the kernel is even.
    """
    layers = 1 + len(network.body)
    if not 0 <= position < layers:
        raise NasbenchError(
            f"there is no layer {position} in a network of {layers}; they count from 0"
        )
    if kernel < 1 or kernel % 2 == 0:
        raise NasbenchError(f"an identity needs an odd kernel, not {kernel}")
    deeper = copy.deepcopy(network)
    arriving = _arriving(deeper, position, images)
    channels = arriving.shape[1]
    with torch.random.fork_rng(devices=[]):
        block = ConvBNReLU(channels, Layer(kernel, channels))
    _become_identity(block, arriving)
    block.train(network.training)
    deeper.body.insert(position, block)
    return deeper


def _arriving(network: LayerNetwork, position: int, images: Tensor) -> Tensor:
    """Return what layer `position` sends on, in evaluation mode."""
    training = network.training
    network.eval()
    with torch.no_grad():
        values: Tensor = network.body[:position](network.stem(images))
    network.train(training)
    return values


def _become_identity(block: nn.Sequential, arriving: Tensor) -> None:
    convolution, norm = block[0], block[1]
    mean = arriving.mean((0, 2, 3))
    variance = arriving.var((0, 2, 3), correction=0)
    with torch.no_grad():
        nn.init.dirac_(convolution.weight)  # type: ignore[arg-type]
        norm.running_mean.copy_(mean)  # type: ignore[operator]
        norm.running_var.copy_(variance)  # type: ignore[operator]
        norm.weight.copy_((variance + norm.eps).sqrt())  # type: ignore[operator]
        norm.bias.copy_(mean)  # type: ignore[operator]
