"""DARTS, first order: a softmax over the options, learned beside the weights."""

from __future__ import annotations

from collections.abc import Iterator

from nasbench.networks.supernet.mixture import Mixture
from strategies.weight_sharing.relaxed import RelaxedMethod
from strategies.weight_sharing.shared_weights import Batch


class Darts(RelaxedMethod):
    """Mix all options by a softmax, and let both levels descend in turn.

    Liu, Simonyan & Yang, ICLR 2019, first order: in every step the architecture
    parameters go down the gradient of the validation loss with the weights as they are,
    then the weights down that of the training loss. Every decision returns its largest
    option, `none` among them, as in NAS-Bench-201's DARTS.

    Known to fail: in this space the softmax drifts towards skip connections, which need
    no training to be useful, the more so the longer it trains (Dong & Yang 2020 report
    the all-skip cell).
    """

    def step(self, train: Batch, valid: Iterator[Batch]) -> float:
        """Move the architecture parameters, then the weights."""
        self.descend(next(valid), self.mixture())
        with_fixed = Mixture.dense(self.alphas.softmax().detach(), self.space.radices)
        return self.shared.update(self.shared.loss(train, with_fixed))

    def mixture(self) -> Mixture:
        """Return all options by their softmax."""
        return Mixture.dense(self.alphas.softmax(), self.space.radices)
