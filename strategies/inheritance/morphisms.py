"""Which architectures can inherit a function whole, and from which."""

from __future__ import annotations

import numpy as np
from torch import nn

from nasbench.errors import NasbenchError
from nasbench.networks.layer_network import LayerNetwork
from nasbench.networks.network import CellNetwork
from nasbench.networks.supernet.layer_supernet import options_of
from nasbench.spaces import Architecture, LayerSpace, SearchSpace, TopologyCell
from nasbench.spaces.operations import NONE, NOR_CONV_1X1
from strategies.inheritance.cell_morphism import grown_cells, morph_cells
from strategies.inheritance.layer_morphism import morph_layers


def smallest(space: SearchSpace) -> Architecture:
    """Return where growth starts: one 1x1 convolution, or the narrowest layers.

    Raises:
        NasbenchError: No morphisms are known in this space.
    """
    if isinstance(space, TopologyCell) and {NONE, NOR_CONV_1X1} <= set(
        space.operations
    ):
        direct = space.edges.index((0, space.nodes - 1))
        none = space.operations.index(NONE)
        first = space.operations.index(NOR_CONV_1X1)
        return tuple(
            first if edge == direct else none for edge in range(space.decisions)
        )
    if isinstance(space, LayerSpace):
        return tuple(
            min(range(len(layers)), key=lambda o: (layers[o].filters, layers[o].kernel))
            for layers in options_of(space)
        )
    raise NasbenchError(
        f"no function-preserving changes are known in {space.name}; cells with none "
        "and nor_conv_1x1, and chains of layers with one decision each have some"
    )


def grown(space: SearchSpace, architecture: Architecture) -> list[Architecture]:
    """Return all architectures that one function-preserving change leads to."""
    if isinstance(space, TopologyCell):
        found = grown_cells(space, architecture)
    elif isinstance(space, LayerSpace):
        found = _grown_layers(space, architecture)
    else:
        found = []
    return [one for one in found if space.is_valid(one)]


def _grown_layers(space: LayerSpace, architecture: Architecture) -> list[Architecture]:
    """Return the chains in which one layer has more filters or a larger kernel."""
    found = []
    for decision, layers in enumerate(options_of(space)):
        mine = layers[architecture[decision]]
        found += [
            (*architecture[:decision], option, *architecture[decision + 1 :])
            for option, layer in enumerate(layers)
            if layer != mine
            and layer.stride == mine.stride
            and layer.filters >= mine.filters
            and layer.kernel >= mine.kernel
        ]
    return found


def morph(
    space: SearchSpace,
    source: tuple[Architecture, nn.Module],
    target: tuple[Architecture, nn.Module],
    rng: np.random.Generator,
    noise: float = 0.0,
) -> None:
    """Fill the network of `target` so that it computes what that of `source` does.

    Args:
        space: Of both architectures.
        source: An architecture and its trained network.
        target: One that `grown` leads to, in one or more steps, and its network with
            fresh weights.
        rng: Draws which units are copied.
        noise: Relative deviation of what is added to copied units; 0 for equality.

    Raises:
        NasbenchError: The function cannot be kept.
    """
    (_, old), (_, new) = source, target
    if isinstance(old, LayerNetwork) and isinstance(new, LayerNetwork):
        morph_layers(old, new, rng, noise)
    elif (
        isinstance(space, TopologyCell)
        and isinstance(old, CellNetwork)
        and isinstance(new, CellNetwork)
    ):
        morph_cells(space, (source[0], old), (target[0], new))
    else:
        raise NasbenchError(
            f"a {type(old).__name__} cannot become a {type(new).__name__} and compute "
            "the same"
        )
