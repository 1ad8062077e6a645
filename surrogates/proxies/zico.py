"""zico: how steady the gradients are from batch to batch."""

from __future__ import annotations

import torch

from surrogates.proxies.loss_gradients import loss_gradients
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen


class Zico(Proxy):
    """The sum over layers of ``log sum(mean |gradient| / deviation)``.

    Li et al., ICLR 2023. Mean and standard deviation are over batches, of which each
    has gradients of its own (one public version adds the second to the first).
    Weights whose gradients do not differ are left out, and so are layers without
    others: two equal batches score 0. With two batches a mean is never below the
    deviation, so no layer adds less than 0.
    """

    name = "zico"
    summary = "sum over layers of log(mean |gradient| / deviation over batches)"
    needs = Needs(True, True, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the score."""
        batches = range(len(specimen.batches))
        found = [loss_gradients(specimen, batch).gradients for batch in batches]
        score = 0.0
        for layer in zip(*found, strict=True):
            gradients = torch.stack(layer).double()
            deviation = gradients.std(0, unbiased=False)
            differs = deviation > 0
            ratios = gradients.abs().mean(0)[differs] / deviation[differs]
            if len(ratios):
                score += float(ratios.sum().log())
        return score
