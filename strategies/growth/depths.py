"""How deep networks are, and random ones of a depth."""

from __future__ import annotations

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, LayerSpace, SearchSpace

DRAWS = 10_000
"""Random architectures among which one of a depth is looked for."""

LOOKS = 1_000
"""Random architectures of which the shallowest is taken for that of the space."""


def depth_of(space: SearchSpace, architecture: Architecture) -> int:
    """Return how many operations follow one another.

    In a cell those on its longest path, in a chain its layers.

    Raises:
        NasbenchError: The space draws no graphs.
    """
    if isinstance(space, LayerSpace):
        return len(space.layers(architecture))
    graph = getattr(space, "graph", None)
    if graph is None:
        raise NasbenchError(
            f"AdaNet grows by depth, and {space.name} says of none; take a space with "
            "graphs, such as cell201 or chain"
        )
    depth: int = graph(architecture).depth
    return depth


def least_depth(space: SearchSpace) -> int:
    """Return the smallest depth of at least 1 that random architectures have."""
    rng = np.random.default_rng(0)
    depths = {depth_of(space, space.sample(rng)) for _ in range(LOOKS)}
    return min((depth for depth in depths if depth), default=1)


def draw_of_depth(
    space: SearchSpace, depth: int, rng: np.random.Generator
) -> Architecture | None:
    """Return a random architecture of this depth, or None where none turns up."""
    for _ in range(DRAWS):
        architecture = space.sample(rng)
        if depth_of(space, architecture) == depth:
            return architecture
    return None
