"""What all methods with one real number per option share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import Architecture
from strategies.weight_sharing.architecture_parameters import (
    AdamSettings,
    ArchitectureParameters,
)
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.shared_weights import Batch, SharedWeights


class RelaxedMethod(Method):
    """Learns architecture parameters by gradients; returns the largest.

    Attributes:
        first_moment: Decay rate of the first moment of Adam; 0.5 in DARTS.
        alphas: The architecture parameters.
    """

    Settings: ClassVar[type] = AdamSettings
    first_moment: ClassVar[float] = 0.5

    def __init__(
        self, shared: SharedWeights, settings: AdamSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(shared, settings, rng)
        self.alphas = ArchitectureParameters(
            self.space, settings, rng, self.first_moment
        )

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the option with the largest parameter, for every decision."""
        del rng, last
        return self.alphas.largest()

    def parameters(self) -> NDArray[np.float32]:
        """Return the ``(p,)`` architecture parameters, option after option."""
        return self.alphas.flat()

    def descend(self, batch: Batch, mixture: Mixture) -> None:
        """Move the architecture parameters down the gradient of a batch's loss."""
        self.alphas.descend(self.gradient(self.shared.loss(batch, mixture)))

    def gradient(self, loss: Tensor) -> Tensor:
        """Return the gradient of `loss` by the architecture parameters alone."""
        return torch.autograd.grad(loss, self.alphas.values)[0]
