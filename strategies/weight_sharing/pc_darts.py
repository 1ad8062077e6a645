"""PC-DARTS: mix only a part of the channels, and weigh edges apart from options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasbench.errors import NasbenchError
from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import Architecture, TopologyCell
from strategies.settings import Count, Share
from strategies.weight_sharing.architecture_parameters import (
    INITIAL_SCALE,
    AdamSettings,
)
from strategies.weight_sharing.relaxed import RelaxedMethod
from strategies.weight_sharing.shared_weights import Batch, SharedWeights


@dataclass(frozen=True)
class PCDartsSettings(AdamSettings):
    """How architecture parameters are learned, and how much is mixed.

    Attributes:
        partial: One of so many channels is mixed; 4 in the paper.
        frozen: Share of the epochs, at the start, in which the architecture parameters
            stay as they are; 15 of 50 in the paper.
    """

    partial: Count = 4
    frozen: Share = 0.3


class PCDarts(RelaxedMethod):
    """Mix a quarter of the channels; let a softmax over a node's edges weigh them.

    Xu et al., ICLR 2020. The other channels pass by, which takes from skip connections
    what they gain by being untrained; edge weights, a softmax over the edges of each
    node, make up for the noise of the sample. Returned are the largest options by
    themselves: every edge of a topology cell is kept, so that edge weights choose
    nothing here.
    """

    Settings: ClassVar[type] = PCDartsSettings
    settings: PCDartsSettings

    def __init__(
        self, shared: SharedWeights, settings: PCDartsSettings, rng: np.random.Generator
    ) -> None:
        super().__init__(shared, settings, rng)
        if not isinstance(self.space, TopologyCell):
            raise NasbenchError(
                f"pc-darts weighs the edges of a cell; {self.space.name} has none"
            )
        targets = torch.tensor([target for _, target in self.space.edges])
        self._same_target = targets[:, None] == targets  # (edges, edges)
        drawn = INITIAL_SCALE * rng.standard_normal(self.space.decisions)
        self.betas = torch.tensor(drawn, dtype=torch.float32, requires_grad=True)
        self._beta_optimiser = torch.optim.Adam(
            [self.betas],
            lr=settings.architecture_learning_rate,
            betas=(0.5, 0.999),
            weight_decay=settings.architecture_weight_decay,
        )
        self._moves = False

    @classmethod
    def form(cls, settings: PCDartsSettings) -> SupernetForm:  # type: ignore[override]
        """Return a supernet of partial channels."""
        return SupernetForm(partial=settings.partial)

    def begin_epoch(self, epoch: int) -> None:
        """Let the architecture parameters move from a certain epoch on."""
        self._moves = epoch >= self.settings.frozen * self.shared.settings.epochs

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the architecture parameters, then the weights."""
        if self._moves:
            loss = self.shared.loss(next(valid), self.mixture())
            by_alphas, by_betas = torch.autograd.grad(
                loss, [self.alphas.values, self.betas]
            )
            self.alphas.descend(by_alphas)
            self.betas.grad = by_betas
            self._beta_optimiser.step()
        with torch.no_grad():
            fixed = self.mixture()
        return self.shared.update(self.shared.loss(train, fixed))

    def mixture(self) -> Mixture:
        """Return all options by their softmax, all edges by theirs."""
        weights = self.alphas.softmax()
        return Mixture.dense(weights, self.space.radices, self.edge_weights())

    def edge_weights(self) -> Tensor:
        """Return the ``(edges,)`` softmax over the edges that enter the same node."""
        rivals = self.betas.expand(len(self.betas), -1)
        rivals = rivals.masked_fill(~self._same_target, float("-inf"))
        return (self.betas - rivals.logsumexp(1)).exp()

    def choose(self, rng: np.random.Generator, last: bool) -> Architecture:
        """Return the option with the largest parameter, for every edge."""
        del rng, last
        return self.alphas.largest()

    def parameters(self) -> NDArray[np.float32]:
        """Return the parameters of the options, then those of the edges."""
        return np.concatenate((self.alphas.flat(), self.betas.detach().numpy()))
