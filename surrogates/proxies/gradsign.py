"""gradsign: how much single images agree on where the weights should go."""

from __future__ import annotations

from torch import Tensor, nn

from surrogates.proxies.per_sample import per_sample_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen


class GradSign(Proxy):
    """The sum over weights of ``|sum over images of the gradient's sign|``.

    Zhang & Jia, ICLR 2022. Every image has a gradient of its own, so batch norm is in
    eval mode, where at first it does nothing; the released code passes images one by
    one through batch norm in train mode instead.
    """

    name = "gradsign"
    summary = "agreement of the gradients' signs between images"
    needs = Needs(True, True, "eval", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum."""
        batch = specimen.batches[0]

        def loss(logits: Tensor) -> Tensor:
            return nn.functional.cross_entropy(logits, batch.labels, reduction="sum")

        layers = per_sample_gradients(specimen.network, batch.images, loss)
        agreements = (layer.sign().sum(0).abs().sum() for layer in layers)
        return sum((float(agreement) for agreement in agreements), 0.0)
