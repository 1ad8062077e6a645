"""The baselines: what is known of a network without looking into it."""

from __future__ import annotations

from torch import nn

from surrogates.proxies.proxy import Proxy
from surrogates.proxies.specimen import Specimen


class Params(Proxy):
    """The number of learned parameters, batch norm and classifier included."""

    name = "params"
    summary = "learned parameters, batch norm and classifier included"

    def score(self, specimen: Specimen) -> float:
        """Return the parameters, as `nasbench.networks.count_costs` counts them."""
        return float(specimen.costs.parameters)


class Flops(Proxy):
    """Floating-point operations of one image, two for a multiply-add."""

    name = "flops"
    summary = "floating-point operations per image, two per multiply-add"

    def score(self, specimen: Specimen) -> float:
        """Return the FLOPs, as `nasbench.networks.count_costs` counts them."""
        return float(specimen.costs.flops)


class Depth(Proxy):
    """Operations on the longest path through one cell."""

    name = "depth"
    summary = "operations on the longest path of a cell"

    def score(self, specimen: Specimen) -> float:
        """Return the depth, as `nasbench.networks.count_costs` counts it."""
        return float(specimen.costs.depth)


class Convolutions(Proxy):
    """The number of convolutions that the whole network learns.

    A mandatory baseline: on NAS-Bench-201 the number of layers that learn orders
    networks about as well as the best proxies of its day.
    """

    name = "convolutions"
    summary = "convolutions in the whole network"

    def score(self, specimen: Specimen) -> float:
        """Return the number of convolutions."""
        modules = specimen.network.modules()
        return float(sum(isinstance(module, nn.Conv2d) for module in modules))
