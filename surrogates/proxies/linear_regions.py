"""linear_regions: into how many linear pieces the network cuts its inputs."""

from __future__ import annotations

import torch

from surrogates.proxies.proxy import Needs, Proxy
from surrogates.proxies.relu_codes import relu_codes
from surrogates.proxies.specimen import Specimen
from surrogates.proxies.swap import distinct_rows

INPUTS, REPEATS = 1000, 3


class LinearRegions(Proxy):
    """The number of different ReLU codes among 3 x 1,000 random tiny inputs.

    Xiong et al., ICML 2020; as in TE-NAS (Chen et al., ICLR 2021), of the cell in a
    network one channel wide and one cell per stage, on 1 x 3 x 3 standard normal
    images, with kaiming weights: a wide network gives every input a code of its own.
    Where the architecture chooses widths, as in ``chain``, a layer has a sixteenth of
    its channels, rounded up. A network without ReLUs is one region.
    """

    name = "linear_regions"
    summary = "distinct ReLU codes of random inputs, in a thin network"
    needs = Needs(mode="train", weights="kaiming", dtype="float32")

    def score(self, specimen: Specimen) -> float:
        """Return the number of regions that were met."""
        inputs = specimen.normal("linear regions", (REPEATS, INPUTS, 1, 3, 3))
        network = specimen.thin()
        codes = torch.cat([relu_codes(network, batch) for batch in inputs])
        return float(distinct_rows(codes.numpy()))
