"""First weights, drawn from a numpy generator so that every engine draws the same."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn


def initialise(network: nn.Module, rng: np.random.Generator) -> None:
    """Draw the weights of `network` in the order of its modules.

    Convolutions and linear layers are uniform in +-1/sqrt(fan-in), torch's default;
    batch norm starts at scale 1 and offset 0. The order follows the canonical graph,
    so all architectures of a class start from the same weights.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            bound = 1 / math.sqrt(module.weight[0].numel())
            for parameter in (module.weight, module.bias):
                if parameter is not None:
                    drawn = rng.random(tuple(parameter.shape), dtype=np.float32)
                    with torch.no_grad():
                        parameter.copy_(torch.from_numpy((2 * drawn - 1) * bound))
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
