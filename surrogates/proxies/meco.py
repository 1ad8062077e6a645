"""meco: how correlated the channels of the feature maps are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from surrogates.proxies.input_jacobian import row_correlations
from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import undisturbed

SIZE = 64


class Meco(Proxy):
    """The sum over layers of the smallest eigenvalue of channel correlations.

    Jiang et al., NeurIPS 2023, on one random image of 64 x 64 pixels. A layer is a
    convolution, batch norm, ReLU or pooling, each counted once (the released code
    hooks the modules that contain them too, and counts their outputs again). Constant
    channels correlate with nothing, where the released code writes 0 for NaN.
    """

    name = "meco"
    summary = "sum over layers of the least eigenvalue of channel correlations"
    needs = Needs(mode="train", weights="trial", dtype="float32")

    def score(self, specimen: Specimen) -> float:
        """Return the sum."""
        channels = specimen.batches[0].images.shape[1]
        image = specimen.normal("meco", (1, channels, SIZE, SIZE))
        maps = feature_maps(specimen.network, image)
        total = 0.0
        for one in maps:
            correlations = row_correlations(one[0].flatten(1).double())
            total += max(float(torch.linalg.eigvalsh(correlations)[0]), 0.0)
        return total


def feature_maps(network: nn.Module, images: Tensor) -> list[Tensor]:
    """Return the ``(n, channels, height, width)`` outputs of all layers, in order."""
    maps: list[Tensor] = []

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        del module, inputs
        if output.ndim == 4:
            maps.append(output.detach().clone())  # what follows may work in place

    leaves = [m for m in network.modules() if not list(m.children())]
    with undisturbed(network, train=True), torch.no_grad():
        hooks = [leaf.register_forward_hook(hook) for leaf in leaves]
        try:
            network(images)
        finally:
            for handle in hooks:
                handle.remove()
    return maps
