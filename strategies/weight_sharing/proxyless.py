"""ProxylessNAS: train one drawn option, compare two drawn options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasbench.networks.supernet.mixture import Mixture
from strategies.settings import Count, NotNegative, Share
from strategies.weight_sharing.architecture_parameters import AdamSettings
from strategies.weight_sharing.relaxed import RelaxedMethod
from strategies.weight_sharing.shared_weights import Batch


@dataclass(frozen=True)
class ProxylessSettings(AdamSettings):
    """How the architecture parameters are learned.

    Attributes:
        architecture_weight_decay: 0 as in the authors' code: parameters that were not
            drawn keep their values.
        warm_up: Share of the epochs, at the start, in which only weights learn; 40 of
            160 in the authors' code.
        every: Weight steps for one step of the architecture parameters; 5 there.
    """

    architecture_weight_decay: NotNegative = 0.0
    warm_up: Share = 0.25
    every: Count = 1


class ProxylessNAS(RelaxedMethod):
    """Train the weights of one drawn path; let two drawn options compete per decision.

    Cai, Zhu & Han, ICLR 2019, by gradients. Weights: every decision draws one option by
    its softmax, a binary gate. Parameters: two options are drawn, both run, one of them
    has gate 1; the gradients by the two gates stand for those by their probabilities.
    After the step the two are shifted together, so that the probabilities of all others
    are what they were. The latency term of the paper is that of `FBNet`, not repeated
    here. Returned are the largest parameters.
    """

    Settings: ClassVar[type] = ProxylessSettings
    settings: ProxylessSettings
    first_moment: ClassVar[float] = 0.0
    _moves = False
    _steps = 0

    def begin_epoch(self, epoch: int) -> None:
        """Let the architecture parameters move from a certain epoch on."""
        self._moves = epoch >= self.settings.warm_up * self.shared.settings.epochs

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the weights of one draw, then the parameters of two per decision."""
        path = tuple(int(self.rng.choice(len(p), p=p)) for p in self.probabilities())
        loss = self.shared.update(self.shared.loss(train, Mixture.path(path)))
        self._steps += 1
        if self._moves and self._steps % max(1, self.settings.every) == 0:
            self.compete(next(valid))
        return loss

    def probabilities(self) -> list[NDArray[np.float64]]:
        """Return the ``(options,)`` softmax of every decision."""
        rows = self.alphas.logits().detach().double().softmax(1).numpy()
        kept = [
            row[:radix] for row, radix in zip(rows, self.space.radices, strict=True)
        ]
        return [row / row.sum() for row in kept]

    def compete(self, batch: Batch) -> None:
        """Draw two options per decision and move their parameters alone."""
        pairs, gates = self.draw_pairs()
        active = tuple(tuple(sorted(pair)) for pair in pairs.tolist())
        loss = self.shared.loss(batch, Mixture(active, gates.requires_grad_()))
        by_gates = torch.autograd.grad(loss, gates)[0]
        before = self.alphas.values.detach().clone()
        self.alphas.descend(pair_gradient(before, pairs, by_gates))
        with torch.no_grad():
            rescale_pairs(self.alphas.values, before, pairs)

    def draw_pairs(self) -> tuple[Tensor, Tensor]:
        """Return two options per decision, and one-hot gates.

        Returns:
            ``(decisions, 2) int64``, drawn without replacement by the softmax, and
            ``(decisions, options)`` with a 1 at one of the two, drawn by theirs.
        """
        rows = self.alphas.logits().detach()
        pairs = torch.zeros(len(rows), 2, dtype=torch.int64)
        gates = torch.zeros_like(rows)
        for decision, p in enumerate(self.probabilities()):
            # Gumbel's largest two are a draw of two without replacement.
            noisy = np.log(p) + self.rng.gumbel(size=len(p))
            pair = np.argsort(-noisy, kind="stable")[:2]
            own = p[pair] / p[pair].sum()
            pairs[decision] = torch.from_numpy(pair)
            gates[decision, pair[int(self.rng.random() >= own[0])]] = 1.0
        return pairs, gates


def pair_gradient(parameters: Tensor, pairs: Tensor, by_gates: Tensor) -> Tensor:
    """Return the gradient by the parameters of the two options of every decision.

    With p the softmax over the two, it is the sum over j of dL/dgate_j * p_j *
    ([i = j] - p_i); 0 for all options that were not drawn.

    Args:
        parameters: ``(decisions, options)``.
        pairs: ``(decisions, 2)``, the options that were drawn.
        by_gates: ``(decisions, options)``, gradient of the loss by the gates.
    """
    p = parameters.gather(1, pairs).softmax(1)
    weighted = by_gates.gather(1, pairs) * p
    own = weighted - p * weighted.sum(1, keepdim=True)
    return torch.zeros_like(parameters).scatter_(1, pairs, own)


def rescale_pairs(values: Tensor, before: Tensor, pairs: Tensor) -> None:
    """Shift the two options of every decision so that their joint share stays.

    All other probabilities are then what they were.

    Args:
        values: ``(decisions, options)``, changed in place.
        before: The same before the step.
        pairs: ``(decisions, 2)``.
    """
    new, old = values.gather(1, pairs), before.gather(1, pairs)
    shift = old.logsumexp(1, keepdim=True) - new.logsumexp(1, keepdim=True)
    values.scatter_(1, pairs, new + shift)
