"""What an architecture is: finite products of categorical decisions.

Reading order: `SearchSpace` holds what every space can do; `TopologyCell` is the cell
of NAS-Bench-201 with its size as a parameter; `Graph` is what a cell computes;
`make_space` finds a space by name. Nothing in here needs torch.
"""

from nasbench.spaces.classes import EquivalenceClasses
from nasbench.spaces.graph import Graph
from nasbench.spaces.named import make_space, space_names
from nasbench.spaces.nb201 import (
    nb201_architecture_at,
    nb201_index,
    nb201_unique_string,
)
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
    "EquivalenceClasses",
    "Graph",
    "SearchSpace",
    "TopologyCell",
    "make_space",
    "nb201_architecture_at",
    "nb201_index",
    "nb201_unique_string",
    "space_names",
]
