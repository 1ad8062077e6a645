"""zen: how far a small change of the input moves the last features."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from surrogates.proxies.proxy import LOG_OF_ZERO, Needs, Proxy
from surrogates.proxies.specimen import Specimen

GAMMA = 0.01
"""How far the second input lies from the first."""


class Zen(Proxy):
    """``log mean |f(x) - f(x + 0.01 noise)|`` plus the log scales of batch norm.

    Lin et al., ICCV 2021. The network is a copy with standard normal weights, x and
    the noise are standard normal, f are the features before the global average, and
    every batch norm adds ``log sqrt(mean variance)`` of the batch x, which puts back
    the scale that it took away. The released code reads batch norm's running variance
    instead, after two updates with momentum 0.1 that a repeat would not reset;
    `released` does as it does, for comparisons.

    Attributes:
        released: Whether to read the running variance.
        weights: The first weights; the paper's are standard normal.
    """

    name = "zen"
    summary = "log change of the last features, with batch norm's scales"
    needs = Needs(mode="train", weights="normal", dtype="float32")

    def __init__(self, released: bool = False, trial_weights: bool = False) -> None:
        self.released = released
        self.trial_weights = trial_weights

    def score(self, specimen: Specimen) -> float:
        """Return the score, `LOG_OF_ZERO` where the features do not change."""
        shape = specimen.batches[0].images.shape
        first = specimen.normal("zen input", shape)
        second = first + GAMMA * specimen.normal("zen noise", shape)
        network = specimen.copy("trial" if self.trial_weights else "normal")
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        variances: list[Tensor] = []
        with torch.no_grad():
            hooks = [norm.register_forward_hook(_variance(variances)) for norm in norms]
            features = last_features(network, first)
            for hook in hooks:
                hook.remove()
            moved = last_features(network, second)
            if self.released:
                variances = [n.running_var for n in norms if n.running_var is not None]
        change = float((features - moved).abs().flatten(1).sum(1).mean())
        scales = sum(0.5 * math.log(float(v.mean()) or 5e-324) for v in variances)
        return scales + math.log(change) if change > 0 else LOG_OF_ZERO


def _variance(into: list[Tensor]) -> Callable[..., None]:
    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        del module, output
        into.append(inputs[0].var((0, 2, 3), unbiased=False))

    return hook


def last_features(network: nn.Module, images: Tensor) -> Tensor:
    """Return the last ``(n, channels, height, width)`` that a module of it gives.

    That is what the global average is taken of. Without such a module (a constant
    network), the outputs.
    """
    last: list[Tensor] = []

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        del module, inputs
        if output.ndim == 4:
            last[:] = [output]

    averages = nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d
    leaves = [
        module
        for module in network.modules()
        if not list(module.children()) and not isinstance(module, averages)
    ]
    hooks = [leaf.register_forward_hook(hook) for leaf in leaves]
    outputs: Tensor = network(images)
    for handle in hooks:
        handle.remove()
    return (last[0] if last else outputs).detach()
