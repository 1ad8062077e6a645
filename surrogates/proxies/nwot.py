"""nwot: how well the ReLUs tell the images of a batch apart."""

from __future__ import annotations

import torch

from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.relu_codes import batch_codes
from surrogates.proxies.specimen import Specimen


class Nwot(Proxy):
    """The log-determinant of how many ReLUs agree between two images.

    Mellor et al., ICML 2021 ("NASWOT"). The kernel is a matrix of whole numbers, so
    its determinant is 0 or at least 1 in size: where two images have one code it is 0,
    and the score is 0 too, as small as that of any matrix that is not singular.
    """

    name = "nwot"
    summary = "log-determinant of the agreement of ReLU codes"
    needs = Needs(True, False, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the log-determinant, 0 for a singular kernel."""
        kernel = agreement(batch_codes(specimen))
        values = torch.linalg.eigvalsh(kernel)
        smallest = float(values[-1]) * len(kernel) * torch.finfo(torch.float64).eps
        if float(values[0]) <= smallest:
            return 0.0
        return float(values.log().sum())


def agreement(codes: torch.Tensor) -> torch.Tensor:
    """Return ``(n, n) float64``: in how many of the units two images agree.

    Args:
        codes: ``(n, units) bool``.
    """
    on = codes.double()
    off = 1 - on
    return on @ on.T + off @ off.T
