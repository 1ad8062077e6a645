"""NAS-Bench-201's own index order and class rule, beside ours."""

from __future__ import annotations

from functools import cache

from nasbench.errors import NasbenchError
from nasbench.spaces.operations import EFFECTS, NONE, SKIP_CONNECT
from nasbench.spaces.space import Architecture, SearchSpace
from nasbench.spaces.topology_cell import TopologyCell

SHUFFLE_SEED = 88
"""The seed with which NAS-Bench-201 (Dong & Yang, 2020) shuffled its enumeration."""


@cache
def _published_order(size: int) -> tuple[int, ...]:
    """Return our index of every official index.

    The official list enumerates the cells as ours does and then shuffles it.
    """
    import random  # seldom needed, and everything imports this module

    order = list(range(size))
    random.Random(SHUFFLE_SEED).shuffle(order)
    return tuple(order)


@cache
def _official_of_ours(size: int) -> dict[int, int]:
    return {ours: official for official, ours in enumerate(_published_order(size))}


def nb201_architecture_at(space: SearchSpace, official_index: int) -> Architecture:
    """Return the architecture with this index in NAS-Bench-201 and NATS-Bench.

    Raises:
        NasbenchError: `space` is not the NAS-Bench-201 cell, or the index is outside.
    """
    _check_space(space)
    if not 0 <= official_index < space.size:
        raise NasbenchError(
            f"the NAS-Bench-201 index goes from 0 to {space.size - 1}, "
            f"not {official_index}"
        )
    return space.architecture_at(_published_order(space.size)[official_index])


def nb201_index(space: SearchSpace, architecture: Architecture) -> int:
    """Return the index of `architecture` in NAS-Bench-201 and NATS-Bench.

    Raises:
        NasbenchError: `space` is not the NAS-Bench-201 cell.
    """
    _check_space(space)
    return _official_of_ours(space.size)[space.index(architecture)]


def nb201_unique_string(space: TopologyCell, architecture: Architecture) -> str:
    """Return the string by which NAS-Bench-201 tells classes apart.

    Every node is written as the sorted sum of its terms, with skip connections
    replaced by what they pass on and zeros by ``#``. The rule gives 6,466 classes of
    the 15,625 cells. It is not sound: a node with two readers and two nodes that look
    alike are written the same; nor is it complete: ``#+#`` is not ``#``. We use
    `TopologyCell.canonical` and keep this for comparison with published numbers.
    """
    nodes = ["0"]
    for target in range(1, space.nodes):
        terms = []
        for (source, end), option in zip(space.edges, architecture, strict=True):
            if end != target:
                continue
            operation = space.operations[option]
            if operation == NONE or nodes[source] == "#":
                terms.append("#")
            elif operation == SKIP_CONNECT:
                terms.append(nodes[source])
            else:
                terms.append(f"({nodes[source]})@{operation}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


def _check_space(space: SearchSpace) -> None:
    official = tuple(EFFECTS)
    if not (
        isinstance(space, TopologyCell)
        and space.nodes == 4
        and space.operations == official
    ):
        raise NasbenchError(
            f"{space.name} has no NAS-Bench-201 index; only cell201 has one"
        )
