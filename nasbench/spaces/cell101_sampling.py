"""Other ways to draw and to change cells of NAS-Bench-101."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from nasbench.spaces.cell101 import NB101_OPERATIONS, Cell101, PrunedCell
from nasbench.spaces.space import Architecture


def sample_class(space: Cell101, rng: np.random.Generator) -> Architecture:
    """Draw a cell such that all classes of `space` are equally likely.

    `SearchSpace.sample` draws matrices and operations and rejects what is not valid,
    as Google's own random search does; classes that many matrices stand for come more
    often then, large ones above all. Here a pruned graph is drawn, all numberings of
    its vertices being equally likely, and kept with a probability of one by the number
    of different numberings that it has. No class is listed: the first call lists the
    matrices without idle vertices, in about a second, and a draw then takes three
    tries on average (1,293,208 numbered graphs stand for 423,624 classes).

    The graph stands in the first vertices; those left over read nothing and carry the
    first operation.
    """
    matrices = [
        _matrices_without_idle_vertices(size, space.max_edges)
        for size in range(2, space.vertices + 1)
    ]
    kinds = len(NB101_OPERATIONS)
    weights = np.array([len(one) * kinds**size for size, one in enumerate(matrices)])
    ends = np.cumsum(weights)
    while True:
        size = int(np.searchsorted(ends, rng.integers(ends[-1]), side="right"))
        bits = int(matrices[size][rng.integers(len(matrices[size]))])
        edges = _edges_of(bits, size + 2)
        operations = tuple(rng.integers(kinds, size=size).tolist())
        cell = PrunedCell(edges, operations)
        if rng.random() * numberings(cell) < 1:
            return space.embed(edges, operations)


def numberings(cell: PrunedCell) -> int:
    """Return in how many different ways a pruned cell can be written.

    A way is a numbering of the vertices in which every edge leads to a later vertex;
    ways that give the same matrix and operations are one.
    """
    count = len(cell.operations)
    ways = set()
    for order in permutations(range(1, count + 1)):
        place = (0, *order, count + 1)
        edges = [(place[source], place[target]) for source, target in cell.edges]
        if all(source < target for source, target in edges):
            labels = dict(zip(order, cell.operations, strict=True))
            ways.add((frozenset(edges), tuple(labels[v] for v in sorted(labels))))
    return len(ways)


def mutate_as_published(
    space: Cell101,
    architecture: Architecture,
    rng: np.random.Generator,
    rate: float = 1.0,
) -> Architecture:
    """Change a cell as Google's regularised evolution on NAS-Bench-101 does.

    Ying et al., 2019 (`mutate_spec` in the notebook beside the table): every possible
    edge flips with probability rate / vertices, every operation becomes another one
    with probability rate / (vertices - 2), until the outcome is valid. Beside
    `SearchSpace.mutate`, which changes one decision: this changes four on average,
    may change idle vertices only, and may return the parent.
    """
    chances = np.repeat(
        [rate / space.vertices, rate / max(space.vertices - 2, 1)],
        [len(space.edges), space.vertices - 2],
    )
    radices = np.array(space.radices)
    while True:
        changed = rng.random(space.decisions) < chances
        # Adding 1 to radix - 1, modulo the radix, takes every other option equally.
        steps = rng.integers(1, radices) * changed
        child = tuple(((np.array(architecture) + steps) % radices).tolist())
        if space.is_valid(child):
            return child


@cache
def _matrices_without_idle_vertices(vertices: int, max_edges: int) -> NDArray[np.int32]:
    """Return the upper triangles in which every vertex is read and reads.

    Bit k of a number is edge k in row-major order.
    """
    pairs = [(i, j) for i in range(vertices) for j in range(i + 1, vertices)]
    every = np.arange(2 ** len(pairs), dtype=np.int32)
    keep = np.bitwise_count(every) <= max_edges
    for vertex in range(vertices):
        reads = sum(1 << k for k, (_, target) in enumerate(pairs) if target == vertex)
        is_read = sum(1 << k for k, (source, _) in enumerate(pairs) if source == vertex)
        for mask in (reads, is_read):
            if mask:
                keep &= (every & mask) != 0
    return every[keep]


def _edges_of(bits: int, vertices: int) -> tuple[tuple[int, int], ...]:
    pairs = [(i, j) for i in range(vertices) for j in range(i + 1, vertices)]
    return tuple(pair for k, pair in enumerate(pairs) if bits >> k & 1)
