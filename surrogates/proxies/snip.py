"""snip: how much the loss would change if a weight were cut."""

from __future__ import annotations

from surrogates.proxies.loss_gradients import loss_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen


class Snip(Proxy):
    """The sum of ``|weight * gradient|`` on one batch.

    Lee et al., ICLR 2019; as a proxy, Abdelfattah et al., ICLR 2021. The product is
    the gradient at a mask of ones over the weights. The original draws the weights
    anew by variance scaling; here they are those of the training.
    """

    name = "snip"
    summary = "sum of |weight * gradient|"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum."""
        found = loss_gradients(specimen)
        pairs = zip(found.weights, found.gradients, strict=True)
        return sum((float((w * g).abs().sum()) for w, g in pairs), 0.0)
