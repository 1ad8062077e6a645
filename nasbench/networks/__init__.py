"""Networks of architectures: what they cost, and torch modules of them.

`Skeleton` is the frame, `count_costs` counts in closed form without torch;
`nasbench.networks.network.build_network` builds the torch module.
"""

from nasbench.networks.cost import (
    SkeletonCosts,
    count_costs,
    graph_costs,
    layer_costs,
)
from nasbench.networks.skeleton import Skeleton

__all__ = ["Skeleton", "SkeletonCosts", "count_costs", "graph_costs", "layer_costs"]
