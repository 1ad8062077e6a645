"""DrNAS: draw the mixture's weights from a Dirichlet law that is learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Dirichlet, kl_divergence
from torch.nn import functional

from nasbench.networks.supernet.mixture import Mixture
from strategies.settings import NotNegative
from strategies.weight_sharing.architecture_parameters import AdamSettings
from strategies.weight_sharing.relaxed import RelaxedMethod
from strategies.weight_sharing.shared_weights import Batch


@dataclass(frozen=True)
class DrNASSettings(AdamSettings):
    """How the Dirichlet law is learned.

    Attributes:
        anchor: Weight of the divergence from the flat law in the parameters' loss; 1e-3
            in the paper.
    """

    anchor: NotNegative = 1e-3


class DrNAS(RelaxedMethod):
    """Learn a Dirichlet law over mixtures by gradients along its draws.

    Chen et al., ICLR 2021: concentrations elu(parameter) + 1, a draw per decision in
    both levels, and an anchor to the flat law. The progressive widening of the paper is
    left out. Returned are the options of the largest mean.
    """

    Settings: ClassVar[type] = DrNASSettings
    settings: DrNASSettings

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the architecture parameters, then the weights, by a draw each."""
        rows, radices = self.concentrations(), self.space.radices
        loss = self.shared.loss(next(valid), Mixture.dense(self.draw(rows), radices))
        anchor = sum(
            (_divergence(row[:n]) for row, n in zip(rows, radices, strict=True)),
            torch.zeros(()),
        )
        self.alphas.descend(self.gradient(loss + self.settings.anchor * anchor))
        fixed = self.draw(self.concentrations().detach())
        return self.shared.update(
            self.shared.loss(train, Mixture.dense(fixed, radices))
        )

    def concentrations(self) -> Tensor:
        """Return the ``(decisions, options)`` concentrations, all positive."""
        return functional.elu(self.alphas.values) + 1

    def draw(self, concentrations: Tensor) -> Tensor:
        """Return ``(decisions, options)`` draws that gradients go through."""
        rows = [
            dirichlet_sample(row[:radix], self.rng)
            for row, radix in zip(concentrations, self.space.radices, strict=True)
        ]
        width = concentrations.shape[1]
        return torch.stack([functional.pad(r, (0, width - len(r))) for r in rows])


def _divergence(concentration: Tensor) -> Tensor:
    flat = Dirichlet(torch.ones_like(concentration), validate_args=False)
    mine = Dirichlet(concentration, validate_args=False)
    divergence: Tensor = kl_divergence(mine, flat)
    return divergence


def dirichlet_sample(concentration: Tensor, rng: np.random.Generator) -> Tensor:
    """Return an ``(options,)`` draw with the pathwise gradient of its law.

    Torch's own draw takes torch's global generator; only its derivative is used.
    """
    drawn: Tensor = _Draw.apply(concentration, rng)  # type: ignore[no-untyped-call]
    return drawn


class _Draw(torch.autograd.Function):
    @staticmethod
    def forward(ctx, concentration: Tensor, rng: np.random.Generator) -> Tensor:  # type: ignore[no-untyped-def]
        drawn = rng.dirichlet(concentration.detach().double().numpy())
        # An exact 0 or 1, which float32 may round to, has no derivative.
        sample = torch.from_numpy(drawn).to(concentration.dtype).clamp(1e-6, 1 - 1e-6)
        ctx.save_for_backward(sample, concentration)
        return sample

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        sample, concentration = ctx.saved_tensors
        total = concentration.sum(-1, keepdim=True).expand_as(concentration)
        along = torch._dirichlet_grad(sample, concentration, total)
        return along * (gradient - (sample * gradient).sum(-1, keepdim=True)), None
