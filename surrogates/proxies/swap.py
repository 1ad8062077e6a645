"""swap: how many different patterns the ReLUs show over a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.relu_codes import batch_codes
from surrogates.proxies.specimen import Specimen


class Swap(Proxy):
    """The number of distinct patterns of a ReLU over the images of a batch.

    Peng et al., ICLR 2024 (sample-wise activation patterns, without the
    regularisation by parameters, whose two constants are tuned per space). Bounded by
    2 to the number of images, and by the number of ReLUs.
    """

    name = "swap"
    summary = "distinct patterns of single ReLUs over the batch"
    needs = Needs(True, False, "train", "trial", "float32")

    def score(self, specimen: Specimen) -> float:
        """Return the number of patterns."""
        return float(distinct_rows(batch_codes(specimen).numpy().T))


def distinct_rows(codes: NDArray[np.bool_]) -> int:
    """Return how many different rows ``(rows, columns) bool`` has."""
    if not codes.size:
        return min(len(codes), 1)
    packed = np.ascontiguousarray(np.packbits(codes, axis=1))
    if packed.shape[1] == 8:  # 64 images: one comparison of integers per pair
        return len(np.unique(packed.view(np.uint64)))
    return len(np.unique(packed.view(np.dtype((np.void, packed.shape[1])))))
