"""SNAS: relaxed draws from the softmax, all options running."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from nasbench.networks.supernet.mixture import Mixture
from strategies.weight_sharing.gdas import GumbelMethod
from strategies.weight_sharing.gumbel import soft_sample
from strategies.weight_sharing.shared_weights import Batch


class SNAS(GumbelMethod):
    """Mix all options by a relaxed draw that sharpens as the temperature falls.

    Xie et al., ICLR 2019. The paper moves weights and architecture parameters by one
    training loss; here the parameters learn from validation images as in all methods of
    this family, which is how the value for NAS-Bench-201 was obtained. Its resource
    penalty is left out.
    """

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the architecture parameters, then the weights, by a draw each."""
        self.descend(next(valid), Mixture.dense(self.draw(), self.space.radices))
        fixed = Mixture.dense(self.draw().detach(), self.space.radices)
        return self.shared.update(self.shared.loss(train, fixed))

    def draw(self) -> Tensor:
        """Return ``(decisions, options)`` relaxed draws."""
        return soft_sample(self.alphas.logits(), self.temperature, self.rng)
