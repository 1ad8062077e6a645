"""ntk_condition: how evenly the network would learn from its images."""

from __future__ import annotations

import math

import torch

from surrogates.proxies.per_sample import per_sample_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen

SMALLEST = torch.finfo(torch.float64).eps
"""The smallest ratio of eigenvalues that is told from 0."""


class NtkCondition(Proxy):
    """Minus the log of the condition number of the neural tangent kernel.

    Chen et al., ICLR 2021 (TE-NAS), where a small condition is good; kaiming weights.
    The kernel is J J^T of the images' gradients of summed logits, by a symmetric
    solver. Batch norm is in eval mode, so that every image has a gradient of its own;
    the released code keeps train mode. A singular kernel, which the released code sets
    to 1e5, has the condition 1 / eps of float64 here, the worst there is.
    """

    name = "ntk_condition"
    summary = "minus log condition number of the neural tangent kernel"
    needs = Needs(True, False, "eval", "kaiming", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return minus the log condition number, at most 0."""
        images = specimen.batches[0].images
        network = specimen.copy("kaiming")
        kernel = torch.zeros(len(images), len(images), dtype=torch.float64)
        for layer in per_sample_gradients(network, images, torch.sum):
            rows = layer.double()
            kernel += rows @ rows.T
        values = torch.linalg.eigvalsh(kernel)
        largest = float(values[-1])
        ratio = float(values[0]) / largest if largest > 0 else 0.0
        return math.log(max(ratio, SMALLEST))
