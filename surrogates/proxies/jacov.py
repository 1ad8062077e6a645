"""jacov: how differently the network reacts to different images."""

from __future__ import annotations

import torch

from surrogates.proxies.input_jacobian import input_jacobian, row_correlations
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen

EPSILON = 1e-5


class Jacov(Proxy):
    """Minus the sum of ``log(s + e) + 1 / (s + e)`` over eigenvalues s.

    Mellor et al., first version, 2020. The eigenvalues are those of the correlations
    between the images' Jacobians, with e = 1e-5; a symmetric solver gives real ones.
    Images whose Jacobians are alike, such as all those of a constant network, make
    eigenvalues of 0 and a score near -(n - 1) / e.
    """

    name = "jacov"
    summary = "spread of the correlations between the images' Jacobians"
    needs = Needs(True, False, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the score."""
        correlations = row_correlations(input_jacobian(specimen))
        # Rounding makes eigenvalues of 0 a little negative.
        values = torch.linalg.eigvalsh(correlations).clamp(min=0) + EPSILON
        return -float((values.log() + 1 / values).sum())
