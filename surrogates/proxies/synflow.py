"""synflow: how much signal the absolute weights let through."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from surrogates.proxies.loss_gradients import gradients_at
from surrogates.proxies.proxy import LOG_OF_ZERO, Needs, Proxy
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import weighted_layers


class Synflow(Proxy):
    """The log of the sum of ``|weight * gradient|`` for an image of ones.

    Tanaka et al., NeurIPS 2020; as a proxy, Abdelfattah et al., ICLR 2021. The
    network is a copy with absolute weights, without batch norm, and what is
    differentiated is the sum of its outputs. In float64: float32 overflows in deep
    networks. Needs no data.
    """

    name = "synflow"
    summary = "log of the sum of |weight * gradient| of an all-ones image"
    needs = Needs(mode="bypassed", weights="trial", dtype="float64")

    def score(self, specimen: Specimen) -> float:
        """Return the log, `LOG_OF_ZERO` where nothing flows."""
        image = torch.ones_like(specimen.batches[0].images[:1], dtype=torch.float64)
        total = synaptic_flow(specimen.copy("trial").double(), image)
        return math.log(total) if total > 0 else LOG_OF_ZERO


def synaptic_flow(network: nn.Module, image: torch.Tensor) -> float:
    """Return the sum of ``|weight * gradient|``; the network is changed.

    Args:
        network: Gets absolute weights, and loses its batch norm.
        image: ``(1, channels, height, width)`` ones.
    """
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    network.requires_grad_(True)
    with torch.enable_grad():
        flow = network(image).sum()
    weights: list[Tensor] = [layer.weight for layer in weighted_layers(network)]
    gradients = gradients_at(flow, weights)
    pairs = zip(weights, gradients, strict=True)
    return sum((float((w.detach() * g).abs().sum()) for w, g in pairs), 0.0)
