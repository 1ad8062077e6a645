"""l2_norm: how large the first weights are."""

from __future__ import annotations

from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import weighted_layers


class L2Norm(Proxy):
    """The sum over layers of the Euclidean norm of their weights.

    Abdelfattah et al., ICLR 2021. A sum of norms, not the norm of all; convolutions
    and linear layers only. Nothing but the scheme of the first weights decides it:
    under torch's default a layer's norm is about sqrt(outputs / 3) whatever its
    kernel, so it counts layers.
    """

    name = "l2_norm"
    summary = "sum over layers of the norm of the first weights"
    needs = Needs(weights="trial", dtype="float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum of norms."""
        layers = weighted_layers(specimen.network)
        return sum((float(layer.weight.detach().norm()) for layer in layers), 0.0)
