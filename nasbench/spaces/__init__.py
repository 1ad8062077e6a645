"""What an architecture is: finite products of categorical decisions.

Reading order: `SearchSpace` holds what every space can do; `TopologyCell` is the cell
of NAS-Bench-201 with its size as a parameter; `LayerSpace` is for chains of convolution
layers, and `Chain` one of them; `Cell101` is the graph space of NAS-Bench-101; `Graph`
is what an architecture computes;
`make_space` finds a space by name. Nothing in here needs torch.
"""

from nasbench.spaces.cell101 import Cell101
from nasbench.spaces.chain import Chain
from nasbench.spaces.classes import EquivalenceClasses
from nasbench.spaces.conv5 import Conv5
from nasbench.spaces.graph import Graph
from nasbench.spaces.layer_space import Layer, LayerSpace
from nasbench.spaces.named import make_space, space_names
from nasbench.spaces.nb201 import (
    nb201_architecture_at,
    nb201_index,
    nb201_unique_string,
)
from nasbench.spaces.size import Size
from nasbench.spaces.size_compound import SizeCompound
from nasbench.spaces.space import (
    Architecture,
    ArchitectureError,
    Architectures,
    SearchSpace,
)
from nasbench.spaces.topology_cell import TopologyCell

__all__ = [
    "Architecture",
    "ArchitectureError",
    "Architectures",
    "Cell101",
    "Chain",
    "Conv5",
    "EquivalenceClasses",
    "Graph",
    "Layer",
    "LayerSpace",
    "SearchSpace",
    "Size",
    "SizeCompound",
    "TopologyCell",
    "make_space",
    "nb201_architecture_at",
    "nb201_index",
    "nb201_unique_string",
    "space_names",
]
