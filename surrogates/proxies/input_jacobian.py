"""How the outputs change with the images: what jacov and epe_nas read."""

from __future__ import annotations

import torch
from torch import Tensor

from surrogates.proxies.loss_gradients import gradients_at
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.undisturbed import undisturbed


def input_jacobian(specimen: Specimen) -> Tensor:
    """Return ``(n, pixels) float64``: for every image, the gradient of summed logits.

    Batch norm is in train mode, so images act on each other, as in the released code.
    """
    return specimen.shared("input jacobian", _jacobian)


def _jacobian(specimen: Specimen) -> Tensor:
    # A tensor of its own: nothing is written to the `grad` of the batch.
    images = specimen.batches[0].images.detach().clone().requires_grad_(True)
    with undisturbed(specimen.network, train=True), torch.enable_grad():
        gradients = gradients_at(specimen.network(images).sum(), [images])
    return gradients[0].flatten(1).double()


def row_correlations(rows: Tensor) -> Tensor:
    """Return the ``(n, n) float64`` correlations of rows.

    Constant rows have none: they count as equal to each other (1) and as unrelated to
    all others (0), where NumPy gives NaN.
    """
    centred = rows - rows.mean(1, keepdim=True)
    lengths = centred.norm(dim=1, keepdim=True)
    constant = lengths <= 1e-12 * rows.norm(dim=1, keepdim=True)
    unit = torch.where(constant, 0.0, centred / torch.where(constant, 1.0, lengths))
    alike = (constant & constant.T).to(rows.dtype)
    correlations: Tensor = (unit @ unit.T).clamp(-1, 1) + alike
    return correlations
