"""Cells with one more branch, or a larger kernel, that compute what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import torch
from torch import nn

from nasbench.errors import NasbenchError
from nasbench.networks.network import Cell, CellNetwork
from nasbench.networks.operations import ReLUConvBN
from nasbench.networks.supernet.supernet import copy_state
from nasbench.spaces import Architecture, TopologyCell
from nasbench.spaces.operations import (
    NONE,
    NOR_CONV_1X1,
    NOR_CONV_3X3,
    SKIP_CONNECT,
)
from strategies.inheritance.layer_morphism import enlarged

CONVOLUTIONS = (NOR_CONV_1X1, NOR_CONV_3X3)


def reaching(space: TopologyCell, architecture: Architecture) -> set[int]:
    """Return the nodes from which some way leads to the output, itself among them."""
    nodes = {space.nodes - 1}
    for (source, target), option in reversed(
        list(zip(space.edges, architecture, strict=True))
    ):
        if target in nodes and space.operations[option] != NONE:
            nodes.add(source)
    return nodes


def grown_cells(space: TopologyCell, architecture: Architecture) -> list[Architecture]:
    """Return the cells of one more branch, or of one larger kernel.

    A branch is a convolution into a node that reaches the output; where it leaves a
    node that receives nothing, some operation brings that node its input.
    """
    found: list[Architecture] = []
    for second, (middle, _) in enumerate(space.edges):
        if _label(space, architecture, second) == NOR_CONV_1X1:
            found += _with(space, architecture, {second: (NOR_CONV_3X3,)})
        if _label(space, architecture, second) != NONE:
            continue
        found += _with(space, architecture, {second: CONVOLUTIONS})
        for first, (_, target) in enumerate(space.edges):
            if target == middle and _label(space, architecture, first) == NONE:
                ways = {first: (SKIP_CONNECT, *CONVOLUTIONS), second: CONVOLUTIONS}
                found += _with(space, architecture, ways)
    mine = space.canonical(architecture)
    return [
        one
        for one in dict.fromkeys(found)
        if space.canonical(one) != mine and why_not(space, architecture, one) is None
    ]


def why_not(space: TopologyCell, old: Architecture, new: Architecture) -> str | None:
    """Say which change of an edge would change the function; None: there is none."""
    reached = reaching(space, old)
    for edge, (a, b) in enumerate(zip(old, new, strict=True)):
        before, after = space.operations[a], space.operations[b]
        beyond = space.edges[edge][1] not in reached
        if (
            a == b
            or (before == NONE and (beyond or after in CONVOLUTIONS))
            or (before == NOR_CONV_1X1 and after == NOR_CONV_3X3)
        ):
            continue
        return (
            f"edge {edge + 1} goes from {before} to {after}; none may become a "
            "convolution, 1x1 may become 3x3, and what leads to a node without a way "
            "to the output may become anything"
        )
    return None


def morph_cells(
    space: TopologyCell,
    source: tuple[Architecture, CellNetwork],
    target: tuple[Architecture, CellNetwork],
) -> None:
    """Fill the network of `target` so that it computes what that of `source` does.

    After the parallel merge of Elsken, Metzen & Hutter (2017): a new branch is
    weighted by 0 at first. Here the scale of its last batch norm is that weight: of a
    new convolution into a node that already reached the output. What leads up to it is
    fresh. Edges from 1x1 to 3x3 keep their weights in the middle of zeros, all others
    are copied. Outputs agree in evaluation and in training mode.

    Raises:
        NasbenchError: An edge changes in another way.
    """
    (old, network), (new, wider) = source, target
    reason = why_not(space, old, new)
    if reason is not None:
        raise NasbenchError(f"the function would not stay the same: {reason}")
    for name in ("stem", "head", "classifier"):
        copy_state(getattr(network, name), getattr(wider, name))
    reached = reaching(space, old)
    silent = [
        a != b and space.operations[a] == NONE and node in reached
        for a, b, (_, node) in zip(old, new, space.edges, strict=True)
    ]
    places = list(
        zip(
            silent,
            space.vertex_of_edges(old),
            space.vertex_of_edges(new),
            strict=True,
        )
    )
    for mine, theirs in zip(network.body, wider.body, strict=True):
        if not isinstance(mine, Cell):
            copy_state(mine, theirs)
            continue
        for is_silent, vertex, place in places:
            if place is None:
                continue
            part = theirs.vertices[place - 1]  # type: ignore[index]
            if is_silent:
                _silence(part)  # type: ignore[arg-type]
            elif vertex is not None:
                _copy(mine.vertices[vertex - 1], part)  # type: ignore[arg-type]


def _label(space: TopologyCell, architecture: Architecture, edge: int) -> str:
    return space.operations[architecture[edge]]


def _with(
    space: TopologyCell,
    architecture: Architecture,
    ways: Mapping[int, Sequence[str]],
) -> list[Architecture]:
    """Return the architecture with every combination of these operations."""
    made = []
    for labels in product(*ways.values()):
        if all(label in space.operations for label in labels):
            changed = dict(zip(ways, map(space.operations.index, labels), strict=True))
            made.append(tuple(changed.get(e, o) for e, o in enumerate(architecture)))
    return made


def _silence(branch: nn.Module) -> None:
    if isinstance(branch, ReLUConvBN):
        nn.init.zeros_(branch[2].weight)  # type: ignore[arg-type]
        nn.init.zeros_(branch[2].bias)  # type: ignore[arg-type]


def _copy(source: nn.Module, target: nn.Module) -> None:
    if isinstance(source, ReLUConvBN) and isinstance(target, ReLUConvBN):
        convolution: nn.Conv2d = target[1]  # type: ignore[assignment]
        old: nn.Conv2d = source[1]  # type: ignore[assignment]
        with torch.no_grad():
            convolution.weight.copy_(enlarged(old.weight, convolution.kernel_size[0]))
        copy_state(source[2], target[2])
    else:
        copy_state(source, target)
