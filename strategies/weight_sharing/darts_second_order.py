"""DARTS, second order: the validation loss after one step of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nasbench.networks.supernet.mixture import Mixture
from strategies.weight_sharing.darts import Darts
from strategies.weight_sharing.shared_weights import Batch
from strategies.weight_sharing.unrolled import unrolled_gradient


class DartsSecondOrder(Darts):
    """Let the architecture parameters look one step of the weights ahead.

    Liu, Simonyan & Yang, ICLR 2019, second order. As in the authors' code the step
    looked ahead is one of plain momentum SGD at the present learning rate, with weight
    decay; what is then taken is the shared weights' own step, with Nesterov momentum
    and clipping. It costs four forward and backward passes more than the first order's
    one.
    """

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the architecture parameters, then the weights."""
        ahead = next(valid)
        shared = self.shared
        gradient = unrolled_gradient(
            self.alphas.values,
            list(shared.supernet.parameters()),
            (
                lambda: shared.loss(train, self.mixture()),
                lambda: shared.loss(ahead, self.mixture()),
            ),
            self.directions,
            shared.learning_rate,
        )
        self.alphas.descend(gradient)
        fixed = Mixture.dense(self.alphas.softmax().detach(), self.space.radices)
        return shared.update(shared.loss(train, fixed))

    def directions(self, gradients: Sequence[Tensor]) -> list[Tensor]:
        """Return momentum times its buffer, plus gradient, plus weight decay."""
        shared, settings = self.shared, self.shared.settings
        with torch.no_grad():
            found = []
            for weight, gradient in zip(
                shared.supernet.parameters(), gradients, strict=True
            ):
                direction = gradient + settings.weight_decay * weight
                buffer = shared.optimiser.state[weight].get("momentum_buffer")
                if buffer is not None:
                    direction = direction + settings.momentum * buffer
                found.append(direction)
        return found
