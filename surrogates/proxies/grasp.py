"""grasp: what cutting a weight does to the flow of gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from surrogates.proxies.loss_gradients import gradients_at
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import undisturbed


class Grasp(Proxy):
    """The sum of ``-weight * (Hessian @ gradient)`` on one batch.

    Wang et al., ICLR 2020; sign and temperature (1, where the paper has 200) as in
    Abdelfattah et al., ICLR 2021. A noisy score: on NAS-Bench-201 its rank
    correlation between two batches is 0.77.
    """

    name = "grasp"
    summary = "sum of -weight * (Hessian @ gradient)"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum, by differentiating twice."""
        network, batch = specimen.network, specimen.batches[0]
        with undisturbed(network, train=True) as layers, torch.enable_grad():
            weights: list[Tensor] = [layer.weight for layer in layers]
            if not weights:
                return 0.0
            loss = nn.functional.cross_entropy(network(batch.images), batch.labels)
            gradients = torch.autograd.grad(loss, weights, create_graph=True)
            along = sum((g * g.detach()).sum() for g in gradients)
            products = gradients_at(torch.as_tensor(along), weights)
        pairs = zip(weights, products, strict=True)
        return -sum((float((w.detach() * p).double().sum()) for w, p in pairs), 0.0)
