"""plain: the signed sensitivity of the loss to its weights."""

from __future__ import annotations

from surrogates.proxies.loss_gradients import loss_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen


class Plain(Proxy):
    """The sum of ``weight * gradient`` on one batch, with its sign.

    Mozer & Smolensky, NeurIPS 1988; as a proxy, Krishnakumar et al., 2022. Layers
    before a batch norm contribute nothing but rounding, since the loss does not
    depend on their scale: two batches give scores that hardly correlate.
    """

    name = "plain"
    summary = "sum of weight * gradient, signed"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the signed sum."""
        found = loss_gradients(specimen)
        pairs = zip(found.weights, found.gradients, strict=True)
        return sum((float((w * g).double().sum()) for w, g in pairs), 0.0)
