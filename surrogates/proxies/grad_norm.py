"""grad_norm: how large the gradients of the loss are."""

from __future__ import annotations

from surrogates.proxies.loss_gradients import loss_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen


class GradNorm(Proxy):
    """The sum over layers of the norm of the loss's gradient on one batch.

    Abdelfattah et al., ICLR 2021. A sum of norms, not the norm of all.
    """

    name = "grad_norm"
    summary = "sum over layers of the norm of the loss's gradient"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum of norms."""
        gradients = loss_gradients(specimen).gradients
        return sum((float(gradient.norm()) for gradient in gradients), 0.0)
