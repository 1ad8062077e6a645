"""Batch-norm statistics of one architecture, in a supernet that keeps averages."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import Supernet


def calibrate(supernet: Supernet, mixture: Mixture, batches: Iterable[Tensor]) -> None:
    """Replace all running statistics by those of `mixture` over `batches`.

    While many architectures train, the averages fit none of them, and a supernet that
    is evaluated by them is at chance level; so single-path one-shot (Guo et al., ECCV
    2020) computes them anew for every architecture. Means of the batches' means and
    variances are taken, all batches counting alike. Weights are left as they are.

    Args:
        supernet: With running statistics; it stays in the mode it was in.
        mixture: What runs.
        batches: ``(batch, channels, height, width)`` training images, each.
    """
    norms = [m for m in supernet.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    training = supernet.training
    supernet.train()
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over all batches
        with torch.no_grad():
            for images in batches:
                supernet(images, mixture)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        supernet.train(training)
