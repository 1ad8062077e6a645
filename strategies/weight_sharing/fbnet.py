"""FBNet: relaxed draws as in SNAS, and the expected latency in the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from nasbench.networks.supernet.mixture import Mixture
from strategies.settings import NotNegative
from strategies.weight_sharing.gdas import GumbelSettings
from strategies.weight_sharing.option_costs import option_costs
from strategies.weight_sharing.shared_weights import Batch, SharedWeights
from strategies.weight_sharing.snas import SNAS


@dataclass(frozen=True)
class FBNetSettings(GumbelSettings):
    """How much latency counts, and which.

    Attributes:
        latency_weight: Of the expected latency, as a share of that of the uniform
            mixture, beside the cross-entropy in nats.
        cost: ``flops``, ``parameters``, the name of a simulated target, or of a target
            whose latencies `table` holds.
        table: Path or id of a table with measured latencies; empty for none.
    """

    latency_weight: NotNegative = 0.2
    cost: str = "sim-roofline-phoneclass"
    table: str = ""


class FBNet(SNAS):
    """Add the latency of the relaxed draw to the architecture parameters' loss.

    Wu et al., CVPR 2019. The latency of a mixture is the sum over decisions and options
    of weight times latency, from a look-up table, and so has a gradient. Loss is
    cross-entropy + weight * latency / latency of the uniform mixture, the additive form
    without units; the paper's product with a power of the logarithm depends on the unit
    of time. At weight 0 it is `SNAS`, bit for bit; as the weight grows, every decision
    ends at its cheapest option. Temperatures are those of SNAS, not the paper's.
    """

    Settings: ClassVar[type] = FBNetSettings
    settings: FBNetSettings

    def __init__(
        self, shared: SharedWeights, settings: FBNetSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(shared, settings, rng)
        self.costs = option_costs(shared.problem, settings.cost, settings.table)
        rows = [[1 / radix] * radix for radix in self.space.radices]
        width = max(self.space.radices)
        uniform = torch.tensor([row + [0.0] * (width - len(row)) for row in rows])
        self._reference = float(self.costs.expected(uniform)) or 1.0

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the architecture parameters, then the weights, by a draw each."""
        drawn = self.draw()
        loss = self.shared.loss(next(valid), Mixture.dense(drawn, self.space.radices))
        self.alphas.descend(
            self.gradient(loss + self.settings.latency_weight * self.latency(drawn))
        )
        fixed = Mixture.dense(self.draw().detach(), self.space.radices)
        return self.shared.update(self.shared.loss(train, fixed))

    def latency(self, weights: Tensor) -> Tensor:
        """Return the latency of a mixture, 1 for the uniform one."""
        return self.costs.expected(weights) / self._reference
